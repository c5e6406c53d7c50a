package import Purser

/// What the holder of a key may see of themselves: who they are and what they have left.
package struct CallerView: Sendable {
    package var key: KeyView
    /// The member's name: on a shared key, the one the call named.
    package var member: String
    package var team: String?
    /// `nil` for every model.
    package var tier: Tier?
    /// The present window of every period of every scope that the caller's calls count in.
    package var windows: [WindowView]

    /// What the roster and the book say of a caller at one instant.
    package init(
        _ caller: Caller, in roster: Roster, at now: Timestamp,
        balance: (Scope, Period) -> Book.Slot
    ) {
        member = caller.member.name
        team = caller.team.flatMap { roster.team($0)?.name }
        tier = caller.tier
        let today = roster.zone.day(at: now)
        windows = caller.scopes.flatMap { scope in
            let budgets = roster.budgets(of: scope)
            return Period.allCases.map { period in
                let slot = balance(scope, period)
                return WindowView(
                    scope: scope, owner: roster.name(of: scope), period: period,
                    limit: budgets.first { $0.period == period }?.limit(on: today),
                    spent: slot.spent, held: slot.held,
                    resetsAt: period.end(after: today, in: roster.zone))
            }
        }
        key = KeyView(
            caller.key, in: roster,
            spent: KeyView.Spent { balance(.key(caller.key.id), $0).spent })
    }

    /// The windows that have a limit: all of them bind each call.
    var budgets: [WindowView] { windows.filter { $0.limit != nil } }

    /// The limited window with the least left; the first of them if several have as little.
    var tightest: WindowView? {
        budgets.min { ($0.left ?? .zero) < ($1.left ?? .zero) }
    }
}

/// One scope in its present window of one period.
package struct WindowView: Hashable, Sendable {
    package var scope: Scope
    /// Whose it is: a member's, key's or team's name; `nil` for the organisation.
    package var owner: String?
    package var period: Period
    /// `nil` if nothing limits it.
    package var limit: USD?
    package var spent: USD
    /// The bounds of calls in flight.
    package var held: USD
    /// When the window ends; `nil` if it never does.
    package var resetsAt: Timestamp?

    package init(
        scope: Scope, owner: String?, period: Period, limit: USD?, spent: USD, held: USD,
        resetsAt: Timestamp?
    ) {
        self.scope = scope
        self.owner = owner
        self.period = period
        self.limit = limit
        self.spent = spent
        self.held = held
        self.resetsAt = resetsAt
    }

    /// What one more call could hold, below zero if overspent; `nil` if nothing limits it.
    package var left: USD? { limit.map { $0 - spent - held } }
}

extension Roster {
    /// The name of what a scope stands for; `nil` for the organisation.
    package func name(of scope: Scope) -> String? {
        switch scope {
        case .organisation: nil
        case .team(let id): team(id)?.name
        case .member(let id): member(id)?.name
        case .key(let id): keys.first { $0.id == id }?.name
        }
    }
}

extension Scope {
    /// The word for the kind: `member`.
    package var word: String {
        switch self {
        case .organisation: "organisation"
        case .team: "team"
        case .member: "member"
        case .key: "key"
        }
    }

    var isMember: Bool {
        if case .member = self { true } else { false }
    }
}
