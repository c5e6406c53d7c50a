import Dispatch
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Synchronization
import Testing

/// Each kind of row is corrupted by hand, behind the schema's back, and must be named.
@Suite struct AuditTests {
    @Test func `books that nobody touched agree`() async throws {
        let (audit, findings) = try await auditAfter("")
        #expect(findings.isEmpty)
        #expect(audit.findings == 0 && audit.aboveBound == 0)
        #expect(audit.attempts == 6 && audit.entries == 6)
        // Two days of alice's, one of bob's, and one with nothing but a refusal; a month each.
        #expect(audit.balances == 4 + 3)
    }

    @Test(
        arguments: [
            (
                "UPDATE usage_day SET requests = requests + 1 WHERE member_id = 2 AND requests > 0",
                "usage 2026-11-21, member bob, no team, key key 2, model openai/gpt-4o: requests 1→2"
            ),
            (
                "UPDATE usage_day SET prompt_tokens = 0, completion_tokens = 1 WHERE day = 20788",
                """
                usage 2026-12-01, member alice, team backend, key key 1, model openai/gpt-4o: \
                prompt_tokens 10→0
                usage 2026-12-01, member alice, team backend, key key 1, model openai/gpt-4o: \
                completion_tokens 5→1
                """
            ),
            (
                "UPDATE usage_day SET cost_picousd = cost_picousd - 1 WHERE day = 20788",
                """
                usage 2026-12-01, member alice, team backend, key key 1, model openai/gpt-4o: \
                cost 0.000000000008→0.000000000007
                """
            ),
            (
                "UPDATE usage_day SET downgraded = 1 WHERE member_id = 2 AND requests > 0",
                "usage 2026-11-21, member bob, no team, key key 2, model openai/gpt-4o: downgraded 0→1"
            ),
            (
                "UPDATE usage_day SET shadowed = 1 WHERE member_id = 2 AND requests > 0",
                "usage 2026-11-21, member bob, no team, key key 2, model openai/gpt-4o: shadowed 0→1"
            ),
            (
                "UPDATE attempt SET shadowed = 'price' WHERE day = 20788",
                """
                usage 2026-12-01, member alice, team backend, key key 1, model openai/gpt-4o: \
                shadowed 1→0
                """
            ),
            (
                "DELETE FROM usage_day WHERE day = 20788",
                """
                usage 2026-12-01, member alice, team backend, key key 1, model openai/gpt-4o: \
                cost 0.000000000008→
                """
            ),
            (
                "INSERT INTO usage_day VALUES (20000, 1, 0, 1, 'a/b', 0, 0, 0, 0, 0, 0, 0)",
                "usage 2024-10-04, member alice, no team, key key 1, model a/b: cost →0"
            ),
            (
                "UPDATE usage_day SET cost_picousd = 4 WHERE requests = 0",
                "usage 2026-11-21, member bob, no team, key key 2, model c/refused: cost 0→0.000000000004"
            ),
            ("UPDATE usage_day SET refused = 9 WHERE requests = 0", ""),
        ] as [(String, String)])
    func `a day's sum that is wrong, missing or too much is named`(
        corruption: String, expected: String
    ) async throws {
        let (_, findings) = try await auditAfter(corruption)
        #expect(findings == lines(expected))
    }

