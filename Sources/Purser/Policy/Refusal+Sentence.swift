extension Refusal {
    /// What any caller may read: what is wrong, and what to do.
    package var sentence: String {
        identitySentence ?? requestSentence ?? tierSentence ?? worldSentence
    }

    private var identitySentence: String? {
        switch self {
        case .keyMissing:
            "Missing Authentication header. Send \"Authorization: Bearer sk-purser-…\"; whoever "
                + "runs this gateway hands out keys."
        case .keyUnknown:
            "This key is not known here. Send the key you were given for this gateway, not one "
                + "made at openrouter.ai."
        case .keyDisabled:
            "This key is disabled. Ask whoever runs this gateway to enable it."
        case .keyExpired(let instant):
            "This key expired at \(instant). Ask for a new one."
        case .keyRevoked:
            "This key was revoked or replaced. Use the newest key you were given, or ask for one."
        case .memberRemoved(let name):
            "\(name) no longer has access through this gateway."
        case .managementKeyCannotComplete:
            "This is a management key: it administers and cannot complete. Use a member's key; "
                + "make one with: purser key create --member NAME"
        case .managementOnly:
            "Only management keys can perform this operation. "
                + "The management key was shown once by: purser init"
        case .sharedKeyNeedsMember:
            "This key is shared, so each call must say who is calling: send the header "
                + "\"X-Title: app:member\", or \"user\" in the body."
        case .tooManyMembers:
            "This shared key has introduced too many new names. Ask whoever runs this gateway "
                + "to add you: purser member add NAME"
        default: nil
        }
    }

    private var requestSentence: String? {
        switch self {
        case .malformed(let reason): reason
        case .bodyTooLarge(let max): "The request body is larger than \(max) bytes."
        case .requestTimedOut:
            "The request did not arrive in full. Send it again in one piece."
        case .modelMissing: "The request names no model. Send \"model\"."
        case .modelUnknown(let model): "\(model) is not a valid model ID"
        case .modelNotAllowed(let model, let tier, let allowed, let denied):
            "\(model) is not allowed in tier \(tier). Allowed: "
                + (allowed.isEmpty ? "every model" : allowed.joined(separator: ", "))
                + (denied.isEmpty ? "" : ", but not \(denied.joined(separator: ", "))")
        case .extraNotAllowed(let what, nil):
            "\(what) can cost more than can be known beforehand and is not allowed here."
        case .extraNotAllowed(let what, let ceiling?):
            "\(what) can cost more than can be known beforehand. Leave it out, or ask for a tier "
                + "that sets the most it may cost: \(ceiling.command)"
        case .priceUnknown(let model):
            "The price of \(model) is not known, so its cost cannot be bounded. Choose a model "
                + "with listed prices, or ask for a tier that sets the most a call may cost: "
                + Extra.unknownPrice.command
        case .requestTooDear(let bound, let max, let tier):
            "This call could cost up to \(bound.dollars); tier \(tier) allows \(max.dollars) "
                + "for one call. Ask for fewer max_tokens or send a shorter prompt."
        case .overBudget(let shortfall): shortfall.sentence
        default: nil
        }
    }

    private var tierSentence: String? {
        switch self {
        case .outsideHours(let hours, let opening, let tier):
            "Tier \(tier) allows calls at \(hours.text), \(hours.zone.name), only."
                + (opening.map { " The next time is \($0)." } ?? "")
        case .attributionMissing(let tier):
            "Tier \(tier) asks each call which application it is for: send the header "
                + "\"X-Title: app\"."
        case .modelTooDear(let model, let tier, let limits):
            "\(model) costs more than tier \(tier) allows: \(limits.joined(separator: ", "))."
        case .extraOutsideTier(let what, let kind, let tier, let allowed):
            "\(what) (\(kind.rawValue)) is not allowed in tier \(tier). Allowed: "
                + (allowed.isEmpty
                    ? "text alone" : allowed.map(\.rawValue).joined(separator: ", "))
        case .providersNotAllowed(let wished, let tier, let allowed):
            wished.isEmpty
                ? "Tier \(tier) allows none of the providers. Ask for another tier."
                : "None of \(wished.joined(separator: ", ")) may serve in tier \(tier)."
                    + (allowed.isEmpty ? "" : " Allowed: \(allowed.joined(separator: ", "))")
        case .rateLimited(let shortfall): shortfall.sentence
        case .requestOverRate(let shortfall):
            "This call could take up to \(shortfall.wanted) tokens; \(shortfall.owner) may use "
                + "\(shortfall.limit) in a minute. Ask for fewer max_tokens or send a shorter "
                + "prompt."
        default: nil
        }
    }

    private var worldSentence: String {
        switch self {
        case .ledgerUnavailable:
            "The ledger cannot be written, so no call is let through. Try again shortly."
        case .catalogueMissing:
            "The upstream's price list could not be fetched yet, so no cost can be bounded. "
                + "Try again shortly."
        case .upstreamUnreachable: "The upstream could not be reached. Nothing was billed."
        case .upstreamKeyRejected:
            "The upstream rejected the gateway's own key. Whoever runs this gateway must check "
                + "OPENROUTER_API_KEY."
        case .upstreamCutOff: "The upstream broke off before its answer was complete."
        case .upstreamTimedOut: "The upstream did not answer in time."
        case .overloaded: "Too many calls are waiting. Try again shortly."
        case .shuttingDown: "This gateway is shutting down. Try again shortly."
        default: "The call was refused."
        }
    }
}

extension Extra {
    /// How whoever runs the gateway allows it, with a made-up amount.
    fileprivate var command: String { "purser tier set NAME … --ceiling \(rawValue)=0.05" }
}

extension RateShortfall {
    var sentence: String {
        let unit =
            switch rule {
            case .tokensPerMinute: "tokens in a minute"
            case .parallel: "calls at once"
            default: "calls in a minute"
            }
        let rest = isShared ? " What is left of it is kept for others who share it." : ""
        return "\(owner) may have \(limit) \(unit): \(used) of them are used, and this call "
            + "would add \(wanted).\(rest) Try again in \(retryAfterSeconds) s."
    }
}

extension BudgetShortfall {
    var sentence: String {
        let numbers =
            "\(owner) may spend \(limit.dollars) \(period.phrase): \(spent.dollars) is spent, "
            + "\(held.dollars) is held by calls in flight, and this call could cost up to "
            + "\(bound.dollars)."
        if isInFlight { return "\(numbers) Try again when they are done." }
        let reset = resetsAt.map { " The budget resets at \($0)." } ?? ""
        return "\(numbers)\(reset) Ask for a higher budget, or for fewer max_tokens."
    }
}

extension Period {
    /// `a day`, `in all`.
    package var phrase: String {
        switch self {
        case .daily: "a day"
        case .weekly: "a week"
        case .monthly: "a month"
        case .total: "in all"
        }
    }
}
