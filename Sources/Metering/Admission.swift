package import OpenRouterWire
package import Purser

/// Decides what of a request may run, and the most it can cost.
///
/// Pure: the same request, caller, prices and headroom give the same plan.
package enum Admission {
    /// When a client names no output limit and the money left does not pay for the model's own,
    /// the gateway chooses a limit that fits, but none below this: an answer cut shorter than a
    /// paragraph helps nobody.
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
        /// Whether the gateway chose an output limit below the model's own to fit the money.
        package var isOutputChosen: Bool
    }

    /// The plan for a request, or why there is none. Budgets are not asked here, but
    /// `headroom` – the least that any of them has left, calls in flight not counted; `nil`
    /// without budgets – decides the output limit where the client names none.
    package static func plan(
        _ request: ChatRequest, caller: Caller, catalogue: Catalogue, headroom: USD?
    ) -> Result<Plan, Refusal> {
        if catalogue.isEmpty { return .failure(.catalogueMissing) }
        let route: Route
        switch Route.choose(request, tier: caller.tier, catalogue: catalogue) {
        case .success(let chosen): route = chosen
        case .failure(let refusal): return .failure(refusal)
        }
        if let extra = request.unboundable { return .failure(.extraNotAllowed(extra)) }
        guard var prices = route.models[0].prices else {
            return .failure(.priceUnknown(route.models[0].id))
        }
        for model in route.models {
            guard model.isTextOnly else {
                return .failure(.extraNotAllowed("\(model.id), which answers with more than text,"))
            }
            guard let others = model.prices else { return .failure(.priceUnknown(model.id)) }
            prices = prices.dearest(others)
        }
        let cost = CostBound(request, prices: prices)
        switch output(request, route: route, tier: caller.tier, cost: cost, headroom: headroom) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let output):
            guard let bound = cost.bound(outputTokens: output.tokens) else {
                let most = USD.callCostMax.dollars
                return .failure(.extraNotAllowed("A call that could cost more than \(most)"))
            }
            return .success(
                Plan(
                    requestedModel: route.requested.id, model: route.models[0].id,
                    downgradedFrom: route.downgradedFrom,
                    forwarding: Forwarding(
                        model: route.rewrittenModel, models: route.rewrittenModels,
                        outputTokensMax: output.tokens, promptPriceMax: prices.prompt,
                        completionPriceMax: prices.completion, requestPriceMax: prices.request,
                        user: caller.member.name),
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
        if let wished = request.outputTokensMax {
            let tokens = min(wished, limit)
            if let tier, let max = tier.requestCostMax,
                let bound = cost.bound(outputTokens: tokens),
                bound > max
            {
                return .failure(.requestTooDear(bound: bound, max: max, tier: tier.name))
            }
            return .success(Output(tokens: tokens))
        }
        let budget = [headroom, tier?.requestCostMax].compactMap { $0 }.min()
        guard let budget, let full = cost.bound(outputTokens: limit), full > budget else {
            return .success(Output(tokens: limit))
        }
        let least = min(chosenOutputTokensMin, limit)
        let tokens = max(least, min(limit, cost.outputTokensAffordable(with: budget)))
        if let tier, let max = tier.requestCostMax, let bound = cost.bound(outputTokens: tokens),
            bound > max
        {
            return .failure(.requestTooDear(bound: bound, max: max, tier: tier.name))
        }
        return .success(Output(tokens: tokens, isChosen: tokens < limit))
    }
}

/// The most a text request can cost, as a function of its output limit.
///
/// A token is at least one byte, so the body's bytes bound the prompt's tokens: what templates
/// add to a message is less than the JSON around it.
package struct CostBound: Sendable {
    private var fixed: USD?
    private var completion: UnitPrice
    private var answerCount: Int64

    package init(_ request: ChatRequest, prices: ModelPrices) {
        completion = prices.completion
        answerCount = request.answerCount
        guard
            let prompt = CostBound.plausible(
                prices.promptDearest.costRoundedUp(count: Int64(request.byteCount))),
            let call = CostBound.plausible(prices.request.costRoundedUp(count: 1)),
            let prediction = CostBound.plausible(
                prices.completion.costRoundedUp(count: request.predictionBytes))
        else { return }
        fixed = prompt + call + prediction
    }

    /// `nil` where the cost is beyond ``USD/callCostMax``.
    package func bound(outputTokens: Int64) -> USD? {
        let (tokens, overflow) = outputTokens.multipliedReportingOverflow(by: answerCount)
        guard !overflow, let fixed,
            let output = CostBound.plausible(completion.costRoundedUp(count: tokens))
        else { return nil }
        return CostBound.plausible(fixed + output)
    }

    private static func plausible(_ cost: USD?) -> USD? {
        cost.flatMap { USD.isPlausibleCost($0) ? $0 : nil }
    }

    /// The largest output limit whose bound is within `budget`; 0 if there is none.
    package func outputTokensAffordable(with budget: USD) -> Int64 {
        guard let fixed, fixed < budget else { return 0 }
        return completion.unitsAffordable(with: budget - fixed) / answerCount
    }
}
