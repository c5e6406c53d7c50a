package import OpenRouterWire
package import Purser

/// Decides what of a request may run, and the most it can cost.
///
/// Pure: the same inquiry gives the same plan.
package enum Admission {
    /// When a client names no output limit, or the tier allows lowering it, and the money left
    /// does not pay for the whole, the gateway chooses a limit that fits, but none below this: an
    /// answer cut shorter than a paragraph helps nobody.
    package static let chosenOutputTokensMin: Int64 = 256

    /// A request, and everything the decision on it rests on.
    package struct Inquiry: Sendable {
        package var request: ChatRequest
        package var caller: Caller
        /// From the title; empty if it names none.
        package var app: String
        package var at: Timestamp
        package var catalogue: Catalogue
        /// The least that any budget has left, calls in flight not counted; `nil` without
        /// budgets. Decides the output limit where the gateway may choose one.
        package var headroom: USD?
        /// The tokens that its rates have left for a call of this caller; `nil` if that is not
        /// known or not limited.
        package var tokenRoom: Int64?

        package init(
            request: ChatRequest, caller: Caller, app: String, at: Timestamp,
            catalogue: Catalogue, headroom: USD?, tokenRoom: Int64? = nil
        ) {
            self.request = request
            self.caller = caller
            self.app = app
            self.at = at
            self.catalogue = catalogue
            self.headroom = headroom
            self.tokenRoom = tokenRoom
        }
    }

    /// What will be asked of the upstream, and what that can cost.
    package struct Plan: Sendable {
        /// By its id in the model list.
        package var requestedModel: String
        /// By its id in the model list.
        package var model: String
        /// The tier's alias that the client used; `nil` without one.
        package var alias: String?
        /// What the client wrote, where another model takes its place; `nil` otherwise.
        package var downgradedFrom: String?
        /// Fall-backs that may not run, as the client wrote them.
        package var removedModels: [String]
        package var forwarding: Forwarding
        package var bound: USD
        /// Whether the client gets a lower output limit than it named, or one that the gateway
        /// chose to fit the money.
        package var isOutputLowered: Bool
        /// Prompt and output together, as far as a rate can know them beforehand.
        package var tokenEstimate: Int64
        /// What rules in shadow would have done.
        package var shadows: [Shadow]
    }

    /// The plan for a request, or why there is none.
    package static func plan(_ inquiry: Inquiry) -> Result<Plan, Refusal> {
        var hearing = Hearing(tier: inquiry.caller.tier, isExplained: false)
        do throws(Refusal) {
            return .success(try plan(inquiry, &hearing))
        } catch {
            return .failure(error)
        }
    }

    /// The same, with the way to it.
    package static func explain(_ inquiry: Inquiry) -> (Result<Plan, Refusal>, Trail) {
        var hearing = Hearing(tier: inquiry.caller.tier, isExplained: true)
        do throws(Refusal) {
            let plan = try plan(inquiry, &hearing)
            return (.success(plan), hearing.trail ?? Trail())
        } catch {
            // What no rule of a tier refuses has not left its mark yet.
            if error.rule == nil { hearing.note(error.code, .refused, error.sentence) }
            return (.failure(error), hearing.trail ?? Trail())
        }
    }

    private static func plan(
        _ inquiry: Inquiry, _ hearing: inout Hearing
    ) throws(Refusal) -> Plan {
        if inquiry.catalogue.isEmpty { throw .catalogueMissing }
        try checkOccasion(inquiry, &hearing)
        var request = inquiry.request
        let route = try Route.choose(request, catalogue: inquiry.catalogue, &hearing)
        for model in route.models where model.isSearching {
            request.extras.addSearch(fee: nil, "\":online\" in \(model.text)")
        }
        try checkExtras(request, &hearing)
        let providers = try Providers.choose(request, &hearing)
        let models = route.models.map(\.model)
        let tier = hearing.tier
        let thinksMore = thinksMore(request, models, than: tier?.effortMax)
        if thinksMore, tier?.effortMax != ReasoningEffort.none {
            // What is asked for can come on top of the answer, whoever asks.
            request.reasoningTokens = max(
                request.reasoningTokens, ChatRequest.thinkingTokensMin)
        }
        let cost = try CostBound.make(request, models: models, ceilings: tier?.ceilings ?? [:])
            .get()
        let output = try output(inquiry, models, cost, &hearing)
        guard let bound = cost.bound(outputTokens: output.tokens) else {
            let words = "A call that could cost more than \(USD.callCostMax.dollars)"
            throw .extraNotAllowed(words, ceiling: nil)
        }
        if let tier, let max = tier.requestCostMax, bound > max {
            try hearing.refuse(.requestTooDear(bound: bound, max: max, tier: tier.name))
        }
        hearing.pass("bound", "it can cost up to \(bound.dollars)")
        var forwarding = Forwarding(
            model: route.rewrittenModel, models: route.rewrittenModels,
            outputTokensMax: output.tokens, prices: cost.prices, user: inquiry.caller.member.name)
        forwarding.limit(providers, passing: tier?.passedFields)
        limitEffort(request, thinksMore, output.tokens, &forwarding, &hearing)
        return Plan(
            requestedModel: route.requested.model.id, model: models[0].id,
            alias: route.requested.alias, downgradedFrom: route.downgradedFrom,
            removedModels: route.removed, forwarding: forwarding, bound: bound,
            isOutputLowered: output.isLowered,
            tokenEstimate: estimate(request, outputTokens: output.tokens),
            shadows: hearing.shadows)
    }
}

