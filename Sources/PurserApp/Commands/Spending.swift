import Management
import Purser
import Storage

/// What every scope has spent and holds in the windows of one day.
struct Spending: Sendable {
    let roster: Roster
    let today: CivilDate
    private let windows: Windows
    private var slots: [Scope: [Period: Book.Slot]] = [:]

    /// `balances` may reach further than the present windows; what is outside does not count.
    init(roster: Roster, today: CivilDate, balances: [SpendRow], openAttempts: [OpenAttempt]) {
        self.roster = roster
        self.today = today
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
