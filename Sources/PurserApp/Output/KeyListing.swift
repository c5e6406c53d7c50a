import Credentials
import Management
import OpenRouterWire
import Purser

/// Keys, as commands show them; never a secret.
struct KeyListing: Sendable {
    private let keys: [KeyView]

    init(of keys: [KeyView]) {
        self.keys = keys
    }

    /// JSON is the API's own listing.
    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: (["data": .array(keys.map(\.json))] as JSON).text + "\n"
        }
    }

    /// One key by itself.
    func text(of key: KeyView, _ format: OutputFormat) -> String {
        format == .json ? (["data": key.json] as JSON).text + "\n" : text(format)
    }

    private var listing: Listing {
        Listing(
            [
                Listing.Column("name", title: "key"), Listing.Column("member", title: "member"),
                Listing.Column("label", title: "label"),
                Listing.Column("hash", title: nil),
                Listing.Column("hash_prefix", title: "hash", isField: false),
                Listing.Column("usage", title: "usage"),
                Listing.Column("limit", title: "limit", absent: "unlimited"),
                Listing.Column("limit_reset", title: "resets", absent: "never"),
                Listing.Column("disabled", title: "disabled"),
                Listing.Column("shared", title: "shared"),
                Listing.Column("expires_at", title: "expires", absent: "never"),
                Listing.Column("created_at", title: nil),
            ],
            rows: keys.map { view in
                let hash = view.key.digest.hex
                let reset = view.key.limitReset == .total ? nil : view.key.limitReset.name
                return [
                    .text(view.key.name), .text(view.member), .text(view.key.label),
                    .text(hash), .text(String(hash.prefix(12))), .money(view.spent.total),
                    Listing.Cell(view.limit), Listing.Cell(reset), .flag(view.key.isDisabled),
                    .flag(view.key.isShared), Listing.Cell(view.key.expiresAt),
                    .instant(view.key.createdAt),
                ]
            })
    }
}

/// A key that was just made, with its secret, which is shown this once.
enum MintedKeyText {
    /// JSON is the API's own answer; for people the secret stands alone on its line.
    static func text(_ minted: MintedKey, _ format: OutputFormat) -> String {
        let view = minted.view
        switch format {
        case .json: return minted.json.text + "\n"
        case .csv:
            return CSV.line(["key", "hash", "name", "member"])
                + CSV.line([
                    minted.secret.reveal(), view.key.digest.hex, view.key.name, view.member,
                ])
        case .table:
            return """
                \(KeyListing(of: [view]).text(.table))
                key: \(minted.secret.reveal())

                It is shown this once: hand it over now.

                """
        }
    }
}
