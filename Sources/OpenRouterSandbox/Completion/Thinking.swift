import OpenRouterWire

/// How much a model shall think before it answers.
struct Thinking: Sendable {
    /// The tokens the client allows; `nil` leaves them to the model.
    var budget: Int64?

    /// No budget is smaller.
    private static let budgetMin: Int64 = 1_024
    /// What a model takes that was given no number.
    private static let effort: Int64 = 4_000

    /// `nil` where the client does not ask for it.
    init?(_ body: JSON) {
        let thinking = body["thinking"]
        let budgets = [body["reasoning"]?["max_tokens"], thinking?["budget_tokens"]]
        if let budget = budgets.compactMap({ $0?.integer }).max() {
            guard budget > 0 else { return nil }
            self.budget = budget
            return
        }
        let reasoning = body["reasoning"]
        let asks = [
            reasoning?.object != nil && reasoning?["effort"] != "none"
                && reasoning?["enabled"] != false,
            body["reasoning_effort"]?.string.map { $0 != "none" } ?? false,
            thinking?.object != nil && thinking?["type"] != "disabled",
        ]
        guard asks.contains(true) else { return nil }
    }

    /// The tokens one answer is thought about: some makers count them within the limit of the
    /// answer, others on top of it.
    func tokens(
        _ family: Family, limit: Int64, answer: Int64, using generator: inout SeededGenerator
    ) -> Int64 {
        guard family.parameters.contains("reasoning") else { return 0 }
        let room = max(0, limit - answer)
        let isOnTop = family == .claude || family == .gemini
        let most: Int64
        if let budget {
            let budget = max(budget, Thinking.budgetMin)
            most = isOnTop ? budget : min(budget, room)
        } else {
            most = min(Thinking.effort, isOnTop ? max(Thinking.budgetMin, room) : room)
        }
        return Int64(generator.index(below: Int(most) + 1))
    }
}
