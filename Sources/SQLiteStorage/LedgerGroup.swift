import GRDB
import Purser
import Storage

/// One transaction of the ledger: takes the writes in order, then writes their roll-ups.
struct LedgerGroup {
    private let db: Database
    private let statements: LedgerStatements
    /// The directory's revision, which cannot change while this transaction holds the lock.
    private let revision: Int64
    private var rollUps = RollUps()

    init(_ db: Database, _ statements: LedgerStatements) throws {
        self.db = db
        self.statements = statements
        guard let revision = try statements.revision.number() else {
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
        for (line, sums) in rollUps.usage { try add(sums, to: line) }
        for (month, sum) in rollUps.spend { try add(sum, to: month) }
    }
}

extension LedgerGroup {
    private func insert(_ attempt: Attempt) throws {
        let statement = statements.attempt
        try statement.bind(attempt.id.rawValue, at: 1)
        try statement.bind(attempt.requestID, at: 2)
        try statement.bind(attempt.at.milliseconds, at: 3)
        try statement.bind(Int64(attempt.day.daysSinceEpoch), at: 4)
        try statement.bind(attempt.key.rawValue, at: 5)
        try statement.bind(attempt.member.rawValue, at: 6)
        try statement.bind(attempt.team?.rawValue, at: 7)
        try statement.bind(attempt.endpoint, at: 8)
        try statement.bind(attempt.requestedModel, at: 9)
        try statement.bind(attempt.model, at: 10)
        try statement.bind(attempt.app, at: 11)
        try statement.bind(attempt.isStreamed ? 1 : 0 as Int64, at: 12)
        try statement.bind(attempt.bound.picodollars, at: 13)
        try statement.bind(attempt.alias, at: 14)
        try statement.bind(attempt.shadowedText, at: 15)
        if try !statement.change() { try requireSame(attempt) }
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
        guard try row.map(Attempt.init) == attempt else {
            throw StorageFailure(
                .alreadyExists, "another call has the attempt's id \(attempt.id.rawValue)")
        }
    }

    private func note(generation id: String, of attempt: ID<Attempt>) throws {
        try statements.generation.bind(id, at: 1)
        try statements.generation.bind(attempt.rawValue, at: 2)
        try statements.generation.run()
    }

    /// Returns `false` for an entry that is there already: nothing was written.
    private func insert(_ entry: Entry) throws -> Bool {
        let statement = statements.entry
        try statement.bind(entry.attempt.rawValue, at: 1)
        try statement.bind(entry.sequence, at: 2)
        try statement.bind(entry.at.milliseconds, at: 3)
        try statement.bind(entry.kind.rawValue, at: 4)
        try statement.bind(entry.amount.picodollars, at: 5)
        try statement.bind(entry.literal, at: 6)
        try statement.bind(entry.source.rawValue, at: 7)
        try statement.bind(entry.generationID, at: 8)
        try statement.bind(entry.tokens.prompt, at: 9)
        try statement.bind(entry.tokens.completion, at: 10)
        try statement.bind(entry.tokens.cached, at: 11)
        try statement.bind(entry.tokens.reasoning, at: 12)
        try statement.bind(entry.upstreamStatus.map(Int64.init), at: 13)
        return try statement.change()
    }

    private func add(_ sums: RollUps.Sums, to line: RollUps.Line) throws {
        func bind(_ statement: PreparedWrite) throws -> PreparedWrite {
            try statement.bind(Int64(line.day.daysSinceEpoch), at: 1)
            try statement.bind(line.member.rawValue, at: 2)
            try statement.bind(line.team?.rawValue ?? 0 as Int64, at: 3)
            try statement.bind(line.key.rawValue, at: 4)
            try statement.bind(line.model, at: 5)
            try statement.bind(sums.requests, at: 6)
            try statement.bind(try stored(sums.promptTokens), at: 7)
            try statement.bind(try stored(sums.completionTokens), at: 8)
            try statement.bind(try stored(sums.cost), at: 9)
            try statement.bind(sums.refused, at: 10)
            try statement.bind(sums.downgraded, at: 11)
            try statement.bind(sums.shadowed, at: 12)
            return statement
        }
        if try bind(statements.usageMore).change() { return }
        try bind(statements.usageNew).run()
    }

    private func add(_ sum: Int128, to month: RollUps.Month) throws {
        func bind(_ statement: PreparedWrite) throws -> PreparedWrite {
            try statement.bind(Int64(month.firstDay), at: 1)
            try statement.bind(month.member.rawValue, at: 2)
            try statement.bind(month.team?.rawValue ?? 0 as Int64, at: 3)
            try statement.bind(month.key.rawValue, at: 4)
            try statement.bind(try stored(sum), at: 5)
            return statement
        }
        if try bind(statements.monthMore).change() { return }
        try bind(statements.monthNew).run()
    }

    private func stored(_ sum: Int128) throws -> Int64 {
        guard let value = Int64(exactly: sum) else {
            throw StorageFailure(.invalid, "a sum is beyond what the database can hold")
        }
        return value
    }
}
