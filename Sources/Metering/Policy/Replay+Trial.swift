import OpenRouterWire
import Purser

/// One call of the past before a tier, rule by rule in the gateway's order.
struct Trial {
    private let call: RecordedCall
    private let tier: Tier
    private let catalogue: Catalogue
    /// What would have kept it from running; `nil` if nothing would.
    var block: Replay.Effect?
    private var changes: [Replay.Effect] = []
    private(set) var isUnlisted = false
    /// The model it would have run on; `nil` where the list no longer has it.
    private var model: ListedModel?
    /// What it would still have cost.
    private var cost: USD

    init(_ call: RecordedCall, _ tier: Tier, _ catalogue: Catalogue) {
        self.call = call
        self.tier = tier
        self.catalogue = catalogue
        cost = call.cost
    }

    /// What is kept from running is not changed besides.
    var effects: [Replay.Effect] { block.map { [$0] } ?? changes }

    mutating func judge() {
        judgeOccasion()
        if block == nil { judgeModel() }
        if block == nil { judgeCost() }
        if block == nil { judgeLength() }
    }

    private mutating func judgeOccasion() {
        if let hours = tier.hours, !hours.contains(call.attempt.at) {
            refuse(.outsideHours(hours, opensAt: nil, tier: tier.name))
        }
        if block == nil, tier.requiresAttribution, call.attempt.app.isEmpty {
            refuse(.attributionMissing(tier: tier.name))
        }
    }

    private mutating func judgeModel() {
        let attempt = call.attempt
        let name = attempt.alias ?? attempt.requestedModel
        let named: NamedModel
        do throws(Refusal) {
            named = try NamedModel.resolve(name, tier: tier, in: catalogue)
        } catch {
            guard attempt.alias == nil else {
                return refuse(error, rule: .models)
            }
            isUnlisted = true
            return
        }
        model = named.model
        guard let refusal = tier.refusal(of: named.model, called: name) else {
            if named.model.id != attempt.model {
                move(to: named.model, .models, .changed, "It runs as \(named.model.id).")
            }
            return
        }
        let rule = refusal.rule ?? .models
        guard !tier.shadowed.contains(rule) else { return }
        guard tier.otherwise == .downgrade, let instead = tier.replacement(in: catalogue)?.model
        else {
            return refuse(refusal)
        }
        model = instead
        guard instead.id != attempt.model else { return }
        let words = "\(refusal.sentence) It goes to \(instead.id) instead."
        move(to: instead, rule, .downgraded, words)
    }

    private mutating func move(
        to model: ListedModel, _ rule: Rule, _ outcome: Replay.Outcome, _ words: String
    ) {
        change(rule, outcome, words, to: cost(on: model) ?? cost)
    }

    /// What the same tokens cost at the model's listed prices; `nil` where that is not known.
    private func cost(on model: ListedModel) -> USD? {
        guard call.state == .settled, call.tokens.prompt > 0, let prices = model.prices,
            let prompt = prices.prompt.costRoundedUp(count: call.tokens.prompt),
            let completion = prices.completion.costRoundedUp(count: call.tokens.completion),
            let request = prices.request.costRoundedUp(count: 1),
            USD.isPlausibleCost(prompt), USD.isPlausibleCost(completion),
            USD.isPlausibleCost(request)
        else { return nil }
        return prompt + completion + request
    }

    private mutating func judgeCost() {
        // What another model could have cost at most is not known.
        guard let max = tier.requestCostMax, call.attempt.bound > max, changes.isEmpty,
            !tier.shadowed.contains(.requestCost)
        else { return }
        guard tier.clampsOutput else {
            return refuse(
                .requestTooDear(bound: call.attempt.bound, max: max, tier: tier.name))
        }
        let words = "The output limit is lowered until the call costs at most \(max.dollars)."
        change(.requestCost, .changed, words, to: Swift.min(cost, max))
    }

    private mutating func judgeLength() {
        guard let max = tier.outputTokensMax, call.tokens.completion > max,
            !tier.shadowed.contains(.maxTokens)
        else { return }
        let cut = model?.listedCompletion?.costRoundedUp(count: call.tokens.completion - max)
        let words = "The answer of \(call.tokens.completion) tokens ends at \(max)."
        let saved = cut.map { Swift.min($0, cost) } ?? .zero
        change(.maxTokens, .changed, words, to: cost - saved)
    }

    private mutating func refuse(_ refusal: Refusal, rule: Rule? = nil) {
        guard let rule = rule ?? refusal.rule, !tier.shadowed.contains(rule) else { return }
        block = Replay.Effect(
            rule: rule, outcome: .blocked, words: refusal.sentence, saved: call.cost)
    }

    /// - Parameter cost: what it costs then; no less is saved than nothing.
    private mutating func change(
        _ rule: Rule, _ outcome: Replay.Outcome, _ words: String, to cost: USD
    ) {
        let lower = Swift.min(cost, self.cost)
        changes.append(
            Replay.Effect(rule: rule, outcome: outcome, words: words, saved: self.cost - lower))
        self.cost = lower
    }
}

extension ListedModel {
    /// What a token of an answer costs at least: dearer prices have conditions, and whether they
    /// were met is not in the ledger.
    fileprivate var listedCompletion: UnitPrice? {
        let price = row["pricing"]?["completion"]
        return (price?.string ?? price?.literal).flatMap { UnitPrice($0) }
    }
}
