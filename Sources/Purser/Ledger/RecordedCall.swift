/// An attempt with everything that was entered about it: a line of the ledger's export.
package struct RecordedCall: Sendable {
    package enum State: String, Sendable { case held, settled, released, kept }

    package var attempt: Attempt
    package var member: String
    /// `nil` for a member of no team.
    package var team: String?
    package var keyHash: String
    /// In the order they were written; empty while the attempt is open.
    package var entries: [Entry]

    package init(
        attempt: Attempt, member: String, team: String?, keyHash: String, entries: [Entry] = []
    ) {
        self.attempt = attempt
        self.member = member
        self.team = team
        self.keyHash = keyHash
        self.entries = entries
    }

    /// A kept call whose truth has arrived is settled.
    package var state: State {
        switch entries.last?.kind {
        case nil: .held
        case .settled, .correction: .settled
        case .released: .released
        case .kept: .kept
        }
    }

    /// What it cost, corrections included; zero while it is open.
    package var cost: USD { entries.reduce(.zero) { $0 + $1.amount } }

    /// Where the newest amount came from; `nil` while it is open.
    package var source: Entry.Source? { entries.last?.source }

    /// When the newest entry was written; `nil` while it is open.
    package var settledAt: Timestamp? { entries.last?.at }

    package var tokens: TokenCounts { entries.reduce(TokenCounts()) { $0 + $1.tokens } }

    package var generationID: String? { entries.lazy.compactMap(\.generationID).last }

    package var upstreamStatus: Int? { entries.lazy.compactMap(\.upstreamStatus).last }

    /// What calls like it may cost at most, while it is open.
    package var held: USD { entries.isEmpty ? attempt.bound : .zero }
}
