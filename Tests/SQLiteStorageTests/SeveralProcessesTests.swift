import Foundation
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Testing

/// Two handles on one file stand for two processes: SQLite and `flock` treat them alike.
@Suite struct SeveralProcessesTests {
    @Test func `one gateway serves from a file, a second one is told what to do`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let first = try ServeLock.acquire(path: workspace.path)
            let failure = try #require(throws: StorageFailure.self) {
                _ = try ServeLock.acquire(path: workspace.path)
            }
            #expect(failure.code == .inUse)
            #expect(
                failure.message
                    == "another gateway already serves from \(workspace.path); SQLite allows one. "
                    + "Use PostgreSQL (--database postgres://…) for several")
            // Commands are not kept out.
            _ = try store.addMember("alice", team: nil, tier: nil, at: .morning)
            first.release()
            try ServeLock.acquire(path: workspace.path).release()
        }
    }

    @Test func `two ways to write one path are one lock`() async throws {
        try await Workspace.use { workspace in
            _ = try workspace.store()
            let link = workspace.folder.appendingPathComponent("link.db").path
            try FileManager.default.createSymbolicLink(
                atPath: link, withDestinationPath: workspace.path)
            let lock = try ServeLock.acquire(path: workspace.path)
            defer { lock.release() }
            expectFailure(.inUse) { _ = try ServeLock.acquire(path: link) }
        }
    }

    @Test func `a lock that cannot be made is a failure`() async throws {
        try await Workspace.use { workspace in
            expectFailure(.unavailable) {
                _ = try ServeLock.acquire(path: workspace.path + "/nowhere/purser.db")
            }
        }
    }

    @Test func `what one process changes the other sees at once`() async throws {
        try await Workspace.use { workspace in
            let gateway = try workspace.store()
            let command = try workspace.store()
            _ = try command.addMember("alice", team: nil, tier: nil, at: .morning)
            #expect(try gateway.roster().members.map(\.name) == ["alice"])
            #expect(try gateway.roster().revision == 1)
        }
    }

    @Test func `changes of two processes follow one another`() async throws {
        try await Workspace.use { workspace in
            let stores = [try workspace.store(), try workspace.store()]
            try stores[0].setTier(Tier(id: ID(0), name: "small", models: []))
            try await withThrowingTaskGroup { group in
                for number in 0..<40 {
                    group.addTask {
                        // Reads the tier before it writes.
                        _ = try stores[number % 2].addMember(
                            "member-\(number)", team: nil, tier: "small", at: .morning)
                    }
                }
                try await group.waitForAll()
            }
            let roster = try stores[0].roster()
            #expect(roster.revision == 41)
            #expect(roster.members.count == 40)
        }
    }

    @Test func `a change holds the write lock before it reads`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let other = try DatabaseQueue(path: workspace.path)
            let refusal = try store.change { _ in
                #expect(throws: DatabaseError.self) {
                    try other.write { try $0.execute(sql: "DELETE FROM management_key") }
                }
            }
            #expect(refusal?.resultCode == .SQLITE_BUSY)
            try other.write { try $0.execute(sql: "DELETE FROM management_key") }
        }
    }

    @Test func `two processes may create the file at once`() async throws {
        try await Workspace.use { workspace in
            try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask { _ = try workspace.store() }
                }
                try await group.waitForAll()
            }
            #expect(try workspace.store().roster().revision == 0)
        }
    }

    @Test func `a command's change is taken while the gateway commits without pause`()
        async throws
    {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let command = try workspace.store()
                let writer = Task {
                    var id: Int64 = 0
                    while !Task.isCancelled {
                        let attempts = (1...64).map { office.attempt(id + $0) }
                        id += 64
                        _ = await engine.ledger.write(
                            attempts.map { .attempt($0, revision: office.revision) })
                    }
                }
                for number in 0..<5 {
                    try command.setBudget(.organisation, .daily, limit: .dollars(Int64(number)))
                }
                writer.cancel()
                await writer.value
                #expect(try engine.directory.roster().budgets.map(\.limit) == [.dollars(4)])
            }
        }
    }

    @Test func `a change is announced to the ledger as long as it waits or runs`() async throws {
        try await Workspace.use { workspace in
            let store = try workspace.store()
            let sign = try LockFile(beside: workspace.path, suffix: ".turn")
            defer { sign.discard() }
            #expect(try store.change { _ in !sign.take() })
            expectFailure(.notFound) { try store.removeMember("nobody", at: .morning) }
            #expect(sign.take())
        }
    }

    @Test func `a change that never ends does not stop the ledger`() async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                let sign = try LockFile(beside: workspace.path, suffix: ".turn")
                defer { sign.discard() }
                #expect(sign.take())
                await office.begin(office.attempt(1))
                try engine.directory.setBudget(.organisation, .daily, limit: .dollars(1))
            }
        }
    }

    @Test func `what was open when the process ended is open when it starts again`() async throws {
        try await Workspace.use { workspace in
            let attempt = try await {
                var attempt: Attempt?
                try await workspace.use { engine, _ in
                    let office = try Office(engine)
                    attempt = office.attempt(5)
                    await office.begin(office.attempt(5))
                }
                return try #require(attempt)
            }()
            try await workspace.use { engine, _ in
                let open = try engine.history.openAttempts()
                #expect(open == [OpenAttempt(attempt)])
                #expect(try engine.history.lastAttempt() == ID(5))
                let end = await engine.ledger.write(.entry(attempt.kept(), of: attempt))
                #expect(end == .success(.written))
                #expect(try engine.history.total() == attempt.bound)
            }
        }
    }
}
