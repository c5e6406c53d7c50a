package import OpenRouterWire
package import Purser

/// Decides what of a request may run, and the most it can cost.
///
/// Pure: the same request, caller, prices and headroom give the same plan.
package enum Admission {
    /// When a client names no output limit, or the tier allows lowering it, and the money left
    /// does not pay for the whole, the gateway chooses a limit that fits, but none below this: an
    /// answer cut shorter than a paragraph helps nobody.
    package static let chosenOutputTokensMin: Int64 = 256

    /// What will be asked of the upstream, and what that can cost.
    package struct Plan: Sendable {
        /// By its id in the model list.
        package var requestedModel: String
        /// By its id in the model list.
        package var model: String
        /// What the client wrote, where another model takes its place; `nil` otherwise.
        package var downgradedFrom: String?
        package var forwarding: Forwarding
        package var bound: USD
        /// Whether the gateway chose an output limit, below the client's or the model's own, to
        /// fit the money.
        package var isOutputChosen: Bool
    }

    /// The plan for a request, or why there is none. Budgets are not asked here, but
    /// `headroom` – the least that any of them has left, calls in flight not counted; `nil`
    /// without budgets – decides the output limit where the gateway may choose one.
    package static func plan(
        _ request: ChatRequest, caller: Caller, catalogue: Catalogue, headroom: USD?
    ) -> Result<Plan, Refusal> {
        if catalogue.isEmpty { return .failure(.catalogueMissing) }
        let route: Route
        switch Route.choose(request, tier: caller.tier, catalogue: catalogue) {
        case .success(let chosen): route = chosen
        case .failure(let refusal): return .failure(refusal)
        }
        let cost: CostBound
        let ceilings = caller.tier?.ceilings ?? [:]
        switch CostBound.make(request, models: route.models, ceilings: ceilings) {
        case .success(let bound): cost = bound
        case .failure(let refusal): return .failure(refusal)
        }
        return output(request, route: route, tier: caller.tier, cost: cost, headroom: headroom)
            .flatMap { output in
                guard let bound = cost.bound(outputTokens: output.tokens) else {
                    let words = "A call that could cost more than \(USD.callCostMax.dollars)"
                    return .failure(.extraNotAllowed(words, ceiling: nil))
                }
                let forwarding = Forwarding(
                    model: route.rewrittenModel, models: route.rewrittenModels,
                    outputTokensMax: output.tokens, prices: cost.prices, user: caller.member.name)
                return .success(
                    Plan(
                        requestedModel: route.requested.id, model: route.models[0].id,
                        downgradedFrom: route.downgradedFrom, forwarding: forwarding,
                        bound: bound, isOutputChosen: output.isChosen))
            }
    }

    private struct Output {
        var tokens: Int64
        var isChosen = false
    }

    private static func output(
        _ request: ChatRequest, route: Route, tier: Tier?, cost: CostBound, headroom: USD?
    ) -> Result<Output, Refusal> {
        // Fall-backs share the one limit in the body; the hold is computed with the same.
        let own = route.models.map(\.outputTokensMax).max() ?? 1
        let limit = min(own, tier?.outputTokensMax ?? own)
        let wished = min(request.outputTokensMax ?? limit, limit)
        var output = Output(tokens: wished)
        // A limit that the client named is its own affair, unless the tier says otherwise.
        let mayLower = request.outputTokensMax == nil || tier?.clampsOutput == true
        let money = [headroom, tier?.requestCostMax].compactMap { $0 }.min()
        if mayLower, let money, !fits(cost.bound(outputTokens: wished), in: money) {
            let affordable = min(wished, cost.outputTokensAffordable(with: money))
            output.tokens = max(min(chosenOutputTokensMin, wished), affordable)
            output.isChosen = output.tokens < wished
        }
        if let tier, let max = tier.requestCostMax,
            let bound = cost.bound(outputTokens: output.tokens), bound > max
        {
            return .failure(.requestTooDear(bound: bound, max: max, tier: tier.name))
        }
        return .success(output)
    }

    private static func fits(_ bound: USD?, in money: USD) -> Bool {
        bound.map { $0 <= money } ?? false
    }
}