    @Test(
        arguments: [
            (
                "UPDATE spend_month SET spent_picousd = 1 WHERE month_first_day = 20788",
                """
                spend month of 2026-12-01, member alice, team backend, key key 1: \
                cost 0.000000000008→0.000000000001
                """
            ),
            (
                "DELETE FROM spend_month WHERE member_id = 2",
                "spend month of 2026-11-01, member bob, no team, key key 2: cost 0.000000000004→"
            ),
            (
                "INSERT INTO spend_month VALUES (20000, 9, 8, 7, 6)",
                "spend month of 2024-10-04, member number 9, team number 8, key number 7: "
                    + "cost →0.000000000006"
            ),
            (
                // Two wrongs that cancel out are two wrongs.
                """
                UPDATE spend_month SET spent_picousd = spent_picousd + 1
                WHERE month_first_day = 20788;
                UPDATE spend_month SET spent_picousd = spent_picousd - 1 WHERE member_id = 2;
                """,
                """
                spend month of 2026-11-01, member bob, no team, key key 2: \
                cost 0.000000000004→0.000000000003
                spend month of 2026-12-01, member alice, team backend, key key 1: \
                cost 0.000000000008→0.000000000009
                """
            ),
        ] as [(String, String)])
    func `a month's sum that is wrong, missing or too much is named`(
        corruption: String, expected: String
    ) async throws {
        let (_, findings) = try await auditAfter(corruption)
        #expect(findings.filter { !$0.hasPrefix("reference") } == lines(expected))
    }

    @Test(arguments: [
        ("DELETE FROM open_attempt", "open attempt 5 open→"),
        ("INSERT INTO open_attempt (attempt_id) VALUES (1)", "open attempt 1 →open"),
        ("INSERT INTO open_attempt (attempt_id) VALUES (99)", "open attempt 99 →open"),
        ("DELETE FROM unresolved_attempt", "unresolved attempt 3 unresolved→"),
        ("INSERT INTO unresolved_attempt VALUES (4)", "unresolved attempt 4 →unresolved"),
        ("INSERT INTO unresolved_attempt VALUES (99)", "unresolved attempt 99 →unresolved"),
    ])
    func `a list of what is to be done that is wrong is named`(
        corruption: String, expected: String
    ) async throws {
        let (_, findings) = try await auditAfter(corruption)
        #expect(findings == [expected])
    }

    @Test(arguments: [
        (
            "DELETE FROM attempt WHERE id = 6",
            "entry entry 0 of attempt 6 an attempt 6→"
        ),
        (
            "UPDATE entry SET amount_picousd = -1 WHERE attempt_id = 1",
            "entry entry 0 of attempt 1: amount 0 to 100000→-0.000000000001"
        ),
        (
            "UPDATE entry SET amount_picousd = 9223372036854775807 WHERE attempt_id = 1",
            "entry entry 0 of attempt 1: amount 0 to 100000→9223372.036854775807"
        ),
        (
            "UPDATE entry SET amount_picousd = 1 WHERE kind = 'released'",
            "entry entry 0 of attempt 2: amount 0→0.000000000001"
        ),
        (
            "UPDATE entry SET amount_picousd = -2000000000000 WHERE kind = 'correction'",
            "entry attempt 4: cost 0 or more→-1"
        ),
        (
            "UPDATE entry SET cached_tokens = -3 WHERE attempt_id = 1",
            "entry entry 0 of attempt 1: tokens none below 0→-3"
        ),
        (
            "UPDATE entry SET kind = 'correction' WHERE attempt_id = 1",
            "entry entry 0 of attempt 1 the outcome first, then corrections→correction"
        ),
        (
            "DELETE FROM entry WHERE attempt_id = 4 AND sequence = 0",
            "entry attempt 4 an outcome→corrections alone"
        ),
        ("DELETE FROM key WHERE id = 2", "reference attempt 6 a key→"),
        ("DELETE FROM member WHERE id = 2", "reference attempt 6 a member→"),
    ])
    func `an entry that cannot be, or refers to nothing, is named`(
        corruption: String, expected: String
    ) async throws {
        let (_, findings) = try await auditAfter(corruption)
        #expect(findings.contains(expected), "\(findings)")
    }

