import OpenRouterWire
import Purser

/// Tiers, as commands show them.
enum TierListing {
    static func listing(of tiers: [Tier]) -> Listing {
        Listing(
            [
                Listing.Column("name", title: "tier"),
                Listing.Column("models", title: "models"),
                Listing.Column("otherwise", title: "otherwise"),
                Listing.Column("max_tokens", title: "tokens at most", absent: "the model's"),
                Listing.Column("max_request_usd", title: "dollars a call", absent: "any"),
                Listing.Column("clamp", title: "clamp"),
                Listing.Column("ceilings", title: "ceilings"),
            ],
            rows: tiers.map { tier in
                [
                    .text(tier.name), .text(tier.models.map(\.text).joined(separator: ",")),
                    .text(tier.otherwise.rawValue), Listing.Cell(tier.outputTokensMax),
                    Listing.Cell(tier.requestCostMax), .flag(tier.clampsOutput),
                    Listing.Cell(ceilingsText(tier)),
                ]
            })
    }

    static func json(of tiers: [Tier]) -> JSON {
        ["tiers": .array(tiers.map(json))]
    }

    /// One tier by itself.
    static func text(of tier: Tier, _ format: OutputFormat) -> String {
        switch format {
        case .table: listing(of: [tier]).table
        case .csv: listing(of: [tier]).csv
        case .json: json(of: tier).text + "\n"
        }
    }

    private static func json(of tier: Tier) -> JSON {
        [
            "name": .string(tier.name),
            "models": .array(tier.models.map { .string($0.text) }),
            "otherwise": .string(tier.otherwise.rawValue),
            "max_tokens": tier.outputTokensMax.map { JSON($0) } ?? .null,
            "max_request_usd": JSON(tier.requestCostMax), "clamp": .bool(tier.clampsOutput),
            "ceilings": .object(
                JSONObject(ceilings(tier).map { ($0.kind.rawValue, JSON($0.amount)) })),
        ]
    }

    /// As `--ceiling` takes them; `nil` if there are none.
    private static func ceilingsText(_ tier: Tier) -> String? {
        guard !tier.ceilings.isEmpty else { return nil }
        return ceilings(tier).map { "\($0.kind.rawValue)=\($0.amount)" }.joined(separator: ",")
    }

    /// In the order of the kinds.
    private static func ceilings(_ tier: Tier) -> [(kind: Extra, amount: USD)] {
        Extra.allCases.compactMap { kind in tier.ceilings[kind].map { (kind, $0) } }
    }
}
