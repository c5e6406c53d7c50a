import Foundation
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Synchronization

/// A folder of its own for one test, gone when the test is over.
struct Workspace {
    let folder: URL

    var path: String { folder.appendingPathComponent("purser.db").path }

    static func use<Value>(_ body: (Workspace) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("purser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(Workspace(folder: folder)))
        } catch {
            result = .failure(error)
        }
        try remove(folder)
        return try result.get()
    }

    /// SQLite removes files of its own when the last handle goes, which may be this moment: a
    /// file that vanishes meanwhile makes Foundation give up.
    private static func remove(_ folder: URL) throws {
        for _ in 1..<10 {
            do {
                return try FileManager.default.removeItem(at: folder)
            } catch CocoaError.fileNoSuchFile {
                continue
            }
        }
        try FileManager.default.removeItem(at: folder)
    }

    func store() throws -> SQLiteStore {
        try SQLiteStore.open(path: path, zone: Engine.zone(named:))
    }

    /// Runs with everything open on this folder's file, and closes the ledger afterwards.
    func use(
        limits: SQLiteLedger.Limits = SQLiteLedger.Limits(),
        _ body: (Engine, Probe) async throws -> Void
    ) async throws {
        let probe = Probe()
        let store = try store()
        let ledger = try SQLiteLedger.open(
            path: path, limits: limits, onStale: { probe.note("stale") },
            onFailure: { probe.note("failed: \($0)") }, onRecovery: { probe.note("recovered") })
        let engine = Engine(
            directory: store, history: store, ledger: ledger, models: store,
            staleCallCount: { probe.notes.count { $0 == "stale" } })
        defer { ledger.close() }
        try await body(engine, probe)
    }
}

/// What the ledger called back, in order.
final class Probe: Sendable {
    private struct State {
        var notes: [String] = []
        var waiter: (note: String, resume: @Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var notes: [String] { state.withLock { $0.notes } }

    func note(_ text: String) {
        let waiter = state.withLock { state -> (@Sendable () -> Void)? in
            state.notes.append(text)
            guard let waiter = state.waiter, waiter.note == text else { return nil }
            state.waiter = nil
            return waiter.resume
        }
        waiter?()
    }

    /// Starts again with nothing noted.
    func forget() {
        state.withLock { $0.notes = [] }
    }

    /// Waits until `text` has been noted.
    func wait(for text: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.notes.contains(text) { return true }
                state.waiter = (text, { continuation.resume() })
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

extension SQLiteLedger {
    /// Holds the writer in an answer until the gate is signalled.
    func hold(revision: Int64) async -> DispatchSemaphore {
        let gate = DispatchSemaphore(value: 0)
        await withCheckedContinuation { continuation in
            append(.confirm(revision: revision)) { _ in
                continuation.resume()
                gate.wait()
            }
        }
        return gate
    }

    /// Has all of `writes` in one group: the writer is held until they are queued.
    func writeAsGroup(_ writes: [LedgerWrite], revision: Int64) async -> [LedgerResult] {
        let gate = await hold(revision: revision)
        return await withCheckedContinuation { continuation in
            let answers = Answers(count: writes.count) { continuation.resume(returning: $0) }
            for (index, write) in writes.enumerated() {
                append(write) { answers.take($0, at: index) }
            }
            gate.signal()
        }
    }
}

extension Engine {
    var sqlite: SQLiteLedger {
        guard let ledger = ledger as? SQLiteLedger else { preconditionFailure("made above") }
        return ledger
    }
}

/// Every row of every table, as text: what a file says, whatever wrote it.
func dump(_ path: String) throws -> [String] {
    let connection = try DatabaseQueue(path: path)
    defer {
        // Nothing was written; what cannot be closed now closes with the last reference.
        try? connection.close()
    }
    return try connection.read { db in
        let tables = try String.fetchAll(
            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        return try tables.flatMap { table in
            try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\(table) \($0)" }.sorted()
        }
    }
}

/// One number out of a database, or `nil`.
func number(_ connection: DatabaseQueue, _ sql: String) throws -> Int64? {
    try connection.unsafeRead { try Int64.fetchOne($0, sql: sql) }
}