/// The rules that look at one thing each.
extension Admission {
    /// When a call comes, and for which application.
    private static func checkOccasion(
        _ inquiry: Inquiry, _ hearing: inout Hearing
    ) throws(Refusal) {
        guard let tier = hearing.tier else { return }
        if let hours = tier.hours {
            if hours.contains(inquiry.at) {
                hearing.pass(Rule.hours.rawValue, "\(hours.text), \(hours.zone.name)")
            } else {
                let opening = hours.opening(after: inquiry.at)
                try hearing.refuse(.outsideHours(hours, opensAt: opening, tier: tier.name))
            }
        }
        if tier.requiresAttribution {
            if inquiry.app.isEmpty {
                try hearing.refuse(.attributionMissing(tier: tier.name))
            } else {
                hearing.pass(Rule.attribution.rawValue, "it is for \(inquiry.app)")
            }
        }
    }

    /// What a call buys beside text.
    private static func checkExtras(
        _ request: ChatRequest, _ hearing: inout Hearing
    ) throws(Refusal) {
        guard let tier = hearing.tier, let allowed = tier.extras, !request.extras.isEmpty else {
            return
        }
        for kind in Extra.allCases where !allowed.contains(kind) {
            guard let use = request.extras[kind] else { continue }
            try hearing.refuse(
                .extraOutsideTier(use.words, kind, tier: tier.name, allowed: allowed.sorted))
        }
    }

    private struct Output {
        var tokens: Int64
        var isLowered = false
    }

