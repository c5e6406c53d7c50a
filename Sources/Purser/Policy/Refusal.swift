/// Why a call is turned away: an expected outcome, part of the product.
///
/// Each case has a stable code, a status and a sentence that says what to do next; the page
/// `docs/reference/refusals.md` has a row for each.
package enum Refusal: Error, Hashable, Sendable {
    // Who is calling.
    case keyMissing
    case keyUnknown
    case keyDisabled
    case keyExpired(at: Timestamp)
    case keyRevoked
    case memberRemoved(String)
    case managementKeyCannotComplete
    case managementOnly
    case sharedKeyNeedsMember
    case tooManyMembers

    // What is asked.
    case malformed(String)
    case bodyTooLarge(max: Int)
    case requestTimedOut
    case modelMissing
    case modelUnknown(String)
    /// What is denied is not allowed, whatever is allowed beside it.
    case modelNotAllowed(String, tier: String, allowed: [String], denied: [String])
    /// Something without a bound, and the ceiling with which a tier allows it; `nil` where none
    /// does.
    case extraNotAllowed(String, ceiling: Extra?)
    case priceUnknown(String)
    case requestTooDear(bound: USD, max: USD, tier: String)

    // What the tier says beside models.
    case outsideHours(OpeningHours, opensAt: Timestamp?, tier: String)
    case attributionMissing(tier: String)
    /// The prices are those of a million tokens.
    case modelTooDear(String, tier: String, limits: [String])
    /// Something paid that the tier leaves out of what may be bought.
    case extraOutsideTier(String, Extra, tier: String, allowed: [Extra])
    case providersNotAllowed([String], tier: String, allowed: [String])

    // How much in a minute, or at once.
    case rateLimited(RateShortfall)
    /// More tokens in one call than in a whole minute: waiting does not help.
    case requestOverRate(RateShortfall)

    // What it may cost.
    case overBudget(BudgetShortfall)

    // What the world can do.
    case ledgerUnavailable
    case catalogueMissing
    case upstreamUnreachable
    case upstreamKeyRejected
    case upstreamCutOff
    case upstreamTimedOut
    case overloaded
    case shuttingDown
}

extension Refusal {
    /// The HTTP status. A refusal that will not change by itself is never a 5xx, because client
    /// libraries retry those for up to an hour.
    package var status: Int {
        switch self {
        case .keyMissing, .keyUnknown, .keyDisabled, .keyExpired, .keyRevoked, .memberRemoved: 401
        case .managementKeyCannotComplete, .managementOnly: 403
        case .sharedKeyNeedsMember, .malformed, .modelMissing, .modelUnknown: 400
        case .attributionMissing: 400
        case .tooManyMembers, .modelNotAllowed, .extraNotAllowed: 403
        case .outsideHours, .modelTooDear, .extraOutsideTier, .providersNotAllowed: 403
        case .requestOverRate: 403
        case .rateLimited: 429
        case .bodyTooLarge: 413
        case .requestTimedOut: 408
        case .priceUnknown, .requestTooDear, .overBudget: 402
        case .ledgerUnavailable, .catalogueMissing, .overloaded, .shuttingDown: 503
        case .upstreamUnreachable, .upstreamKeyRejected, .upstreamCutOff: 502
        case .upstreamTimedOut: 504
        }
    }

    /// The stable word for programs, logs and reports.
    package var code: String {
        switch self {
        case .keyMissing: "key_missing"
        case .keyUnknown: "key_unknown"
        case .keyDisabled: "key_disabled"
        case .keyExpired: "key_expired"
        case .keyRevoked: "key_revoked"
        case .memberRemoved: "member_removed"
        case .managementKeyCannotComplete: "management_key_cannot_complete"
        case .managementOnly: "management_only"
        case .sharedKeyNeedsMember: "shared_key_needs_member"
        case .tooManyMembers: "too_many_members"
        case .malformed: "malformed_request"
        case .bodyTooLarge: "body_too_large"
        case .requestTimedOut: "request_timed_out"
        case .modelMissing: "model_missing"
        case .modelUnknown: "model_unknown"
        case .modelNotAllowed: "model_not_allowed"
        case .extraNotAllowed: "extra_not_allowed"
        case .priceUnknown: "price_unknown"
        case .requestTooDear: "request_too_dear"
        case .outsideHours: "outside_hours"
        case .attributionMissing: "attribution_missing"
        case .modelTooDear: "model_too_dear"
        case .extraOutsideTier: "extra_outside_tier"
        case .providersNotAllowed: "providers_not_allowed"
        case .rateLimited: "rate_limited"
        case .requestOverRate: "request_over_rate"
        case .overBudget(let shortfall):
            shortfall.isInFlight ? "in_flight_budget_exhausted" : "budget_exceeded"
        case .ledgerUnavailable: "ledger_unavailable"
        case .catalogueMissing: "catalogue_missing"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamKeyRejected: "upstream_key_rejected"
        case .upstreamCutOff: "upstream_cut_off"
        case .upstreamTimedOut: "upstream_timed_out"
        case .overloaded: "overloaded"
        case .shuttingDown: "shutting_down"
        }
    }

    /// Seconds after which the same call may succeed; `nil` if waiting alone does not help.
    package var retryAfterSeconds: Int? {
        switch self {
        case .overBudget(let shortfall) where shortfall.isInFlight: 2
        case .rateLimited(let shortfall): shortfall.retryAfterSeconds
        case .ledgerUnavailable, .catalogueMissing, .overloaded, .shuttingDown: 5
        default: nil
        }
    }
}

extension Refusal {
    /// The rule of a tier that it rests on; `nil` where none does.
    package var rule: Rule? {
        switch self {
        case .modelNotAllowed: .models
        case .modelTooDear: .price
        case .extraOutsideTier: .extras
        case .providersNotAllowed: .providers
        case .outsideHours: .hours
        case .attributionMissing: .attribution
        case .requestTooDear: .requestCost
        case .rateLimited(let shortfall), .requestOverRate(let shortfall): shortfall.rule
        default: nil
        }
    }

    /// Whether somebody else than the sender may have to do something about it.
    package var isForTheLead: Bool { [401, 402, 403, 429].contains(status) }
}
