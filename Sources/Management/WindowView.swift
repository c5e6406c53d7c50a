package import OpenRouterWire
package import Purser

/// One scope in its present window of one period.
package struct WindowView: Hashable, Sendable {
    package var scope: Scope
    /// Whose it is: a member's, key's or team's name; `nil` for the organisation.
    package var owner: String?
    package var period: Period
    /// The limit in force today; `nil` if nothing limits it.
    package var limit: USD?
    /// The limit without any raise; `nil` if nothing limits it.
    package var standingLimit: USD?
    /// The last day of the raise that is in force; `nil` for none.
    package var raisedUntil: CivilDate?
    /// From which amount on there is a warning; `nil` for never.
    package var softLimit: USD?
    package var spent: USD
    /// The bounds of calls in flight.
    package var held: USD
    /// When the window ends; `nil` if it never does.
    package var resetsAt: Timestamp?

    /// What is set for a scope's window that holds `today`, and what happened in it.
    package init(
        _ scope: Scope, _ period: Period, in roster: Roster, on today: CivilDate,
        _ slot: Book.Slot
    ) {
        let budget = roster.budgets(of: scope).first { $0.period == period }
        self.scope = scope
        self.period = period
        owner = roster.name(of: scope)
        limit = budget?.limit(on: today)
        standingLimit = budget?.limit
        raisedUntil = limit == standingLimit ? nil : budget?.raise?.lastDay
        softLimit = roster.softLimits(of: scope).first { $0.period == period }?.amount
        spent = slot.spent
        held = slot.held
        resetsAt = period.end(after: today, in: roster.zone)
    }

    /// What one more call could hold, below zero if overspent; `nil` if nothing limits it.
    package var left: USD? { limit.map { $0 - spent - held } }

    /// Whether the soft limit is reached.
    package var isWarned: Bool { softLimit.map { spent >= $0 } ?? false }

    /// Whether a hard limit or a soft one is set.
    package var isBudgeted: Bool { limit != nil || softLimit != nil }
}

extension WindowView {
    /// The window with exact numbers.
    package var json: JSON {
        .object(JSONObject([("scope", .string(scope.word)), ("name", JSON(owner))] + fields))
    }

    /// The window without whose it is.
    package var fields: [(String, JSON)] {
        [
            ("period", .string(period.name)), ("spent", JSON(spent)), ("held", JSON(held)),
            ("limit", JSON(limit)), ("left", JSON(left)), ("resets_at", JSON(resetsAt)),
            ("standing_limit", JSON(standingLimit)),
            ("raised_until", JSON(raisedUntil?.description)), ("soft_limit", JSON(softLimit)),
            ("warned", .bool(isWarned)),
        ]
    }

    /// The limit less what is spent, holds not counted, as OpenRouter counts.
    var unspent: USD { (limit ?? .zero) - spent }

    /// The window as one layer of OpenRouter's budgets. `team` is a word of our own; clients
    /// take words they do not know.
    var openRouterBudget: JSON {
        let word =
            switch scope {
            case .organisation: "workspace"
            case .team: "team"
            case .member: "member"
            case .key: "key_limit"
            }
        return [
            "budget_id": nil, "guardrail_id": nil, "scope": .string(word),
            "limit_usd": JSON(limit ?? .zero), "spend_usd": JSON(spent),
            "remaining_usd": JSON(unspent), "include_byok": false,
            "reset_interval": JSON(period == .total ? nil : period.name),
            "resets_at": JSON(resetsAt),
        ]
    }
}
