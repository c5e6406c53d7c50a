import OpenRouterWire
import Purser

/// What a program needs to know of a refusal: the `metadata` of its envelope.
enum RefusalMetadata {
    static func json(_ refusal: Refusal, requestID: String) -> JSONObject {
        var metadata = JSONObject([
            ("reason", .string(refusal.code)), ("request_id", .string(requestID)),
        ])
        switch refusal {
        case .overBudget(let shortfall): add(shortfall, to: &metadata)
        case .requestTooDear(let bound, let max, let tier):
            metadata["budget"] = .string("tier \(tier) one call")
            metadata["limit"] = JSON(max)
            metadata["estimate"] = JSON(bound)
        case .modelNotAllowed(let model, let tier, let allowed):
            add(rule: "tier \(tier): models", model: model, allowed: allowed, to: &metadata)
        case .extraNotAllowed(let what, let ceiling):
            add(rule: "no cost without a bound", model: nil, allowed: [], to: &metadata)
            metadata["extra"] = .string(what)
            metadata["ceiling"] = JSON(ceiling?.rawValue)
        case .managementKeyCannotComplete:
            add(rule: "management keys do not complete", model: nil, allowed: [], to: &metadata)
        case .managementOnly:
            add(rule: "only management keys manage", model: nil, allowed: [], to: &metadata)
        default: break
        }
        return metadata
    }

    private static func add(_ shortfall: BudgetShortfall, to metadata: inout JSONObject) {
        metadata["budget"] = .string("\(shortfall.owner) \(shortfall.period.name)")
        metadata["scope"] = .string(shortfall.owner)
        metadata["window"] = .string(shortfall.period.name)
        metadata["limit"] = JSON(shortfall.limit)
        metadata["spent"] = JSON(shortfall.spent)
        metadata["held"] = JSON(shortfall.held)
        metadata["estimate"] = JSON(shortfall.bound)
        metadata["resets_at"] = JSON(shortfall.resetsAt)
    }

    private static func add(
        rule: String, model: String?, allowed: [String], to metadata: inout JSONObject
    ) {
        metadata["rule"] = .string(rule)
        metadata["model"] = JSON(model)
        metadata["allowed"] = .array(allowed.map(JSON.string))
    }
}
