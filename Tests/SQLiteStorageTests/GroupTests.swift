import Dispatch
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Synchronization
import Testing

@Suite struct GroupTests {
    @Test func `what is queued together is one transaction`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let before = engine.sqlite.work
                let attempts = (1...200).map { office.attempt($0) }
                let results = await engine.sqlite.writeAsGroup(
                    attempts.flatMap { attempt in
                        [
                            .attempt(attempt, revision: office.revision),
                            .entry(attempt.settled(.pico(1)), of: attempt),
                        ]
                    }, revision: office.revision)
                #expect(results.allSatisfy { $0 == .success(.written) })
                // The writer was held in an answer of a group before.
                #expect(engine.sqlite.work.groups - before.groups == 1 + 1)
                #expect(engine.sqlite.work.writes - before.writes == 1 + 400)
                #expect(try office.spent(.organisation, .total) == .pico(200))
                #expect(try office.line(of: "alice")?.requests == 200)
            }
        }
    }

    @Test func `a group has an upper bound`() async throws {
        try await Workspace.use { workspace in
            var limits = SQLiteLedger.Limits()
            limits.groupMax = 10
            try await workspace.use(limits: limits) { engine, _ in
                let office = try Office(engine)
                let before = engine.sqlite.work
                let results = await engine.sqlite.writeAsGroup(
                    (1...21).map { .attempt(office.attempt($0), revision: office.revision) },
                    revision: office.revision)
                #expect(results.allSatisfy { $0 == .success(.written) })
                #expect(engine.sqlite.work.groups - before.groups == 1 + 3)
            }
        }
    }

    @Test func `repetitions inside one group are nothing`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let attempt = office.attempt(1)
                let results = await engine.sqlite.writeAsGroup(
                    [
                        .attempt(attempt, revision: office.revision),
                        .attempt(attempt, revision: office.revision),
                        .entry(attempt.settled(.pico(5)), of: attempt),
                        .entry(attempt.settled(.pico(5)), of: attempt),
                        .entry(attempt.kept(), of: attempt),
                        .attempt(attempt, revision: office.revision),
                    ], revision: office.revision)
                #expect(results == Array(repeating: .success(.written), count: 6))
                #expect(try engine.history.total() == .pico(5))
                #expect(try office.spent(.key(office.aliceKey.id), .daily) == .pico(5))
                #expect(try office.line(of: "alice")?.requests == 1)
                #expect(try engine.history.openAttempts().isEmpty)
            }
        }
    }

    @Test func `a journal written three times inside one group is the journal once`()
        async throws
    {
        let once = try await journal(times: 1)
        #expect(try await journal(times: 3) == once)
    }

    /// What the file says after a journal of every kind of write, each of them repeated at once,
    /// and the whole repeated behind it, in one group.
    private func journal(times: Int) async throws -> [String] {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let attempts = (1...4).map { office.attempt($0, bob: $0 == 2) }
                let writes: [LedgerWrite] =
                    attempts.map { .attempt($0, revision: office.revision) } + [
                        .generation("gen-4", of: attempts[3].id),
                        .entry(attempts[0].settled(.pico(5)), of: attempts[0]),
                        .entry(attempts[1].released, of: attempts[1]),
                        .entry(attempts[2].kept(), of: attempts[2]),
                        .entry(attempts[2].correction(.pico(-3)), of: attempts[2]),
                        .entry(attempts[2].correction(.pico(9), sequence: 2), of: attempts[2]),
                    ]
                let each = writes.flatMap { Array(repeating: $0, count: times) }
                let before = engine.sqlite.work
                let results = await engine.sqlite.writeAsGroup(
                    Array(repeating: each, count: times).flatMap(\.self),
                    revision: office.revision)
                #expect(results.allSatisfy { $0 == .success(.written) })
                #expect(engine.sqlite.work.groups - before.groups == 1 + 1)
                #expect(try engine.history.total() == .pico(5 - 3 + 9) + attempts[2].bound)
            }
            return try dump(workspace.path)
        }
    }

    @Test func `a write that breaks a rule fails alone`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, probe in
                let office = try Office(engine)
                let good = [office.attempt(1), office.attempt(2, bob: true)]
                let unknown = office.attempt(404)
                let results = await engine.sqlite.writeAsGroup(
                    [
                        .attempt(good[0], revision: office.revision),
                        .entry(unknown.settled(.pico(1_000)), of: unknown),
                        .entry(good[0].settled(.pico(1)), of: good[0]),
                        .entry(good[0].correction(.pico(-2)), of: good[0]),
                        .attempt(good[1], revision: office.revision),
                        .entry(good[1].settled(.pico(2)), of: good[1]),
                        .attempt(office.attempt(3), revision: office.revision - 1),
                    ], revision: office.revision)
                #expect(
                    results.map(\.failureCode)
                        == [nil, .notFound, nil, .invalid, nil, nil, nil])
                #expect(results.last == .success(.stale))
                #expect(try engine.history.total() == .pico(3))
                #expect(try office.spent(.organisation, .monthly) == .pico(3))
                #expect(try office.line(of: "alice")?.cost == .pico(1))
                #expect(probe.notes == ["stale"])
            }
        }
    }

    @Test func `one bad write costs its neighbours a few commits, not one each`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                var attempts = (1...256).map { office.attempt($0) }
                attempts[77].key = ID(404)
                let before = engine.sqlite.work
                let results = await engine.sqlite.writeAsGroup(
                    attempts.map { .attempt($0, revision: office.revision) },
                    revision: office.revision)
                #expect(results.map(\.failureCode).firstIndex(of: .notFound) == 77)
                #expect(results.count { $0 == .success(.written) } == 255)
                // One for each time that 256 can be halved, and the one that held the writer.
                #expect(engine.sqlite.work.groups - before.groups == 1 + 8)
                #expect(try engine.history.openAttempts().count == 255)
            }
        }
    }

    @Test func `the roster is asked for once per group, before the answers`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, probe in
                let office = try Office(engine)
                let ledger = engine.sqlite
                let gate = await ledger.hold(revision: office.revision)
                for id in 1...3 as ClosedRange<Int64> {
                    let revision = office.revision - (id == 2 ? 0 : 1)
                    ledger.append(.attempt(office.attempt(id), revision: revision)) { result in
                        probe.note(result == .success(.stale) ? "told" : "written")
                    }
                }
                gate.signal()
                #expect(
                    await ledger.write(.confirm(revision: office.revision))
                        == .success(.written))
                #expect(probe.notes == ["stale", "told", "written", "told"])
                #expect(try engine.history.openAttempts().map(\.attempt.id) == [ID(2)])
            }
        }
    }

    @Test func `closing writes and answers all that is queued`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let ledger = engine.sqlite
                let answered = Mutex(0)
                let gate = await ledger.hold(revision: office.revision)
                for id in 1...1_000 as ClosedRange<Int64> {
                    ledger.append(
                        .attempt(office.attempt(id), revision: office.revision)
                    ) { result in
                        if result == .success(.written) { answered.withLock { $0 += 1 } }
                    }
                }
                ledger.stopTaking()
                gate.signal()
                ledger.close()
                #expect(answered.withLock(\.self) == 1_000)
                #expect(try engine.history.openAttempts().count == 1_000)
                #expect(
                    await ledger.write(.confirm(revision: office.revision)).failureCode
                        == .unavailable)
                ledger.close()
            }
        }
    }

    @Test func `many callers at once are each answered once`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                await withTaskGroup { group in
                    for caller in 0..<8 as Range<Int64> {
                        group.addTask {
                            for id in (caller * 50 + 1)...(caller * 50 + 50) {
                                let attempt = office.attempt(id, bob: caller % 2 == 0)
                                await office.begin(attempt)
                                await office.end(attempt, attempt.settled(.pico(id)))
                            }
                        }
                    }
                }
                #expect(try engine.history.total() == .pico(400 * 401 / 2))
                #expect(try office.spent(.organisation, .daily) == .pico(400 * 401 / 2))
                #expect(try engine.history.openAttempts().isEmpty)
            }
        }
    }
}
