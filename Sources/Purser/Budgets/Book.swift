/// What every scope has spent and holds in its present windows, and who waits for headroom.
///
/// The one place that admits: a call's bound is held in every budget it touches, or in none.
/// Moves of money: hold, then settle, release or keep. All of them are safe to repeat.
package struct Book: Sendable {
    /// One scope in one window.
    package struct Slot: Hashable, Sendable {
        package var window: Window
        package var spent: USD = .zero
        package var held: USD = .zero

        package init(window: Window, spent: USD = .zero, held: USD = .zero) {
            self.window = window
            self.spent = spent
            self.held = held
        }
    }

    /// The newest known slot of each period; before the first one, a window before all others.
    struct Account: Sendable {
        var daily = Slot(window: Window(firstDay: .min))
        var weekly = Slot(window: Window(firstDay: .min))
        var monthly = Slot(window: Window(firstDay: .min))
        var total = Slot(window: Window(firstDay: .min))

        subscript(period: Period) -> Slot {
            get {
                switch period {
                case .daily: daily
                case .weekly: weekly
                case .monthly: monthly
                case .total: total
                }
            }
            set {
                switch period {
                case .daily: daily = newValue
                case .weekly: weekly = newValue
                case .monthly: monthly = newValue
                case .total: total = newValue
                }
            }
        }
    }

    struct Hold: Sendable {
        var scopes: [Scope]
        var windows: Windows
        var amount: USD
    }

    var accounts: [Scope: Account] = [:]
    var holds: [ID<Attempt>: Hold] = [:]
    var line = WaitingLine()
    /// The newest day seen: a clock or a time zone that jumps back does not move windows back.
    package private(set) var newestDay: CivilDate?

    package init() {}

    /// An empty book, for what the store has spent in the windows of that day and later.
    ///
    /// The day has been, whatever the clock says next: of the windows before, the book knows
    /// nothing.
    package init(from day: CivilDate) {
        newestDay = day
    }

    /// How many calls hold money now.
    package var holdCount: Int { holds.count }

    /// Whether a call holds money now.
    package func holds(_ attempt: ID<Attempt>) -> Bool { holds[attempt] != nil }

    /// How many calls wait for headroom now.
    package var waiterCount: Int { line.count }

    /// The day that a call counts in when the calendar says `day`.
    package func day(notBefore day: CivilDate) -> CivilDate {
        newestDay.map { max($0, day) } ?? day
    }
}

/// What a call asks the book for.
package struct Claim: Sendable {
    /// Everything the call's cost counts in.
    package var scopes: [Scope]
    /// The budgets among them.
    package var budgets: [Budget]
    package var day: CivilDate
    package var windows: Windows
    /// The most the call can cost.
    package var bound: USD

    package init(scopes: [Scope], budgets: [Budget], day: CivilDate, bound: USD) {
        precondition(bound >= .zero, "a bound is never negative")
        self.scopes = scopes
        self.budgets = budgets
        self.day = day
        windows = Windows(holding: day)
        self.bound = bound
    }
}

/// How a claim fared.
package enum ClaimOutcome: Hashable, Sendable {
    case held
    /// The day has changed since the claim was made: make it anew.
    case outdated
    /// Calls in flight hold more than anybody could owe.
    case full
    /// It fits when calls in flight are settled for less than they hold.
    case short(Budget, Book.Slot)
    /// It does not fit even without them.
    case exceeded(Budget, Book.Slot)
}

extension Book {
    /// What is spent and held in all, together, stays below this, so that sums cannot overflow.
    static let exposureMax = USD.dollars(9_000_000)

    /// Holds the bound in every budget, atomically, or changes nothing.
    ///
    /// Who comes after somebody who waits for the same scope is short too.
    package mutating func hold(_ claim: Claim, for attempt: ID<Attempt>) -> ClaimOutcome {
        hold(claim, for: attempt, isFirstInLine: false)
    }

    mutating func hold(
        _ claim: Claim, for attempt: ID<Attempt>, isFirstInLine: Bool
    ) -> ClaimOutcome {
        precondition(holds[attempt] == nil, "an attempt holds once")
        precondition(claim.bound <= USD.callCostMax, "a bound is plausible")
        if let newestDay, newestDay > claim.day { return .outdated }
        if newestDay != claim.day {
            newestDay = claim.day
            line.stirAll()
        }
        let everything = slot(.organisation, .total, claim.windows)
        guard everything.spent + everything.held + claim.bound <= Book.exposureMax else {
            return .full
        }
        var short: ClaimOutcome?
        // Of several that are exceeded the tightest is named: more of another would not help.
        var exceeded: (budget: Budget, slot: Slot)?
        var reader = SlotReader(claim.windows)
        for budget in claim.budgets {
            let slot = reader.slot(budget.scope, budget.period, in: accounts)
            if slot.spent + claim.bound > budget.limit {
                let left = budget.limit - slot.spent
                if let exceeded, exceeded.budget.limit - exceeded.slot.spent <= left { continue }
                exceeded = (budget, slot)
                continue
            }
            let isBehind = !isFirstInLine && line.isWaited(for: budget.scope)
            if short == nil, isBehind || slot.spent + slot.held + claim.bound > budget.limit {
                short = .short(budget, slot)
            }
        }
        if let exceeded { return .exceeded(exceeded.budget, exceeded.slot) }
        if let short { return short }
        place(claim.bound, in: claim.scopes, claim.windows, for: attempt)
        return .held
    }

