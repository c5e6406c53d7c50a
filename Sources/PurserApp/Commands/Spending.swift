import Management
import Purser
import Storage

/// What every scope has spent and holds in the windows of one day.
struct Spending: Sendable {
    let roster: Roster
    let today: CivilDate
    private let windows: Windows
    private var slots: [Scope: [Period: Book.Slot]] = [:]

    /// - Parameters:
    ///   - day: what the calendar says. A day that has money on it has been, for commands as for
    ///     the gateway (``Book/newestDay``): where the clock was once ahead, that day is today.
    ///   - balances: may reach further than the present windows; what is outside does not count.
    init(
        roster: Roster, notBefore day: CivilDate, balances: [SpendRow],
        openAttempts: [OpenAttempt]
    ) {
        self.roster = roster
        let spent = balances.lazy.filter { $0.period == .daily }
            .map { CivilDate(daysSinceEpoch: Int($0.window.firstDay)) }
        let held = openAttempts.lazy.map(\.attempt.day)
        today = max(day, spent.max() ?? day, held.max() ?? day)
        windows = Windows(holding: today)
        for row in balances {
            change(row.scope, row.period, in: row.window) { $0.spent += row.spent }
        }
        for attempt in openAttempts.map(\.attempt) {
            for scope in attempt.scopes {
                for period in Period.allCases {
                    change(scope, period, in: attempt.windows[period]) {
                        $0.held += attempt.bound
                    }
                }
            }
        }
    }

    func slot(_ scope: Scope, _ period: Period) -> Book.Slot {
        slots[scope]?[period] ?? Book.Slot(window: windows[period])
    }

    /// The present window of a period, with what is set for it.
    func window(_ scope: Scope, _ period: Period) -> WindowView {
        WindowView(scope, period, in: roster, on: today, slot(scope, period))
    }

    /// The present window of every period.
    func windows(of scope: Scope) -> [WindowView] {
        Period.allCases.map { window(scope, $0) }
    }

    /// The present windows that a hard limit or a soft one is set for.
    func budgets(of scope: Scope) -> [WindowView] {
        windows(of: scope).filter(\.isBudgeted)
    }

    private mutating func change(
        _ scope: Scope, _ period: Period, in window: Window, _ body: (inout Book.Slot) -> Void
    ) {
        guard window == windows[period] else { return }
        body(&slots[scope, default: [:]][period, default: Book.Slot(window: window)])
    }
}
