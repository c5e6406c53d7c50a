package import Judge
import OpenRouterWire
package import Purser

/// The tier that a case runs in, and the list of models it finds, in an order of its own.
package struct Scene: Sendable {
    package let tier: Tier
    let catalogue: Catalogue
    let rows: [Market.Row]

    package init(seed: UInt64) {
        var dice = Dice(seed: seed)
        let market = Market.standard
        var order = Array(market.rows.indices)
        dice.shuffle(&order)
        rows = order.map { market.rows[$0] }
        catalogue = Catalogue(order.map { market.listed[$0] })
        var maker = TierMaker(dice: dice, rows: rows)
        tier = maker.make()
    }

    /// One cheap model and nothing beside text.
    package static let strict: Scene = {
        let scene = Scene(seed: 1)
        var tier = Tier(
            id: ID(1), name: "strict", models: [TierMaker.pattern("openai/gpt-4o-mini")],
            outputTokensMax: 500)
        tier.extras = []
        tier.effortMax = .low
        return Scene(tier: tier, catalogue: scene.catalogue, rows: scene.rows)
    }()

    /// A tier in front of a sandbox, whose list it is.
    package init(sandbox tier: Tier) {
        self.init(
            tier: tier, catalogue: Catalogue(Market.sandbox.listed), rows: Market.sandbox.rows)
    }

    /// What goes beyond the tier in what an upstream was sent.
    package func violations(of verdict: Verdict) -> [String] {
        let limit = tier.outputTokensMax ?? verdict.outputTokensMax ?? .max
        return Meaning(tier: tier, rows: rows)
            .violations(of: verdict, outputTokensMax: limit).map(\.words)
    }

    private init(tier: Tier, catalogue: Catalogue, rows: [Market.Row]) {
        self.tier = tier
        self.catalogue = catalogue
        self.rows = rows
    }
}

/// Tiers as nobody would write them.
struct TierMaker {
    var dice: Dice
    let rows: [Market.Row]

    static func pattern(_ text: String) -> ModelPattern {
        guard let pattern = ModelPattern(text) else { preconditionFailure("\(text) is a pattern") }
        return pattern
    }

    mutating func make() -> Tier {
        var tier = Tier(
            id: ID(1), name: "t", models: models(),
            otherwise: dice.happens(3) ? .downgrade : .deny,
            outputTokensMax: dice.happens(2) ? Int64(1 + dice.below(20_000)) : nil,
            requestCostMax: dice.happens(5)
                ? USD(picodollars: Int64(1 + dice.below(5_000)) * 1_000_000_000) : nil,
            clampsOutput: dice.happens(2))
        if dice.happens(2) {
            tier.deniedModels = (0...dice.below(2)).map { _ in TierMaker.pattern(wide(2)) }
        }
        if dice.happens(3) { tier.downgradeTo = dice.one(rows).id }
        for name in ["fast", "smart", "gpt-4", "openai/gpt-4"] where dice.happens(3) {
            tier.aliases[name] = dice.one(rows).id
        }
        for kind in Extra.allCases where dice.happens(2) {
            tier.ceilings[kind] = USD(picodollars: 500_000_000_000)
        }
        if dice.happens(2) { tier.extras = Set(Extra.allCases.filter { _ in dice.happens(2) }) }
        if dice.happens(3) { tier.effortMax = dice.one(ReasoningEffort.allCases) }
        if dice.happens(6) { tier.promptPriceMax = price() }
        if dice.happens(6) { tier.completionPriceMax = price() }
        if dice.happens(3) { tier.providers = some(of: TierMaker.providers) }
        if dice.happens(3) { tier.deniedProviders = some(of: TierMaker.providers) }
        tier.requiresZeroRetention = dice.happens(4)
        if dice.happens(4) { tier.passedFields = ["some_future_field", "x_note"] }
        return tier
    }

    static let providers = [
        "openai", "azure", "azure/swedencentral", "anthropic", "google-vertex", "deepinfra",
        "together",
    ]

    private mutating func some(of names: [String]) -> [String] {
        (0...dice.below(3)).map { _ in dice.one(names) }
    }

    private mutating func models() -> [ModelPattern] {
        switch dice.below(10) {
        case 0: []
        case 1: [TierMaker.pattern("*")]
        default: (0...dice.below(4)).map { _ in TierMaker.pattern(wide(3)) }
        }
    }

    /// A model's name, or with that chance the beginning of one.
    private mutating func wide(_ chances: Int) -> String {
        let row = dice.one(rows)
        if dice.happens(6) { return row.slug }
        guard dice.happens(chances) else { return row.id }
        let length = row.id.count - 1
        let author = row.id.prefix { $0 != "/" }
        return dice.happens(2) ? "\(author)/*" : row.id.prefix(1 + dice.below(length)) + "*"
    }

    private mutating func price() -> UnitPrice {
        UnitPrice(attodollars: Int128(1 + dice.below(200)) * 100_000_000_000)
    }
}
