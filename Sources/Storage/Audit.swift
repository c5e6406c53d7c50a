/// What came of comparing the books with the journal; see ``History/audit(progress:report:)``.
package struct Audit: Hashable, Sendable {
    package var attempts: Int64 = 0
    package var entries: Int64 = 0
    /// Rows of sums that follow from the entries, each compared in every column.
    package var balances: Int64 = 0
    /// Attempts that cost more than was held for them: no fault of the books, which say what was
    /// billed, but of the bound.
    package var aboveBound: Int64 = 0
    /// How often something disagreed; none means that all agrees.
    package var findings: Int64 = 0

    package init() {}
}

/// One place where the store disagrees with its own journal, or breaks a rule.
package struct Finding: Hashable, Sendable {
    package enum Check: String, CaseIterable, Sendable {
        /// The file's own structure, and the schema's rules.
        case integrity
        /// Something refers to what is not there.
        case reference
        /// An entry that cannot be: without its attempt or outcome, or of an impossible amount.
        case entry
        /// An amount that is not what the provider's digits beside it say, or not what was held.
        case amount
        /// An attempt listed as open that is not, or the other way round.
        case open
        /// A kept attempt listed as waiting for the truth that is not, or the other way round.
        case unresolved
        /// What is summed up by day.
        case usage
        /// What is summed up by month.
        case spend
    }

    package var check: Check
    /// What it is about, for a person: names no secret.
    package var place: String
    /// What follows from attempts and entries alone; empty if nothing should be there.
    package var expected: String
    /// What the store says; empty if it says nothing.
    package var found: String

    package init(_ check: Check, _ place: String, expected: String, found: String) {
        self.check = check
        self.place = place
        self.expected = expected
        self.found = found
    }
}

/// How far an audit has come.
package struct AuditProgress: Hashable, Sendable {
    /// What is being read: a few words.
    package var step: String
    package var done: Int64
    package var total: Int64

    package init(_ step: String, done: Int64, total: Int64) {
        self.step = step
        self.done = done
        self.total = total
    }
}
