package import OpenRouterWire
package import Purser

/// What a tier would have done to calls of the past: fed call by call, the oldest first.
///
/// The ledger has what a call was asked for, what ran, what it cost and when; not what was in its
/// body. Rules that need more are not replayed, and ``gaps`` says which.
package struct Replay: Sendable {
    package enum Outcome: String, Sendable {
        case blocked
        /// It would have run on another model, because the tier does not allow the one asked for.
        case downgraded
        /// It would have run, but not as it did.
        case changed
    }

    /// What calls come to.
    package struct Tally: Hashable, Sendable {
        package var calls: Int64 = 0
        package var blocked: Int64 = 0
        package var downgraded: Int64 = 0
        package var changed: Int64 = 0
        /// Calls for models that are in the list no longer: whether those may run is not known.
        package var unlisted: Int64 = 0
        package var cost: USD = .zero
        /// What they would have cost less, never below zero.
        package var saved: USD = .zero

        package init(calls: Int64 = 0, unlisted: Int64 = 0, cost: USD = .zero) {
            self.calls = calls
            self.unlisted = unlisted
            self.cost = cost
        }

        mutating func add(_ outcome: Outcome, saved: USD) {
            switch outcome {
            case .blocked: blocked += 1
            case .downgraded: downgraded += 1
            case .changed: changed += 1
            }
            self.saved += saved
        }
    }

    /// One thing that a rule would have done to one call.
    package struct Effect: Hashable, Sendable {
        package var rule: Rule
        package var outcome: Outcome
        package var words: String
        package var saved: USD
    }

    /// A call that a rule would have touched, for people to look at.
    package struct Example: Hashable, Sendable {
        package var attempt: ID<Attempt>
        package var at: Timestamp
        package var member: String
        package var model: String
        package var cost: USD
        package var effect: Effect
    }

    package let tier: Tier
    let catalogue: Catalogue
    private let roster: Roster
    private var rates = RateBook()
    /// Calls that are under way at the instant of the newest one, the first to end last.
    private var flights: [(end: Timestamp, attempt: ID<Attempt>, tokens: Int64)] = []

    package private(set) var total = Tally()
    /// The calls that each rule would have touched.
    package private(set) var byRule: [Rule: Tally] = [:]
    package private(set) var byMember: [String: Tally] = [:]
    package private(set) var examples: [Example] = []

    /// More do not make a rule clearer.
    package static let examplesMax = 3

    /// No call takes longer; what ended later was left open by a crash and found at the next
    /// start.
    private static let callSecondsMax: Int64 = 3_600

    package init(_ tier: Tier, catalogue: Catalogue, roster: Roster) {
        self.tier = tier
        self.catalogue = catalogue
        self.roster = roster
    }

    /// Takes the next call, and says what the tier would have done to it; nothing is as it was.
    @discardableResult
    package mutating func take(_ call: RecordedCall) -> [Effect] {
        var trial = Trial(call, tier, catalogue)
        trial.judge()
        if trial.block == nil, let effect = judgeRates(call) { trial.block = effect }
        book(call, trial)
        return trial.effects
    }

    private mutating func book(_ call: RecordedCall, _ trial: Trial) {
        let effects = trial.effects
        var tally = Tally(calls: 1, unlisted: trial.isUnlisted ? 1 : 0, cost: call.cost)
        let outcomes = Set(effects.map(\.outcome))
        let saved = effects.reduce(.zero) { $0 + $1.saved }
        for outcome in [.blocked, .downgraded, .changed] as [Outcome]
        where outcomes.contains(outcome) {
            tally.add(outcome, saved: saved)
            break
        }
        total.add(tally)
        byMember[call.member, default: Tally()].add(tally)
        for effect in effects {
            let touched = byRule[effect.rule, default: Tally()].calls
            var tally = Tally(calls: 1, cost: call.cost)
            tally.add(effect.outcome, saved: effect.saved)
            byRule[effect.rule, default: Tally()].add(tally)
            guard touched < Replay.examplesMax else { continue }
            examples.append(
                Example(
                    attempt: call.attempt.id, at: call.attempt.at, member: call.member,
                    model: call.attempt.alias ?? call.attempt.requestedModel, cost: call.cost,
                    effect: effect))
        }
    }
}

