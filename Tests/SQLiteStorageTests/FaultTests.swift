import Foundation
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Testing

/// The disk fails at each place where a group touches it: all of the group is there, or nothing.
@Suite struct FaultTests {
    /// Probes often, so that no test waits.
    private var impatient: SQLiteLedger.Limits {
        var limits = SQLiteLedger.Limits()
        limits.probeIntervalMilliseconds = 1
        return limits
    }

    @Test(arguments: [ResultCode.SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC])
    func `a group whose writing fails anywhere is there as a whole or not at all`(
        code: ResultCode
    ) async throws {
        FaultyDisk.install()
        let (before, after) = try await unharmed()
        try await Workspace.use { workspace in
            try await workspace.use(limits: impatient) { engine, probe in
                let office = try Office(engine)
                try await past(office)
                var failures = 0
                while true {
                    FaultyDisk.fail(workspace.folder.path, after: failures, code)
                    let results = await engine.sqlite.writeAsGroup(
                        group(office), revision: office.revision)
                    let found = try await crash(workspace)
                    FaultyDisk.heal(workspace.folder.path)
                    if results.allSatisfy({ $0 == .success(.written) }) {
                        #expect(found == after)
                        break
                    }
                    failures += 1
                    #expect(results.allSatisfy { $0.failureCode == .unavailable })
                    // A commit whose sync failed may be there when the process comes back.
                    #expect(found == before || found == after)
                    await probe.wait(for: "recovered")
                    probe.forget()
                    #expect(try dump(workspace.path) == before)
                }
                // A frame's header and its page for each table, and the sync.
                #expect(failures > 10)
                #expect(try dump(workspace.path) == after)
            }
        }
    }

    @Test func `a checkpoint that fails anywhere loses nothing`() async throws {
        FaultyDisk.install()
        let (before, after) = try await unharmed()
        try await Workspace.use { workspace in
            try await workspace.use(limits: impatient) { engine, _ in
                let office = try Office(engine)
                try await past(office)
                var failures = 0
                while true {
                    FaultyDisk.fail(workspace.folder.path, after: failures, .SQLITE_IOERR_WRITE)
                    let isDone = isCheckpointed(engine.sqlite)
                    #expect(try await crash(workspace) == before)
                    FaultyDisk.heal(workspace.folder.path)
                    #expect(try dump(workspace.path) == before)
                    if isDone { break }
                    failures += 1
                }
                #expect(failures > 10)
                let results = await engine.sqlite.writeAsGroup(
                    group(office), revision: office.revision)
                #expect(results.allSatisfy { $0 == .success(.written) })
                #expect(try dump(workspace.path) == after)
            }
        }
    }
}

extension FaultTests {
    /// Every kind of row that a group can touch, so that the next group touches it again.
    private func past(_ office: Office) async throws {
        let attempts = (1...4).map { office.attempt($0) }
        await office.begin(attempts[0], attempts[1], attempts[2], attempts[3])
        await office.end(attempts[0], attempts[0].kept())
        await office.end(attempts[1], attempts[1].settled(.pico(7)))
    }

    private func group(_ office: Office) -> [LedgerWrite] {
        let (known, new) = ((1...4).map { office.attempt($0) }, (5...9).map { office.attempt($0) })
        let stranger = office.attempt(10, bob: true, on: .saturday.adding(days: 40), model: "b/new")
        return new.map { .attempt($0, revision: office.revision) } + [
            .attempt(stranger, revision: office.revision),
            .entry(known[0].correction(.pico(-5)), of: known[0]),
            .entry(known[2].settled(.pico(11)), of: known[2]),
            .generation("gen-4", of: known[3].id),
            .entry(new[0].released, of: new[0]),
            .entry(new[1].kept(), of: new[1]),
            .entry(stranger.settled(.pico(13)), of: stranger),
            .refusal(
                RefusedCall(
                    at: .noon, day: .saturday, key: office.bobKey.id, member: office.bob.id,
                    team: nil, model: "c/other", code: "model_not_allowed")),
        ]
    }

    /// What a file says before and after the group, on a disk that never fails.
    private func unharmed() async throws -> (before: [String], after: [String]) {
        try await Workspace.use { workspace in
            var states: [[String]] = []
            try await workspace.use { engine, _ in
                let office = try Office(engine)
                try await past(office)
                states.append(try dump(workspace.path))
                _ = await engine.sqlite.writeAsGroup(group(office), revision: office.revision)
                states.append(try dump(workspace.path))
            }
            #expect(states[0] != states[1])
            return (states[0], states[1])
        }
    }

    /// What the next process finds if this one ends now: its files, as they are on the disk.
    private func crash(_ workspace: Workspace) async throws -> [String] {
        try await Workspace.use { next in
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(
                    atPath: workspace.path + suffix, toPath: next.path + suffix)
            }
            return try dump(next.path)
        }
    }

    /// Whether everything could be moved from the log into the file.
    private func isCheckpointed(_ ledger: SQLiteLedger) -> Bool {
        do {
            try ledger.connection.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            return true
        } catch {
            return false
        }
    }
}
