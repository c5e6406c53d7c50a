package import Purser

/// What the ledger can be asked.
///
/// Each method is one read of one instant: it sees every group that was on disk before it began,
/// as a whole, and nothing that came later. None changes anything, so each may be repeated. All
/// block until they have read, so never call them on an event loop; none makes the ledger wait.
/// They throw `unavailable` if the store cannot be read.
package protocol History: Sendable {
    /// What each scope has spent in every window that begins on or after the first days of those
    /// given, and in all.
    ///
    /// The sum of all entries of attempts that count in the scope and the window; no row where
    /// there is none. Costs as many rows as there are scopes and months, not calls.
    func balances(from windows: Windows) throws(StorageFailure) -> [SpendRow]

    /// Attempts without an entry, oldest first: what a crash left open, or what is in flight.
    ///
    /// Costs as much as there are of them, whatever the length of the journal.
    func openAttempts() throws(StorageFailure) -> [OpenAttempt]

    /// Kept attempts whose generation is known and whose truth has not arrived, oldest first: no
    /// correction was written yet. Costs as much as there are of them.
    func unresolvedAttempts() throws(StorageFailure) -> [(attempt: Attempt, entry: Entry)]

    /// The highest attempt id ever used; 0 if none was. The next gateway counts on from there.
    func lastAttempt() throws(StorageFailure) -> ID<Attempt>

    /// Sums of the daily roll-up over days, both ends included, one row per value of `axis`.
    ///
    /// Released calls are in none of them; refused calls count as refused and nothing else.
    func usage(
        by axis: ReportAxis, from: CivilDate, to: CivilDate
    ) throws(StorageFailure) -> [UsageRow]

    /// Every attempt of those days with its entries, oldest first, one call of `visit` each, as
    /// they are read; stops when it throws and passes its error on. `visit` must not ask this
    /// store again. Memory does not grow with the number of calls; `nil` is every day.
    func calls(
        on days: ClosedRange<CivilDate>?, _ visit: (RecordedCall) throws -> Void
    ) throws

    /// The sum of all entries.
    func total() throws(StorageFailure) -> USD

    /// Recomputes everything from attempts and entries alone and reports what disagrees, one
    /// call of `report` each; stops when it throws and passes its error on.
    ///
    /// One instant, however long it takes, while others write; memory grows with the number of
    /// sums and not with the journal. `progress` is called now and then. The first call of it
    /// comes when the instant is settled.
    func audit(
        progress: (AuditProgress) -> Void, report: (Finding) throws -> Void
    ) throws -> Audit
}

extension History {
    /// Every attempt there is, as ``calls(on:_:)`` has those of some days.
    package func calls(_ visit: (RecordedCall) throws -> Void) throws {
        try calls(on: nil, visit)
    }
}

package struct SpendRow: Hashable, Sendable {
    package var scope: Scope
    package var period: Period
    package var window: Window
    package var spent: USD

    package init(scope: Scope, period: Period, window: Window, spent: USD) {
        self.scope = scope
        self.period = period
        self.window = window
        self.spent = spent
    }
}

/// What a report is broken down by.
package enum ReportAxis: String, CaseIterable, Sendable {
    case member, team, model, day, week, key
}

/// One line of a report.
package struct UsageRow: Hashable, Sendable {
    /// A name, a model's id or a date.
    package var name: String
    /// What tells keys of one name apart; `nil` on every other axis.
    package var keyHash: String?
    package var requests: Int64 = 0
    package var promptTokens: Int64 = 0
    package var completionTokens: Int64 = 0
    package var cost: USD = .zero
    package var refused: Int64 = 0
    package var downgraded: Int64 = 0
    /// Requests that a rule in shadow would have refused or changed.
    package var shadowed: Int64 = 0

    package init(name: String, keyHash: String? = nil) {
        self.name = name
        self.keyHash = keyHash
    }

    /// Adds another line's numbers to this one.
    package mutating func add(_ other: UsageRow) {
        requests += other.requests
        promptTokens += other.promptTokens
        completionTokens += other.completionTokens
        cost += other.cost
        refused += other.refused
        downgraded += other.downgraded
        shadowed += other.shadowed
    }
}
