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
            metadata["rule"] = .string("tier \(tier): request-cost")
            metadata["budget"] = .string("tier \(tier) one call")
            metadata["limit"] = JSON(max)
            metadata["estimate"] = JSON(bound)
        case .modelNotAllowed(let model, let tier, let allowed, let denied):
            add(rule: "tier \(tier): models", model: model, allowed: allowed, to: &metadata)
            if !denied.isEmpty { metadata["denied"] = .array(denied.map(JSON.string)) }
        case .extraNotAllowed(let what, let ceiling):
            add(rule: "no cost without a bound", model: nil, allowed: [], to: &metadata)
            metadata["extra"] = .string(what)
            metadata["ceiling"] = JSON(ceiling?.rawValue)
        case .modelTooDear(let model, let tier, let limits):
            add(rule: "tier \(tier): price", model: model, allowed: limits, to: &metadata)
        case .extraOutsideTier(let what, let kind, let tier, let allowed):
            let names = allowed.map(\.rawValue)
            add(rule: "tier \(tier): extras", model: nil, allowed: names, to: &metadata)
            metadata["extra"] = .string(what)
            metadata["kind"] = .string(kind.rawValue)
        case .providersNotAllowed(_, let tier, let allowed):
            add(rule: "tier \(tier): providers", model: nil, allowed: allowed, to: &metadata)
        case .outsideHours(let hours, let opening, let tier):
            let allowed = ["\(hours.text) \(hours.zone.name)"]
            add(rule: "tier \(tier): hours", model: nil, allowed: allowed, to: &metadata)
            metadata["opens_at"] = JSON(opening)
        case .attributionMissing(let tier):
            let allowed = ["X-Title: app"]
            add(rule: "tier \(tier): attribution", model: nil, allowed: allowed, to: &metadata)
        case .managementKeyCannotComplete:
            add(rule: "management keys do not complete", model: nil, allowed: [], to: &metadata)
        case .managementOnly:
            add(rule: "only management keys manage", model: nil, allowed: [], to: &metadata)
        case .rateLimited(let shortfall), .requestOverRate(let shortfall):
            add(shortfall, retryAfter: refusal.retryAfterSeconds, to: &metadata)
        default: break
        }
        return metadata
    }

    private static func add(
        _ shortfall: RateShortfall, retryAfter: Int?, to metadata: inout JSONObject
    ) {
        metadata["rule"] = .string(shortfall.rule.rawValue)
        metadata["owner"] = .string(shortfall.owner)
        metadata["limit"] = JSON(shortfall.limit)
        metadata["used"] = JSON(shortfall.used)
        metadata["wanted"] = JSON(shortfall.wanted)
        metadata["retry_after"] = retryAfter.map { JSON(Int64($0)) } ?? .null
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
