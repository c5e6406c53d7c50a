import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    package func openAttempts() throws(StorageFailure) -> [OpenAttempt] {
        try read(history) { db in
            try Row.fetchAll(db, sql: Self.openAttemptsSQL).map { row in
                OpenAttempt(try Attempt(row), generationID: row["generation_id"])
            }
        }
    }

    /// `CROSS JOIN` is SQLite's way to fix the order: the few open ones first, never the journal.
    static let openAttemptsSQL = """
        SELECT attempt.*, attempt.id AS attempt_id, attempt.at_ms AS attempt_at_ms,
            open_attempt.generation_id
        FROM open_attempt CROSS JOIN attempt ON attempt.id = open_attempt.attempt_id
        ORDER BY open_attempt.attempt_id
        """

    package func unresolvedAttempts() throws(StorageFailure) -> [(attempt: Attempt, entry: Entry)] {
        try read(history) { db in
            try Row.fetchAll(db, sql: Self.unresolvedAttemptsSQL)
                .map { (try Attempt($0), try Entry($0)) }
        }
    }

    static let unresolvedAttemptsSQL = """
        SELECT attempt.*, entry.*, attempt.at_ms AS attempt_at_ms, entry.at_ms AS entry_at_ms
        FROM unresolved_attempt AS unresolved
        CROSS JOIN attempt ON attempt.id = unresolved.attempt_id
        CROSS JOIN entry ON entry.attempt_id = unresolved.attempt_id AND entry.sequence = 0
        ORDER BY unresolved.attempt_id
        """

    package func lastAttempt() throws(StorageFailure) -> ID<Attempt> {
        try read(history) { db in
            ID(try Int64.fetchOne(db, sql: "SELECT max(id) FROM attempt") ?? 0)
        }
    }

    /// The connection is busy while `visit` runs: it must not ask the history for anything else.
    package func calls(
        on days: ClosedRange<CivilDate>?, _ visit: (RecordedCall) throws -> Void
    ) throws {
        // What `visit` throws belongs to the caller and is passed on as it is.
        var refusal: (any Error)?
        try read(history) { db in
            let cursor = try Row.fetchCursor(
                db, sql: Self.callsSQL,
                arguments: [
                    days?.lowerBound.daysSinceEpoch ?? Int.min,
                    days?.upperBound.daysSinceEpoch ?? Int.max,
                ])
            var call: RecordedCall?
            func finish() {
                guard let call, refusal == nil else { return }
                do { try visit(call) } catch { refusal = error }
            }
            while refusal == nil, let row = try cursor.next() {
                let attempt = try Attempt(row)
                if call?.attempt.id != attempt.id {
                    finish()
                    call = RecordedCall(
                        attempt: attempt, member: row["member_name"], team: row["team_name"],
                        keyHash: try row.digest("key_digest").hex)
                }
                if row.hasEntry { call?.entries.append(try Entry(row)) }
            }
            finish()
        }
        if let refusal { throw refusal }
    }

    /// One row an entry, and one for each attempt without any.
    private static let callsSQL = """
        SELECT attempt.*, entry.sequence, entry.kind, entry.amount_picousd, entry.literal,
            entry.source,
            entry.generation_id, entry.prompt_tokens, entry.completion_tokens,
            entry.cached_tokens, entry.reasoning_tokens, entry.upstream_status,
            attempt.id AS attempt_id, attempt.at_ms AS attempt_at_ms,
            entry.at_ms AS entry_at_ms, member.name AS member_name, team.name AS team_name,
            key.digest AS key_digest
        FROM attempt
        JOIN member ON member.id = attempt.member_id
        JOIN key ON key.id = attempt.key_id
        LEFT JOIN team ON team.id = attempt.team_id
        LEFT JOIN entry ON entry.attempt_id = attempt.id
        WHERE attempt.day BETWEEN ? AND ?
        ORDER BY attempt.id, entry.sequence
        """

    package func total() throws(StorageFailure) -> USD {
        try read(history) { db in
            USD(
                picodollars: try Int64.fetchOne(db, sql: "SELECT sum(amount_picousd) FROM entry")
                    ?? 0)
        }
    }
}
