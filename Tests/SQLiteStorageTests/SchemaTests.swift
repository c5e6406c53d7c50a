import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Testing

@Suite struct SchemaTests {
    @Test func `every commit is synced, on every connection`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let ledger = try SQLiteLedger.open(path: workspace.path, onStale: {})
            defer { ledger.close() }
            for connection in [store.directory, store.history, ledger.connection] {
                #expect(try number(connection, "PRAGMA synchronous") == 2)
                #expect(try number(connection, "PRAGMA foreign_keys") == 1)
                #expect(try number(connection, "PRAGMA busy_timeout") == 5_000)
                let mode = try connection.read {
                    try String.fetchOne($0, sql: "PRAGMA journal_mode")
                }
                #expect(mode == "wal")
            }
        }
    }

    @Test(arguments: [
        "UPDATE attempt SET bound_picousd = 0", "DELETE FROM attempt",
        "UPDATE entry SET amount_picousd = 0", "DELETE FROM entry",
    ])
    func `attempts and entries are never edited and never deleted`(sql: String) async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                await office.begin(office.attempt(1))
                await office.end(office.attempt(1), office.attempt(1).settled(.pico(5)))
                let code = resultCode(engine.sqlite.connection, sql)
                #expect(code == .SQLITE_CONSTRAINT_TRIGGER)
                #expect(try engine.history.total() == .pico(5))
            }
        }
    }

    // attempt_id, sequence, at_ms, kind, amount_picousd, source, prompt_tokens,
    // completion_tokens, and the two other counts
    @Test(arguments: [
        // A cost below zero that is no correction, and a released call that cost something.
        "(1, 0, 1, 'settled', -1, 'upstream', 0, 0, 0, 0)",
        "(1, 0, 1, 'released', 1, 'none', 0, 0, 0, 0)",
        "(1, 0, 1, 'refunded', 1, 'none', 0, 0, 0, 0)",
        "(1, 0, 1, 'settled', 1, 'guess', 0, 0, 0, 0)",
        "(1, 0, 1, 'settled', 1, 'upstream', -1, 0, 0, 0)",
        "(1, 0, 1, 'settled', 1, 'upstream', 0, -1, 0, 0)",
        "(1, 0, NULL, 'settled', 1, 'upstream', 0, 0, 0, 0)",
        "(1, 0, 1, 'settled', 1.5, 'upstream', 0, 0, 0, 0)",
        "(2, 0, 1, 'settled', 1, 'upstream', 0, 0, 0, 0)",
    ])
    func `the schema itself refuses an entry that breaks a rule`(values: String) async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                await office.begin(office.attempt(1))
                let code = resultCode(
                    engine.sqlite.connection,
                    "\(insertEntry) \(values)")
                #expect(code?.primaryResultCode == .SQLITE_CONSTRAINT)
                #expect(try engine.history.openAttempts().count == 1)
            }
        }
    }

    @Test func `the schema itself refuses a second outcome`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                await office.begin(office.attempt(1))
                await office.end(office.attempt(1), office.attempt(1).released)
                let code = resultCode(
                    engine.sqlite.connection,
                    "\(insertEntry) (1, 0, 1, 'settled', 1, 'upstream', 0, 0, 0, 0)")
                #expect(code == .SQLITE_CONSTRAINT_PRIMARYKEY)
            }
        }
    }

    /// SQLite makes one for a list behind IN, at each insert: half the cost of an entry.
    @Test func `no check of the journal makes a table in memory`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                try engine.sqlite.connection.write { db in
                    for (sql, count) in [
                        (LedgerStatements.attemptSQL, 15), (LedgerStatements.entrySQL, 13),
                    ] {
                        let nothing = Array(repeating: nil as Int64?, count: count)
                        let steps = try Row.fetchAll(
                            db, sql: "EXPLAIN \(sql)", arguments: StatementArguments(nothing)
                        ).map { $0["opcode"] as String }
                        #expect(steps.contains("Insert"))
                        #expect(!steps.contains("OpenEphemeral"))
                    }
                }
            }
        }
    }

    @Test func `the highest limit of the schema is that of the code`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let insert = """
                INSERT INTO budget (scope_kind, scope_id, period, limit_picousd) VALUES (1, 0, 1,
                """
            let max = Budget.limitMax.picodollars
            #expect(
                resultCode(store.directory, "\(insert) \(max + 1))") == .SQLITE_CONSTRAINT_CHECK)
            #expect(resultCode(store.directory, "\(insert) -1)") == .SQLITE_CONSTRAINT_CHECK)
            #expect(resultCode(store.directory, "\(insert) \(max))") == nil)
        }
    }

    @Test func `there is one organisation`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let code = resultCode(
                store.directory,
                "INSERT INTO organisation (id, revision, time_zone) VALUES (2, 0, 'UTC')")
            #expect(code == .SQLITE_CONSTRAINT_CHECK)
        }
    }

    @Test func `finding what is open does not read the journal`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let open = try plan(store.history, SQLiteStore.openAttemptsSQL)
            #expect(open.count == 2)
            #expect(open.first == "SCAN open_attempt")
            #expect(open.last?.hasPrefix("SEARCH attempt") == true)
            let unresolved = try plan(store.history, SQLiteStore.unresolvedAttemptsSQL)
            #expect(unresolved.count == 3)
            #expect(unresolved.first == "SCAN unresolved")
            #expect(unresolved.dropFirst().allSatisfy { $0.hasPrefix("SEARCH") })
        }
    }
}

/// How SQLite goes about a question, step by step.
private func plan(_ connection: DatabaseQueue, _ sql: String) throws -> [String] {
    try connection.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] }
    }
}

private let insertEntry = """
    INSERT INTO entry
        (attempt_id, sequence, at_ms, kind, amount_picousd, source, prompt_tokens,
        completion_tokens, cached_tokens, reasoning_tokens)
    VALUES
    """

/// The extended code that running `sql` fails with; `nil` if it succeeds.
private func resultCode(_ connection: DatabaseQueue, _ sql: String) -> ResultCode? {
    do {
        try connection.write { try $0.execute(sql: sql) }
        return nil
    } catch {
        return (error as? DatabaseError)?.extendedResultCode
    }
}
