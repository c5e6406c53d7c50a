import Management
import Metering
import OpenRouterWire
import Purser

/// What would become of a call, for people and for programs.
struct ExplanationText: Sendable {
    private let explanation: Explanation
    private let roster: Roster
    private let list: KnownModels

    init(_ explanation: Explanation, _ roster: Roster, _ list: KnownModels) {
        self.explanation = explanation
        self.roster = roster
        self.list = list
    }

    func text(_ format: OutputFormat) -> String {
        format == .json
            ? json.text + "\n" : "\(table)\n\(list.words)\n\n\(Table.printable(verdict))\n"
    }

    private var table: String {
        Listing(
            [
                Listing.Column("subject", title: "looked at"),
                Listing.Column("outcome", title: "outcome"), Listing.Column("words", title: "why"),
            ],
            rows: explanation.steps.map {
                [.text($0.subject), .text($0.outcome.rawValue), .text($0.words)]
            }
        ).table
    }

    /// The last line.
    private var verdict: String {
        let call = explanation.wished.map { "The call for \($0)" } ?? "The call"
        if let refusal = explanation.refusal {
            return "\(call) is refused (\(refusal.status) \(refusal.code)): \(refusal.sentence)"
        }
        guard let plan = explanation.plan else { return call }
        let isOther = plan.model != explanation.wished
        return call + (isOther ? " passes as \(plan.model)" : " passes")
            + (explanation.outcome == .change && !isOther ? ", changed" : "")
            + " and costs at most \(plan.bound.dollars)."
    }

    private var json: JSON {
        let plan = explanation.plan
        let refusal = explanation.refusal
        let caller = explanation.caller
        let passing = refusal == nil ? plan : nil
        return .object(
            JSONObject([
                ("outcome", .string(explanation.outcome.rawValue)),
                ("model", JSON(passing?.model)),
                ("requested_model", JSON(plan?.requestedModel ?? explanation.wished)),
                ("bound", JSON(explanation.bound)), ("reason", JSON(refusal?.code)),
                ("status", refusal.map { JSON(Int64($0.status)) } ?? .null),
                ("message", JSON(refusal?.sentence)), ("rule", JSON(refusal?.rule?.rawValue)),
                ("member", JSON(caller?.member.name)),
                ("team", JSON(caller?.team.flatMap { roster.team($0)?.name })),
                ("key", JSON(caller?.key.digest.hex)), ("tier", JSON(caller?.tier?.name)),
                ("tier_of", JSON(explanation.tierGiver.map(roster.describe))),
                ("alias", JSON(plan?.alias)), ("downgraded_from", JSON(plan?.downgradedFrom)),
                ("removed_models", .array(plan?.removedModels.map(JSON.string) ?? [])),
                ("max_tokens", plan.map { JSON($0.forwarding.outputTokensMax) } ?? .null),
                ("output_lowered", .bool(plan?.isOutputLowered ?? false)),
                ("effort", JSON(plan?.forwarding.effort?.rawValue)),
                ("shadowed", .array(plan?.shadows.map { .string($0.rule.rawValue) } ?? [])),
                ("steps", .array(explanation.steps.map(json))),
                ("budgets", .array(explanation.standings.map(json))),
                ("models_at", JSON(list.fetchedAt)), ("models_from", .string(list.origin)),
            ]))
    }

    private func json(_ step: Trail.Step) -> JSON {
        [
            "subject": .string(step.subject), "outcome": .string(step.outcome.rawValue),
            "words": .string(step.words),
        ]
    }

    private func json(_ standing: Explanation.Standing) -> JSON {
        let window = WindowView(
            standing.budget.scope, standing.budget.period, in: roster, on: explanation.day,
            standing.slot)
        guard var object = window.json.object else { return window.json }
        object["fits"] = standing.fits.map(JSON.bool) ?? .null
        return .object(object)
    }
}