extension Replay.Tally {
    mutating func add(_ other: Replay.Tally) {
        calls += other.calls
        blocked += other.blocked
        downgraded += other.downgraded
        changed += other.changed
        unlisted += other.unlisted
        cost += other.cost
        saved += other.saved
    }
}

/// Rates, at the instants of the past.
extension Replay {
    private mutating func judgeRates(_ call: RecordedCall) -> Effect? {
        let attempt = call.attempt
        while let last = flights.last, last.end <= attempt.at {
            flights.removeLast()
            rates.finish(last.attempt, tokens: last.tokens, at: last.end)
        }
        let tokens = call.tokens.prompt + call.tokens.completion
        guard let caller = roster.caller(of: attempt, in: tier),
            let claim = RateClaim(caller, tokens: tokens)
        else { return nil }
        switch rates.take(claim, for: attempt.id, at: attempt.at) {
        case .taken:
            let latest = attempt.at.adding(seconds: Replay.callSecondsMax)
            let end = min(call.entries.first?.at ?? latest, latest)
            let index = flights.firstIndex { $0.end <= end } ?? flights.count
            flights.insert((end, attempt.id, tokens), at: index)
            return nil
        case .short(let shortfall):
            return blocked(.rateLimited(shortfall), call)
        case .never(let shortfall):
            return blocked(.requestOverRate(shortfall), call)
        }
    }

    private func blocked(_ refusal: Refusal, _ call: RecordedCall) -> Effect? {
        refusal.rule.map {
            Effect(rule: $0, outcome: .blocked, words: refusal.sentence, saved: call.cost)
        }
    }
}

extension Replay {
    /// What the ledger is too short for: the rules that the tier sets and that were left out, or
    /// replayed as far as it goes, each with why.
    package var gaps: [(rule: Rule, words: String)] {
        settings.compactMap { rule, isSet, words in
            guard isSet else { return nil }
            if tier.shadowed.contains(rule) {
                return (rule, "in shadow, so it would have touched nothing")
            }
            return words.map { (rule, $0) }
        }
    }

    /// Each rule, whether the tier sets it, and what of it cannot be replayed; `nil` for nothing.
    private var settings: [(Rule, isSet: Bool, words: String?)] {
        let rates = [tier.rates.key, tier.rates.member, tier.rates.tier]
        let isPriceSet = tier.promptPriceMax != nil || tier.completionPriceMax != nil
        let areProvidersSet =
            !tier.providers.isEmpty || !tier.deniedProviders.isEmpty || tier.requiresZeroRetention
        let costWords =
            tier.clampsOutput
            ? "by what was held; what a call cost above the limit is taken for saved"
            : "by what was held; a call that named no limit would have got a lower one instead"
        return [
            (.hours, tier.hours != nil, nil), (.attribution, tier.requiresAttribution, nil),
            (.models, !tier.allowsEveryModel, "fall-backs are not in the ledger"),
            (.price, isPriceSet, "by the prices of the list below"),
            (.extras, tier.extras != nil, "left out but for models: the ledger has no extras"),
            (.providers, areProvidersSet, "left out: the ledger has no providers"),
            (
                .maxTokens, tier.outputTokensMax != nil,
                "by the tokens that came back; several answers to a call count as one"
            ),
            (.effort, tier.effortMax != nil, "left out: the ledger has no effort"),
            (.requestCost, tier.requestCostMax != nil, costWords),
            (
                .requestsPerMinute, rates.contains { $0.requestsPerMinute != nil },
                "among the calls that are replayed"
            ),
            (
                .tokensPerMinute, rates.contains { $0.tokensPerMinute != nil },
                "among the calls that are replayed, by the tokens they came to"
            ),
            (
                .parallel, rates.contains { $0.parallel != nil },
                "among the calls that are replayed"
            ),
        ]
    }
}
