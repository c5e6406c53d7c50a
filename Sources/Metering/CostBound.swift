package import OpenRouterWire
package import Purser

/// The most a call can cost, as a function of its output limit.
///
/// The text of a prompt has at most as many tokens as the body has bytes: what templates add to a
/// message is less than the JSON around it. A picture's tokens have nothing to do with its bytes,
/// but whatever is in a prompt fits into the model's context. What even that does not bound costs
/// at most what the tier says it may.
package struct CostBound: Sendable {
    /// What does not depend on the output; `nil` where it is beyond ``USD/callCostMax``.
    private var fixed: USD?
    private var completion: UnitPrice
    private var answerCount: Int64
    /// Tokens that each answer may have beside its limit.
    private var tokensBeside: Int64
    /// The ceiling of a call to a model without listed prices; zero where all are listed.
    private var unlisted: USD
    /// The ceilings of what has no other bound, in all; `nil` as with `fixed`.
    private var ceilings: USD?
    /// The prices that all this rests on.
    package let prices: PriceLimits

    /// More than providers have been seen to bill for words of their own, which explain tools and
    /// forms to the model: Anthropic's for tools are up to 804 tokens.
    package static let instructionTokens: Int64 = 1_024

    /// The bound for a request that may run on any of `models`, or what has none.
    ///
    /// - Parameter ceilings: the tier's.
    static func make(
        _ request: ChatRequest, models: [ListedModel], ceilings: [Extra: USD]
    ) -> Result<CostBound, Refusal> {
        if let words = request.extras.forbidden {
            return .failure(.extraNotAllowed(words, ceiling: nil))
        }
        var surcharge = Surcharge(ceilings: ceilings)
        let prices = surcharge.addModels(models, request)
        surcharge.addExtras(request)
        var bound = CostBound(request, prices: prices)
        bound.unlisted = surcharge.unlisted
        if let prices {
            let prompt = PromptBound(request, models: models, prices: prices)
            switch prompt.cost(ceilings: ceilings) {
            case .success(let cost): bound.fixed = plausible(plus(bound.fixed, cost))
            case .failure(let refusal): return .failure(surcharge.missing ?? refusal)
            }
        }
        if let refusal = surcharge.missing { return .failure(refusal) }
        bound.ceilings = plausible(surcharge.total)
        return .success(bound)
    }

    /// - Parameter prices: `nil` where no model has any.
    private init(_ request: ChatRequest, prices: ModelPrices?) {
        completion = prices?.completion ?? .zero
        answerCount = request.answerCount
        tokensBeside = request.reasoningTokens + request.predictionBytes
        unlisted = .zero
        fixed = (prices?.request ?? .zero).costRoundedUp(count: 1)
        let extras = request.extras
        if let prices, extras[.serviceTier] == nil {
            self.prices = PriceLimits(
                prompt: prices.prompt, completion: prices.completion, request: prices.request,
                image: extras[.image] == nil ? nil : prices.image,
                audio: extras[.audio] == nil ? nil : prices.mediaDearest)
        } else {
            self.prices = PriceLimits()
        }
    }

    /// `nil` where the cost is beyond ``USD/callCostMax``.
    package func bound(outputTokens: Int64) -> USD? {
        let (tokens, overflow) = (outputTokens + tokensBeside)
            .multipliedReportingOverflow(by: answerCount)
        guard !overflow, let fixed, let ceilings,
            let output = CostBound.plausible(completion.costRoundedUp(count: tokens))
        else { return nil }
        return CostBound.plausible(max(fixed + output, unlisted) + ceilings)
    }

    /// The largest output limit whose bound is within `budget`; 0 if there is none.
    package func outputTokensAffordable(with budget: USD) -> Int64 {
        guard let fixed, let ceilings, ceilings < budget else { return 0 }
        let rest = budget - ceilings
        guard fixed < rest, unlisted <= rest else { return 0 }
        return max(0, completion.unitsAffordable(with: rest - fixed) / answerCount - tokensBeside)
    }
}

extension CostBound {
    static func plausible(_ cost: USD?) -> USD? {
        cost.flatMap { USD.isPlausibleCost($0) ? $0 : nil }
    }

    /// `nil` where one of them is, or the sum is no amount.
    static func plus(_ one: USD?, _ other: USD?) -> USD? {
        guard let one, let other else { return nil }
        let (sum, overflow) = one.picodollars.addingReportingOverflow(other.picodollars)
        return overflow ? nil : USD(picodollars: sum)
    }

    static func times(_ count: Int64, _ amount: USD) -> USD? {
        let (product, overflow) = amount.picodollars.multipliedReportingOverflow(by: count)
        return overflow ? nil : USD(picodollars: product)
    }
}