    @Test(
        arguments: [
            (
                "UPDATE entry SET amount_picousd = 9 WHERE attempt_id = 1",
                "entry 0 of attempt 1: amount 0.000000000008→0.000000000009"
            ),
            (
                "UPDATE entry SET literal = '7e-12' WHERE attempt_id = 1",
                "entry 0 of attempt 1: amount 0.000000000007→0.000000000008"
            ),
            (
                "UPDATE entry SET literal = '8 pico' WHERE attempt_id = 1",
                "entry 0 of attempt 1: digits a number→8 pico"
            ),
            (
                "UPDATE entry SET literal = '' WHERE attempt_id = 1",
                "entry 0 of attempt 1: digits a number→"
            ),
            (
                "UPDATE entry SET literal = '0' WHERE kind = 'released'; "
                    + "UPDATE entry SET literal = '8.5e-12' WHERE attempt_id = 1", ""
            ),
            (
                "UPDATE entry SET amount_picousd = -8 WHERE kind = 'correction'",
                "entry 1 of attempt 4: cost up to here 0.999999999993→0.999999999992"
            ),
            (
                // The difference is not what the digits say.
                "UPDATE entry SET literal = '-7e-12' WHERE kind = 'correction'",
                "entry 1 of attempt 4: cost up to here -0.000000000007→0.999999999993"
            ),
            (
                // A second correction, to what it was before; the first is none the worse.
                """
                INSERT INTO entry SELECT attempt_id, 2, at_ms, kind, 7, '0.9', source,
                    generation_id, 0, 0, 0, 0, NULL
                FROM entry WHERE kind = 'correction'
                """,
                "entry 2 of attempt 4: cost up to here 0.9→1"
            ),
            (
                """
                INSERT INTO entry SELECT attempt_id, 2, at_ms, kind, 7, '1', source,
                    generation_id, 0, 0, 0, 0, NULL
                FROM entry WHERE kind = 'correction'
                """, ""
            ),
            (
                "UPDATE entry SET amount_picousd = 9223372036854775807 WHERE attempt_id = 4",
                "entry 0 of attempt 4: amount 1→9223372.036854775807\n"
                    + "entry 1 of attempt 4: cost up to here "
                    + "0.999999999993→18446744.073709551614"
            ),
            (
                "UPDATE entry SET amount_picousd = amount_picousd - 1 WHERE attempt_id = 3",
                "entry 0 of attempt 3: amount 1→0.999999999999"
            ),
            (
                "UPDATE attempt SET bound_picousd = 999999999999 WHERE id = 3",
                "entry 0 of attempt 3: amount 0.999999999999→1"
            ),
        ] as [(String, String)])
    func `an amount that is not what the digits or the bound say is named`(
        corruption: String, expected: String
    ) async throws {
        let (_, findings) = try await auditAfter(corruption)
        let amounts = findings.filter { $0.hasPrefix("amount ") }.map { $0.dropFirst(7) }
        #expect(
            amounts.sorted() == lines(expected).map { $0[...] }.sorted(), "\(findings)")
    }

    @Test func `what breaks a rule of the schema is named by SQLite too`() async throws {
        let (_, findings) = try await auditAfter(
            "UPDATE spend_month SET spent_picousd = -1 WHERE member_id = 2")
        #expect(findings.first == "integrity the file ok→CHECK constraint failed in spend_month")
    }

    @Test func `a call above its bound is counted, and is no disagreement`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let attempts = (1...3).map { office.attempt($0) }
                await office.begin(attempts[0], attempts[1], attempts[2])
                await office.end(attempts[0], attempts[0].settled(attempts[0].bound))
                await office.end(attempts[1], attempts[1].settled(attempts[1].bound + .pico(1)))
                await office.end(
                    attempts[2], attempts[2].kept(), attempts[2].correction(.pico(1)))
                let audit = try engine.history.audit(progress: { _ in }, report: { _ in })
                #expect(audit.aboveBound == 2)
                #expect(audit.findings == 0)
            }
        }
    }

    @Test func `a gateway commits while an audit reads, and the audit sees none of it`()
        async throws
    {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                try await past(office)
                let ledger = engine.sqlite
                var written: [LedgerResult] = []
                let audit = try engine.history.audit(
                    progress: { _ in
                        // Once, when the snapshot is there.
                        guard written.isEmpty else { return }
                        let id: Int64 = 100
                        let attempt = office.attempt(id)
                        for write in [
                            LedgerWrite.attempt(attempt, revision: office.revision),
                            .entry(attempt.settled(.pico(1)), of: attempt),
                        ] {
                            written.append(ledger.waitFor(write))
                        }
                    }, report: { Issue.record("\($0)") })
                #expect(written == [.success(.written), .success(.written)])
                #expect(audit.attempts == 6)
                let next = try engine.history.audit(progress: { _ in }, report: { _ in })
                #expect(next.attempts == 7 && next.findings == 0)
            }
        }
    }

    @Test func `an audit stops when its reader throws, with the reader's error`() async throws {
        struct Enough: Error {}
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                try await past(Office(engine))
                try corrupt(workspace.path, "DELETE FROM usage_day")
                var seen = 0
                #expect(throws: Enough.self) {
                    _ = try engine.history.audit(
                        progress: { _ in },
                        report: { _ in
                            seen += 1
                            throw Enough()
                        })
                }
                #expect(seen == 1)
            }
        }
    }
}