    /// Books `cost` in the windows of the hold and gives the hold back; a second time is nothing.
    package mutating func settle(_ attempt: ID<Attempt>, cost: USD) {
        guard let hold = holds.removeValue(forKey: attempt) else { return }
        for scope in hold.scopes {
            change(scope, hold.windows) { slot in
                slot.held -= hold.amount
                slot.spent += cost
            }
        }
        line.stir(hold.scopes)
    }

    /// Gives the hold back: nothing was billed.
    package mutating func release(_ attempt: ID<Attempt>) {
        settle(attempt, cost: .zero)
    }

    /// Books the whole hold as spent: the outcome is not known.
    package mutating func keep(_ attempt: ID<Attempt>) {
        guard let hold = holds[attempt] else { return }
        settle(attempt, cost: hold.amount)
    }

    /// Adds late truth to what is spent, in the windows the attempt was held in.
    package mutating func correct(by delta: USD, in scopes: [Scope], _ windows: Windows) {
        for scope in scopes { change(scope, windows) { $0.spent += delta } }
        line.stir(scopes)
    }

    /// Loads what the store has for a scope's window; older windows than known are ignored.
    ///
    /// Money spent on a day makes it a day that has been: the clock may have been set back while
    /// nobody served.
    package mutating func load(_ spent: USD, scope: Scope, period: Period, window: Window) {
        if period == .daily {
            newestDay = day(notBefore: CivilDate(daysSinceEpoch: Int(window.firstDay)))
        }
        guard accounts[scope, default: Account()][period].window <= window else { return }
        accounts[scope, default: Account()][period] = Slot(window: window, spent: spent)
    }

    /// Holds what a call holds that was admitted by somebody else, whatever the budgets say.
    package mutating func restore(_ attempt: Attempt) {
        guard holds[attempt.id] == nil else { return }
        newestDay = day(notBefore: attempt.day)
        place(attempt.bound, in: attempt.scopes, attempt.windows, for: attempt.id)
    }

    /// The slot of a scope in the present window of a period, empty if nothing happened in it.
    package func balance(_ scope: Scope, _ period: Period, at windows: Windows) -> Slot {
        slot(scope, period, windows)
    }

    /// The least that any of the budgets has left, counting holds; `nil` without budgets.
    package func headroom(in budgets: [Budget], at windows: Windows) -> USD? {
        least(of: budgets, at: windows) { $0.limit - $1.spent - $1.held }
    }

    /// The least that any of the budgets has left when calls in flight are not counted.
    package func headroomAfterFlight(in budgets: [Budget], at windows: Windows) -> USD? {
        least(of: budgets, at: windows) { $0.limit - $1.spent }
    }

    private func least(
        of budgets: [Budget], at windows: Windows, _ left: (Budget, Slot) -> USD
    ) -> USD? {
        var reader = SlotReader(windows)
        var result: USD?
        for budget in budgets {
            let left = left(budget, reader.slot(budget.scope, budget.period, in: accounts))
            result = min(result ?? left, left)
        }
        return result
    }
}

/// Reads slots in the windows of one day; budgets of one scope come one after the other, so that
/// each account is looked up once. It does not own the accounts: a second owner would make the
/// next change copy them all.
private struct SlotReader {
    let windows: Windows
    private var scope: Scope?
    private var account: Book.Account?

    init(_ windows: Windows) {
        self.windows = windows
    }

    mutating func slot(
        _ scope: Scope, _ period: Period, in accounts: borrowing [Scope: Book.Account]
    ) -> Book.Slot {
        if self.scope != scope {
            self.scope = scope
            account = accounts[scope]
        }
        return Book.slot(account, period, windows[period])
    }
}

extension Book {
    private mutating func place(
        _ amount: USD, in scopes: [Scope], _ windows: Windows, for attempt: ID<Attempt>
    ) {
        holds[attempt] = Hold(scopes: scopes, windows: windows, amount: amount)
        for scope in scopes { change(scope, windows) { $0.held += amount } }
    }

    private func slot(_ scope: Scope, _ period: Period, _ windows: Windows) -> Slot {
        Book.slot(accounts[scope], period, windows[period])
    }

    /// The account's slot if it is of that window or a newer one, else an empty one.
    static func slot(_ account: Account?, _ period: Period, _ window: Window) -> Slot {
        guard let slot = account?[period], slot.window >= window else {
            return Slot(window: window)
        }
        return slot
    }

    /// Changes the slots of a scope in those windows. A window that has ended is only in the
    /// store; a new one begins empty.
    private mutating func change(
        _ scope: Scope, _ windows: Windows, _ body: (inout Slot) -> Void
    ) {
        accounts[scope, default: Account()].change(windows, body)
    }
}

extension Book.Account {
    fileprivate mutating func change(_ windows: Windows, _ body: (inout Book.Slot) -> Void) {
        Book.Account.change(&daily, windows.day, body)
        Book.Account.change(&weekly, windows.week, body)
        Book.Account.change(&monthly, windows.month, body)
        Book.Account.change(&total, windows[.total], body)
    }

    private static func change(
        _ slot: inout Book.Slot, _ window: Window, _ body: (inout Book.Slot) -> Void
    ) {
        if slot.window < window { slot = Book.Slot(window: window) }
        guard slot.window == window else { return }
        body(&slot)
        assert(slot.held >= .zero, "a hold is given back once")
    }
}
