package import Purser

/// What OpenRouter's record of a generation says it cost.
package struct GenerationCost: Hashable, Sendable {
    package var cost: USD
    /// The digits it was sent in.
    package var literal: String
    package var tokens: TokenCounts

    /// `nil` unless the answer carries a cost.
    package init?(_ answer: JSON) {
        guard let record = answer["data"], let literal = record["total_cost"]?.literal,
            let cost = USD(literal), USD.isPlausibleCost(cost)
        else { return nil }
        self.cost = cost
        self.literal = literal
        tokens = TokenCounts(
            prompt: JSON.count(record["native_tokens_prompt"]),
            completion: JSON.count(record["native_tokens_completion"]),
            cached: JSON.count(record["native_tokens_cached"]),
            reasoning: JSON.count(record["native_tokens_reasoning"]))
    }
}