extension AuditTests {
    /// Settled, released, kept with a generation, kept without and corrected, open, and bob's; on
    /// two days of two months. And one that was refused.
    private func past(_ office: Office) async throws {
        let later = CivilDate.saturday.adding(days: 10)
        let attempts = [
            office.attempt(1, on: later), office.attempt(2), office.attempt(3), office.attempt(4),
            office.attempt(5), office.attempt(6, bob: true),
        ]
        for attempt in attempts { await office.begin(attempt) }
        await office.end(attempts[0], attempts[0].settled(.pico(8), literal: "8e-12"))
        await office.end(attempts[1], attempts[1].released)
        await office.end(attempts[2], attempts[2].kept())
        var correction = attempts[3].correction(.pico(-7))
        correction.literal = "0.999999999993"
        await office.end(attempts[3], attempts[3].kept(generation: nil), correction)
        await office.end(attempts[5], attempts[5].settled(.pico(4)))
        let call = RefusedCall(
            at: .noon, day: .saturday, key: office.bobKey.id, member: office.bob.id, team: nil,
            model: "c/refused", code: "model_not_allowed")
        #expect(await office.engine.ledger.write(.refusal(call)) == .success(.written))
    }

    /// What an audit says of these books after `corruption`, each finding as a line.
    private func auditAfter(_ corruption: String) async throws -> (Audit, [String]) {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in try await past(Office(engine)) }
            try corrupt(workspace.path, corruption)
            var findings: [String] = []
            let audit = try workspace.store().audit(
                progress: { _ in },
                report: {
                    findings.append("\($0.check) \($0.place) \($0.expected)→\($0.found)")
                })
            #expect(audit.findings == Int64(findings.count))
            return (audit, findings)
        }
    }

    /// Without keys, checks and triggers, as a broken disk or a clever hand would.
    private func corrupt(_ path: String, _ sql: String) throws {
        let file = try DatabaseQueue(path: path)
        try file.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            let triggers = try Row.fetchAll(
                db, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            for trigger in triggers {
                try db.execute(sql: "DROP TRIGGER \(trigger["name"] as String)")
            }
            try db.execute(sql: sql)
            for trigger in triggers { try db.execute(sql: trigger["sql"]) }
        }
        try file.close()
    }

    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map(String.init)
    }
}

extension SQLiteLedger {
    /// Blocks until the write is answered.
    fileprivate func waitFor(_ write: LedgerWrite) -> LedgerResult {
        let result = Mutex<LedgerResult?>(nil)
        let done = DispatchSemaphore(value: 0)
        append(write) { answer in
            result.withLock { $0 = answer }
            done.signal()
        }
        done.wait()
        return result.withLock { $0 } ?? .failure(StorageFailure(.unavailable, "no answer"))
    }
}
