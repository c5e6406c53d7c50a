import Dispatch
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Synchronization
import Testing

@Suite struct FailureTests {
    /// Probes often, so that no test waits; gives up on a lock at once.
    private var impatient: SQLiteLedger.Limits {
        var limits = SQLiteLedger.Limits()
        limits.probeIntervalMilliseconds = 1
        limits.lockWaitMilliseconds = 0
        return limits
    }

    @Test func `a full disk fails the whole group, writes nothing and is said once`()
        async throws
    {
        try await Workspace.use { workspace in
            try await workspace.use(limits: impatient) { engine, probe in
                let office = try Office(engine)
                let pages = try fill(engine.sqlite)
                let attempts = (1...300).map { office.attempt($0) }
                let results = await engine.sqlite.writeAsGroup(
                    attempts.map { .attempt($0, revision: office.revision) },
                    revision: office.revision)
                #expect(results.allSatisfy { $0.failureCode == .unavailable })
                #expect(try engine.history.openAttempts().isEmpty)
                #expect(probe.notes == ["failed: the disk that holds the database is full"])

                // Not even a write that would fit is taken before a probe has succeeded.
                let next = await engine.ledger.write(.confirm(revision: office.revision))
                #expect(next.failureCode == .unavailable)
                #expect(probe.notes.count == 1)

                try empty(engine.sqlite, pages)
                await probe.wait(for: "recovered")
                await office.begin(office.attempt(1))
                #expect(try engine.history.openAttempts().map(\.attempt.id) == [ID(1)])
            }
        }
    }

    @Test func `what is queued behind a failure is refused, not tried`() async throws {
        try await Workspace.use { workspace in
            var limits = impatient
            limits.groupMax = 100
            limits.probeIntervalMilliseconds = 3_600_000
            try await workspace.use(limits: limits) { engine, probe in
                let office = try Office(engine)
                _ = try fill(engine.sqlite)
                // The first group fails; the second alone would succeed, as it writes nothing.
                let results = await engine.sqlite.writeAsGroup(
                    (1...100).map { .attempt(office.attempt($0), revision: office.revision) }
                        + [.confirm(revision: office.revision)], revision: office.revision)
                #expect(results.allSatisfy { $0.failureCode == .unavailable })
                #expect(probe.notes.count == 1)
            }
        }
    }

