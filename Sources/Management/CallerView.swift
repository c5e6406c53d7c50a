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
            Period.allCases.map { period in
                WindowView(scope, period, in: roster, on: today, balance(scope, period))
            }
        }
        key = KeyView(
            caller.key, in: roster, on: today,
            spent: KeyView.Spent { balance(.key(caller.key.id), $0).spent })
    }

    /// The windows that a hard limit or a soft one is set for.
    var budgeted: [WindowView] { windows.filter(\.isBudgeted) }

    /// The windows that have a limit: all of them bind each call.
    var budgets: [WindowView] { windows.filter { $0.limit != nil } }

    /// The limited window with the least left; the first of them if several have as little.
    var tightest: WindowView? {
        budgets.min { ($0.left ?? .zero) < ($1.left ?? .zero) }
    }
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
