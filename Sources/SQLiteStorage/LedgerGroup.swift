import GRDB
import Purser
import Storage

/// One transaction of the ledger: takes the writes in order, then writes their roll-ups.
struct LedgerGroup {
    private let db: Database
    /// The directory's revision, which cannot change while this transaction holds the lock.
    private let revision: Int64
    private var rollUps = RollUps()

    init(_ db: Database) throws {
        self.db = db
        let statement = try db.cachedStatement(sql: "SELECT revision FROM organisation")
        guard let revision = try Int64.fetchOne(statement) else {
            throw StorageFailure(.unavailable, "the database has lost its organisation")
        }
        self.revision = revision
    }

    mutating func apply(_ write: LedgerWrite) throws -> LedgerReceipt {
        switch write {
        case .attempt(let attempt, let revision):
            guard revision == self.revision else { return .stale }
            try insert(attempt)
        case .entry(let entry, let attempt):
            if try insert(entry) { rollUps.count(entry, of: attempt) }
        case .generation(let id, let attempt):
            try note(generation: id, of: attempt)
        case .refusal(let call):
            rollUps.count(call)
        case .confirm(let revision):
            guard revision == self.revision else { return .stale }
        }
        return .written
    }

    /// Writes the sums, once per row of a roll-up however many writes touched it.
    func finish() throws {
        try writeSpend()
        try writeUsage()
    }
}

extension LedgerGroup {
    private func insert(_ attempt: Attempt) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO attempt
                    (id, request_id, at_ms, day, key_id, member_id, team_id, endpoint,
                    requested_model, model, app, is_streamed, bound_picousd)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """)
        try statement.execute(arguments: [
            attempt.id.rawValue, attempt.requestID, attempt.at.milliseconds,
            attempt.day.daysSinceEpoch, attempt.key.rawValue, attempt.member.rawValue,
            attempt.team?.rawValue, attempt.endpoint, attempt.requestedModel, attempt.model,
            attempt.app, attempt.isStreamed, attempt.bound.picodollars,
        ])
        if db.changesCount == 0 { try requireSame(attempt) }
    }

    /// An id that is taken is a repetition only if it is the same call; else money of one call
    /// would be booked as another's.
    private func requireSame(_ attempt: Attempt) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT attempt.*, id AS attempt_id, at_ms AS attempt_at_ms
                FROM attempt WHERE id = ?
                """)
        let row = try Row.fetchOne(statement, arguments: [attempt.id.rawValue])
        guard row.map(Attempt.init) == attempt else {
            throw StorageFailure(
                .alreadyExists, "another call has the attempt's id \(attempt.id.rawValue)")
        }
    }

    private func note(generation id: String, of attempt: ID<Attempt>) throws {
        try db.cachedStatement(
            sql: "UPDATE open_attempt SET generation_id = ? WHERE attempt_id = ?"
        ).execute(arguments: [id, attempt.rawValue])
    }

    /// Returns `false` for an entry that is there already: nothing was written.
    private func insert(_ entry: Entry) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO entry
                    (attempt_id, sequence, at_ms, kind, amount_picousd, literal, source,
                    generation_id,
                    prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
                    upstream_status)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (attempt_id, sequence) DO NOTHING
                """)
        try statement.execute(arguments: [
            entry.attempt.rawValue, entry.sequence, entry.at.milliseconds, entry.kind.rawValue,
            entry.amount.picodollars, entry.literal, entry.source.rawValue, entry.generationID,
            entry.tokens.prompt, entry.tokens.completion, entry.tokens.cached,
            entry.tokens.reasoning, entry.upstreamStatus,
        ])
        return db.changesCount == 1
    }

    private func writeSpend() throws {
        for (slot, sum) in rollUps.spend {
            let spent = try stored(sum)
            let windows = Windows(holding: slot.day)
            for period in Period.allCases {
                try add(
                    [
                        spent, slot.scope.kind, slot.scope.rawID, Int64(period.rawValue),
                        windows[period].firstDay,
                    ],
                    update: """
                        UPDATE spend SET spent_picousd = spent_picousd + ?1
                        WHERE scope_kind = ?2 AND scope_id = ?3 AND period = ?4
                            AND window_first_day = ?5
                        """,
                    insert: """
                        INSERT INTO spend
                            (spent_picousd, scope_kind, scope_id, period, window_first_day)
                        VALUES (?1, ?2, ?3, ?4, ?5)
                        """)
            }
        }
    }

    private func writeUsage() throws {
        for (line, sums) in rollUps.usage {
            try add(
                [
                    sums.requests, try stored(sums.promptTokens),
                    try stored(sums.completionTokens), try stored(sums.cost), sums.refused,
                    sums.downgraded, line.day.daysSinceEpoch, line.member.rawValue,
                    line.team?.rawValue ?? 0, line.key.rawValue, line.model,
                ],
                update: """
                    UPDATE usage_day SET
                        requests = requests + ?1, prompt_tokens = prompt_tokens + ?2,
                        completion_tokens = completion_tokens + ?3,
                        cost_picousd = cost_picousd + ?4, refused = refused + ?5,
                        downgraded = downgraded + ?6
                    WHERE day = ?7 AND member_id = ?8 AND team_id = ?9 AND key_id = ?10
                        AND model = ?11
                    """,
                insert: """
                    INSERT INTO usage_day
                        (requests, prompt_tokens, completion_tokens, cost_picousd, refused,
                        downgraded, day, member_id, team_id, key_id, model)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                    """)
        }
    }

    /// Adds to a row of a roll-up, or makes it.
    ///
    /// Not `INSERT … ON CONFLICT DO UPDATE`: that checks the row it would insert before it looks
    /// for the conflict, and a correction alone is below zero.
    private func add(_ arguments: StatementArguments, update: String, insert: String) throws {
        try db.cachedStatement(sql: update).execute(arguments: arguments)
        if db.changesCount > 0 { return }
        try db.cachedStatement(sql: insert).execute(arguments: arguments)
    }

    private func stored(_ sum: Int128) throws -> Int64 {
        guard let value = Int64(exactly: sum) else {
            throw StorageFailure(.invalid, "a sum is beyond what the database can hold")
        }
        return value
    }
}
