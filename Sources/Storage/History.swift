package import Purser

/// What the ledger can be asked.
///
/// Reads see everything committed before they began. Calls block.
package protocol History: Sendable {
    /// What each scope has spent in every window that ends on or after those given.
    func balances(from windows: Windows) throws(StorageFailure) -> [SpendRow]

    /// Attempts without an entry, oldest first: what a crash left open, or what is in flight.
    func openAttempts() throws(StorageFailure) -> [OpenAttempt]

    /// Kept attempts whose generation is known and whose truth has not arrived.
    func unresolvedAttempts() throws(StorageFailure) -> [(attempt: Attempt, entry: Entry)]

    /// The highest attempt id ever used; 0 if none was.
    func lastAttempt() throws(StorageFailure) -> ID<Attempt>

    /// Sums of the daily roll-up over days, both ends included, one row per value of `axis`.
    func usage(
        by axis: ReportAxis, from: CivilDate, to: CivilDate
    ) throws(StorageFailure) -> [UsageRow]

    /// Every attempt with its entries, oldest first, one call of `visit` each; stops when it
    /// throws.
    func calls(_ visit: (RecordedCall) throws -> Void) throws

    /// The sum of all entries.
    func total() throws(StorageFailure) -> USD

    /// Recomputes everything from attempts and entries alone and reports what disagrees, one
    /// call of `report` each; stops when it throws.
    func audit(
        progress: (AuditProgress) -> Void, report: (Finding) throws -> Void
    ) throws -> Audit
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
    }
}
