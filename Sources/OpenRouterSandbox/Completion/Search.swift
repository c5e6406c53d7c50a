import OpenRouterWire
import Purser

/// A search of the web, as a plugin does it before the model answers.
struct Search: Sendable {
    /// Results asked for; `nil` where the engine decides, which then are few and short.
    private var results: Int64?
    private var isDeep = false

    /// What a search costs on top of the tokens, with ten results.
    private static let fee: Int128 = 7_000_000_000_000_000
    private static let deepFee: Int128 = 15_000_000_000_000_000
    private static let resultFee: Int128 = 1_000_000_000_000_000
    private static let resultsIncluded: Int64 = 10
    /// Tokens of one result.
    private static let tokensMax = 600

    init() {}

    /// `nil` if no plugin searches.
    init?(_ plugins: [JSON]) {
        guard let plugin = plugins.first(where: { $0["id"] == "web" && $0["enabled"] != false })
        else { return nil }
        if plugin["engine"] == "exa" {
            results = plugin["max_results"]?.integer ?? 5
            isDeep = plugin["mode"]?.string?.hasPrefix("deep") ?? false
        }
    }

    var fee: UnitPrice {
        let further = Int128(max(0, (results ?? 0) - Search.resultsIncluded))
        let base = isDeep ? Search.deepFee : Search.fee
        return UnitPrice(attodollars: base + further * Search.resultFee)
    }

    /// What the results add to the prompt.
    func tokens(using generator: inout SeededGenerator) -> Int64 {
        (results ?? 0) * Int64(generator.index(below: Search.tokensMax))
    }
}