    private static func output(
        _ inquiry: Inquiry, _ models: [ListedModel], _ cost: CostBound, _ hearing: inout Hearing
    ) throws(Refusal) -> Output {
        let request = inquiry.request
        // Fall-backs share the one limit in the body; the hold is computed with the same.
        var limit = models.reduce(1) { max($0, $1.outputTokensMax) }
        let tier = hearing.tier
        let named = request.outputTokensMax
        if let max = tier?.outputTokensMax, max < named ?? limit,
            named != nil || !hearing.isShadowed(.maxTokens),
            hearing.change(.maxTokens, "the output limit is \(max)")
        {
            limit = min(limit, max)
        }
        let left = named == nil ? tokensLeft(for: inquiry) : nil
        let wished = min(named ?? limit, limit, left ?? limit)
        var output = Output(tokens: wished, isLowered: wished < named ?? (left == nil ? 0 : limit))
        // A limit that the client named is its own affair, unless the tier says otherwise.
        let mayLower = named == nil || tier?.clampsOutput == true
        let costMax = hearing.isShadowed(.requestCost) ? nil : tier?.requestCostMax
        let money = [inquiry.headroom, costMax].compactMap { $0 }.min()
        if mayLower, let money, !fits(cost.bound(outputTokens: wished), in: money) {
            let affordable = min(wished, cost.outputTokensAffordable(with: money))
            output.tokens = max(min(chosenOutputTokensMin, wished), affordable)
            output.isLowered = output.isLowered || output.tokens < wished
            hearing.note(
                "max-tokens", .changed, "the money left pays for \(output.tokens) tokens of output")
        }
        return output
    }

    private static func fits(_ bound: USD?, in money: USD) -> Bool {
        bound.map { $0 <= money } ?? false
    }

    /// The output limit that a rate leaves a call of this size; `nil` without such a rate.
    ///
    /// It takes no more than half of what is left: most answers are much shorter than they may
    /// be, and the next call must fit beside this one while nobody knows by how much.
    private static func tokensLeft(for inquiry: Inquiry) -> Int64? {
        guard let tier = inquiry.caller.tier, !tier.shadowed.contains(.tokensPerMinute)
        else { return nil }
        let rates = tier.rates
        let most = [rates.key, rates.member, rates.tier].compactMap(\.tokensPerMinute).min()
        return most.map { most in
            let room = min(most, inquiry.tokenRoom ?? most) / 2
            let request = inquiry.request
            return max(
                chosenOutputTokensMin, (room - promptEstimate(request)) / request.answerCount)
        }
    }

    /// Four bytes a token, as text has it on the whole.
    private static func promptEstimate(_ request: ChatRequest) -> Int64 {
        (Int64(request.byteCount) + 3) / 4
    }

    private static func estimate(_ request: ChatRequest, outputTokens: Int64) -> Int64 {
        let (output, overflow) = outputTokens.multipliedReportingOverflow(by: request.answerCount)
        return overflow ? .max / 2 : promptEstimate(request) + output
    }

    /// Whether a model thinks more by itself than the tier allows, because the body does not say
    /// how much it shall.
    private static func thinksMore(
        _ request: ChatRequest, _ models: [ListedModel], than most: ReasoningEffort?
    ) -> Bool {
        guard let most, !request.namesThinking else { return false }
        let asks = request.effort != nil
        return models.contains { model in
            guard let thinking = model.thinking, thinking.thinksUnasked || asks else {
                return false
            }
            // What the list does not say may be the most.
            return thinking.effort.map { $0 > most } ?? true
        }
    }

    /// Lowers the thinking that is asked for, and that which a model does by itself.
    private static func limitEffort(
        _ request: ChatRequest, _ thinksMore: Bool, _ outputTokens: Int64,
        _ forwarding: inout Forwarding, _ hearing: inout Hearing
    ) {
        guard let most = hearing.tier?.effortMax else { return }
        let tokens = outputTokens * most.outputPercent / 100
        let asksForMore =
            request.effort.map { $0 > most } ?? false
            || request.thinkingTokens.map { $0 > tokens } ?? false
        guard asksForMore || thinksMore,
            hearing.change(.effort, "the effort is \(most.rawValue)")
        else { return }
        forwarding.effort = most
        forwarding.thinkingTokensMax = tokens
        forwarding.writesEffort = thinksMore
    }
}

extension Forwarding {
    fileprivate mutating func limit(_ providers: Providers, passing fields: Set<String>?) {
        providersOnly = providers.only
        providersIgnored = providers.ignored
        requiresZeroRetention = providers.requiresZeroRetention
        passedFields = fields ?? []
    }
}