    /// The gateway refused every call until its restart: an outcome that came while the disk was
    /// failing was called unwritten when the disk worked again and all others had been rewritten.
    @Test func `who was refused hears it before the recovery is told`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use(limits: impatient) { engine, probe in
                let office = try Office(engine)
                let other = try DatabaseQueue(path: workspace.path)
                try await other.writeWithoutTransaction { db in
                    try db.execute(sql: "BEGIN IMMEDIATE")
                    let failed = DispatchSemaphore(value: 0)
                    engine.ledger.append(.confirm(revision: office.revision)) { _ in
                        failed.signal()
                    }
                    failed.wait()
                    let refused = DispatchSemaphore(value: 0)
                    let healed = DispatchSemaphore(value: 0)
                    engine.ledger.append(.confirm(revision: office.revision)) { _ in
                        refused.signal()
                        healed.wait()
                        probe.note("refused")
                    }
                    refused.wait()
                    let version = try Int64.fetchOne(db, sql: "PRAGMA data_version")
                    try db.execute(sql: "ROLLBACK")
                    // The probe commits, so the recovery is the writer's next step.
                    while try Int64.fetchOne(db, sql: "PRAGMA data_version") == version {}
                    healed.signal()
                }
                await probe.wait(for: "recovered")
                #expect(probe.notes.suffix(2) == ["refused", "recovered"])
            }
        }
    }

    /// What the upstream charged comes before what is admitted with the rest of the money.
    @Test func `while it recovers the ledger lets entries go before attempts`() async throws {
        try await Workspace.use { workspace in
            let slot = Mutex<(ledger: SQLiteLedger, office: Office)?>(nil)
            let probe = Probe()
            let store = try workspace.store()
            let ledger = try SQLiteLedger.open(
                path: workspace.path, limits: impatient,
                onRecovery: {
                    guard let (ledger, office) = slot.withLock({ $0 }) else { return }
                    let attempt = office.attempt(1)
                    let next = office.attempt(2)
                    ledger.append(.attempt(next, revision: office.revision)) {
                        probe.note("attempt \($0 == .success(.written))")
                        probe.note("answered")
                    }
                    ledger.append(.entry(attempt.released, of: attempt)) {
                        probe.note("entry \($0 == .success(.written))")
                    }
                })
            defer { ledger.close() }
            let engine = Engine(
                directory: store, history: store, ledger: ledger, models: store,
                staleCallCount: { 0 })
            let office = try Office(engine)
            slot.withLock { $0 = (ledger, office) }
            _ = await ledger.write(.attempt(office.attempt(1), revision: office.revision))
            let other = try DatabaseQueue(path: workspace.path)
            try await other.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN IMMEDIATE")
                let failed = DispatchSemaphore(value: 0)
                ledger.append(.confirm(revision: office.revision)) { _ in failed.signal() }
                failed.wait()
                try db.execute(sql: "ROLLBACK")
            }
            await probe.wait(for: "answered")
            #expect(probe.notes == ["entry true", "attempt true", "answered"])
            slot.withLock { $0 = nil }
        }
    }

    @Test func `a lock held too long by another process is a failure that heals`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use(limits: impatient) { engine, probe in
                let office = try Office(engine)
                let other = try DatabaseQueue(path: workspace.path)
                try await other.writeWithoutTransaction { db in
                    try db.execute(sql: "BEGIN IMMEDIATE")
                    // Blocks this connection's queue only.
                    let answered = DispatchSemaphore(value: 0)
                    engine.ledger.append(.confirm(revision: office.revision)) { result in
                        if result.failureCode == .unavailable { probe.note("answered") }
                        answered.signal()
                    }
                    answered.wait()
                    try db.execute(sql: "ROLLBACK")
                }
                await probe.wait(for: "recovered")
                #expect(
                    probe.notes == [
                        "failed: another process kept the database locked for too long",
                        "answered", "recovered",
                    ])
                await office.begin(office.attempt(1))
            }
        }
    }

    @Test func `a full queue refuses, on another thread, and the queued are written`()
        async throws
    {
        try await Workspace.use { workspace in
            var limits = SQLiteLedger.Limits()
            limits.queueMax = 3
            try await workspace.use(limits: limits) { engine, probe in
                let office = try Office(engine)
                // The held write is the first of the three that the queue takes.
                let gate = await engine.sqlite.hold(revision: office.revision)
                let isAppending = Mutex(false)
                let results = await withCheckedContinuation { continuation in
                    let answers = Answers(count: 3) { continuation.resume(returning: $0) }
                    for id in 1...3 {
                        // Would deadlock if the answer came before `append` has returned.
                        isAppending.withLock { _ in
                            engine.ledger.append(
                                .attempt(office.attempt(Int64(id)), revision: office.revision)
                            ) { result in
                                isAppending.withLock { _ in }
                                answers.take(result, at: id - 1)
                            }
                        }
                    }
                    gate.signal()
                }
                #expect(results.map(\.failureCode) == [nil, nil, .unavailable])
                #expect(try engine.history.openAttempts().map(\.attempt.id) == [ID(1), ID(2)])
                #expect(probe.notes.isEmpty)
                await office.begin(office.attempt(4))
            }
        }
    }

    /// Lets the file grow no further, as a full disk would; returns the bound it had.
    private func fill(_ ledger: SQLiteLedger) throws -> Int64 {
        let before = try number(ledger.connection, "PRAGMA max_page_count") ?? 0
        try ledger.connection.inDatabase { db in
            // Free pages could still be used.
            try db.execute(sql: "VACUUM")
            try db.execute(sql: "PRAGMA max_page_count = 1")
        }
        return before
    }

    private func empty(_ ledger: SQLiteLedger, _ pages: Int64) throws {
        try ledger.connection.inDatabase {
            try $0.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
    }
}
