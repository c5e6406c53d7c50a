import Management
import OpenRouterWire
import Purser

/// The team's keys by what they have used, and the sum.
struct Dashboard: Sendable {
    private let keys: [KeyView]

    init(of keys: [KeyView]) {
        self.keys = keys.sorted {
            ($1.spent.total, $0.key.name, $0.key.id) < ($0.spent.total, $1.key.name, $1.key.id)
        }
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: (["keys": listing.json, "total": JSON(total)] as JSON).text + "\n"
        }
    }

    private var total: USD {
        keys.reduce(.zero) { $0 + $1.spent.total }
    }

    private var listing: Listing {
        Listing(
            [
                Listing.Column("name", title: "key"), Listing.Column("hash", title: nil),
                Listing.Column("member", title: "member"),
                Listing.Column("usage", title: "usage"),
                Listing.Column("limit", title: "limit", absent: "unlimited"),
            ],
            rows: keys.map { view in
                [
                    .text(view.key.name), .text(view.key.digest.hex), .text(view.member),
                    .money(view.spent.total), Listing.Cell(view.limit),
                ]
            },
            total: [.text("total"), .absent, .absent, .money(total), .absent])
    }
}
