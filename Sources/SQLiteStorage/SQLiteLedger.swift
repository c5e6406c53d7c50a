import Dispatch
import Foundation
import GRDB
import Purser
package import Storage
import Synchronization

/// The journal of money in one SQLite file: one thread that commits in groups.
///
/// A write waits only for the commit before it: the thread takes all that is queued, writes it
/// in one transaction, answers, and begins again as soon as there is more. It is a thread of its
/// own because a commit blocks on the disk, and a pool's thread that blocks starves the others.
///
/// When the engine fails (disk full, disk broken, locked for too long), everything in the group
/// is answered with `unavailable` and is not tried again: whoever waits decides. From then on
/// each write is refused at once, until a probe has reached the disk: 64 KiB, written and taken
/// back every ``Limits/probeIntervalMilliseconds``. A write that only breaks a rule of the
/// schema fails alone: its group is written again in halves.
///
/// Call ``close()`` before letting go of it.
package final class SQLiteLedger: Ledger, Sendable {
    struct Limits: Sendable {
        /// Writes in one transaction: large enough that the sync costs each little, small enough
        /// that no answer waits long for its neighbours: some 15 ms of work.
        var groupMax = 4_096
        /// Writes queued and not answered: about a second of work. Whoever comes later would
        /// wait longer than a refusal is worth.
        var queueMax = 16_384
        /// Short beside the patience of a client that retries, long beside a sync.
        var probeIntervalMilliseconds = 500
        var lockWaitMilliseconds = DatabaseQueue.lockWaitMilliseconds
    }

    typealias Answer = @Sendable (Result<LedgerReceipt, StorageFailure>) -> Void

    private struct Queued: Sendable {
        var write: LedgerWrite
        var answer: Answer
    }

    /// What was committed since the ledger was opened.
    package struct Work: Hashable, Sendable {
        /// Transactions.
        package var groups = 0
        package var writes = 0
    }

    /// What the callers and the writer share.
    private struct Line: Sendable {
        var waiting: [Queued] = []
        /// Those waiting and those being written.
        var unanswered = 0
        /// Why writes are refused; `nil` while the engine works.
        var failure: StorageFailure?
        /// Whether the engine works again, and the entries that it could not take come first.
        var isRecovering = false
        /// What stands behind them.
        var deferred: [Queued] = []
        var isClosed = false
        /// Whether the writer will look here again without being rung.
        var isWriterAwake = false
        var work = Work()

        mutating func add(_ queued: Queued) {
            unanswered += 1
            if isRecovering, !queued.write.isOutcome {
                deferred.append(queued)
            } else {
                waiting.append(queued)
            }
        }
    }

    let connection: DatabaseQueue
    private let turnstile: Turnstile
    private let limits: Limits
    private let onStale: @Sendable () -> Void
    private let onFailure: @Sendable (StorageFailure) -> Void
    private let onRecovery: @Sendable () -> Void
    private let line = Mutex(Line())
    private let bell = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    /// Answers those who were refused before they were queued, so that no answer ever comes on
    /// the caller's own thread.
    private let refusals = DispatchQueue(label: "purser.ledger.refusals")

    private init(
        connection: DatabaseQueue, turnstile: Turnstile, limits: Limits,
        onStale: @escaping @Sendable () -> Void,
        onFailure: @escaping @Sendable (StorageFailure) -> Void,
        onRecovery: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        self.turnstile = turnstile
        self.limits = limits
        self.onStale = onStale
        self.onFailure = onFailure
        self.onRecovery = onRecovery
    }
}

extension SQLiteLedger {
    /// Opens the file, migrating it where needed, and starts the writer.
    ///
    /// All callbacks come on the writer's thread. `onStale` comes once per group with a stale
    /// write in it, before the answers: load the roster there. `onFailure` comes when the engine
    /// fails, before the answers that say so; `onRecovery` when a probe has succeeded.
    package static func open(
        path: String, onStale: @escaping @Sendable () -> Void,
        onFailure: @escaping @Sendable (StorageFailure) -> Void = { _ in },
        onRecovery: @escaping @Sendable () -> Void = {}
    ) throws(StorageFailure) -> SQLiteLedger {
        try open(
            path: path, limits: Limits(), onStale: onStale, onFailure: onFailure,
            onRecovery: onRecovery)
    }

    static func open(
        path: String, limits: Limits, onStale: @escaping @Sendable () -> Void = {},
        onFailure: @escaping @Sendable (StorageFailure) -> Void = { _ in },
        onRecovery: @escaping @Sendable () -> Void = {}
    ) throws(StorageFailure) -> SQLiteLedger {
        do {
            let connection = try DatabaseQueue.durable(
                path: path, label: "purser.ledger",
                lockWaitMilliseconds: limits.lockWaitMilliseconds)
            try Migration.run(on: connection)
            let ledger = SQLiteLedger(
                connection: connection, turnstile: try Turnstile(path: path), limits: limits,
                onStale: onStale, onFailure: onFailure, onRecovery: onRecovery)
            let thread = Thread { ledger.run() }
            thread.name = "purser.ledger"
            thread.start()
            return ledger
        } catch {
            throw StorageFailure(error)
        }
    }

    package func append(
        _ write: LedgerWrite,
        done: @escaping @Sendable (Result<LedgerReceipt, StorageFailure>) -> Void
    ) {
        if case .entry(let entry, let attempt) = write {
            precondition(entry.attempt == attempt.id, "an entry comes with its own attempt")
        }
        let mustRing = line.withLock { line in
            if let refusal = self.refusal(line, of: write) {
                // Under the lock: the writer must not miss it when it recovers.
                refusals.async { done(.failure(refusal)) }
                return false
            }
            line.add(Queued(write: write, answer: done))
            defer { line.isWriterAwake = true }
            return !line.isWriterAwake
        }
        if mustRing { bell.signal() }
    }

    /// Writes and answers what is queued, then ends the writer; later writes are refused.
    ///
    /// Waits for the writer, so never call it from a callback. Calling it twice is harmless.
    package func close() {
        stopTaking()
        finished.wait()
        finished.signal()
        refusals.sync {}
    }

    package var work: Work { line.withLock(\.work) }

    /// Refuses what comes from now on; what is queued is still written.
    func stopTaking() {
        line.withLock { $0.isClosed = true }
        bell.signal()
    }

    private func refusal(_ line: Line, of write: LedgerWrite) -> StorageFailure? {
        if line.isClosed { return StorageFailure(.unavailable, "the ledger is closed") }
        if let failure = line.failure, !line.isRecovering { return failure }
        // What has happened is always taken: calls in flight bound how much of it there is.
        if write.isOutcome { return nil }
        guard line.unanswered < limits.queueMax else {
            return StorageFailure(
                .unavailable, "\(limits.queueMax) writes wait for the disk already")
        }
        return nil
    }
}

extension LedgerWrite {
    /// Whether it says what became of a call, rather than asking for one to begin.
    fileprivate var isOutcome: Bool {
        switch self {
        case .entry, .generation: true
        case .attempt, .refusal, .confirm: false
        }
    }
}

/// The writer's thread.
extension SQLiteLedger {
    private enum Step {
        case commit
        case probe
        case stop
    }

    private typealias Results = [Result<LedgerReceipt, StorageFailure>]

    private func run() {
        var statements: LedgerStatements?
        var taken: [Queued] = []
        while true {
            switch nextStep(&taken) {
            case .commit:
                for start in stride(from: 0, to: taken.count, by: limits.groupMax) {
                    let end = min(start + limits.groupMax, taken.count)
                    commit(taken, start..<end, &statements)
                }
                // Its room is the next line's.
                taken.removeAll(keepingCapacity: true)
            case .probe:
                probe()
            case .stop:
                turnstile.discard()
                statements = nil
                // All is on disk. What cannot be closed now closes with the last reference.
                try? connection.close()
                finished.signal()
                return
            }
        }
    }

    /// Waits for something to do, and takes all that is queued for an empty array.
    private func nextStep(_ taken: inout [Queued]) -> Step {
        while true {
            let (step, isFailing) = line.withLock { line -> (Step?, Bool) in
                if !line.waiting.isEmpty {
                    swap(&line.waiting, &taken)
                    return (.commit, false)
                }
                if line.isClosed { return (.stop, false) }
                line.isWriterAwake = false
                return (nil, line.failure != nil)
            }
            if let step { return step }
            if !isFailing {
                bell.wait()
            } else if bell.wait(timeout: probeTime()) == .timedOut {
                return .probe
            }
        }
    }

    private func commit(
        _ queued: [Queued], _ group: Range<Int>, _ statements: inout LedgerStatements?
    ) {
        let results = write(queued, group, &statements)
        if results.contains(.success(.stale)) { onStale() }
        for (index, result) in zip(group, results) { queued[index].answer(result) }
        line.withLock { $0.unanswered -= group.count }
    }

    /// Writes all in one transaction, or, if one breaks a rule, each half in its own, so that
    /// one bad write costs a few transactions more and not one for each of its neighbours.
    private func write(
        _ queued: [Queued], _ group: Range<Int>, _ statements: inout LedgerStatements?
    ) -> Results {
        // Only this thread changes `failure`.
        if let failure = line.withLock({ $0.failure }) {
            return group.map { _ in .failure(failure) }
        }
        do throws(StorageFailure) {
            return try transaction(queued, group, &statements)
        } catch {
            if error.code == .unavailable { fail(error) }
            if error.code == .unavailable || group.count == 1 {
                return group.map { _ in .failure(error) }
            }
        }
        let middle = group.lowerBound + group.count / 2
        return write(queued, group.lowerBound..<middle, &statements)
            + write(queued, middle..<group.upperBound, &statements)
    }

    private func transaction(
        _ queued: [Queued], _ group: Range<Int>, _ statements: inout LedgerStatements?
    ) throws(StorageFailure) -> Results {
        turnstile.makeWay()
        var results: Results = []
        results.reserveCapacity(group.count)
        do {
            try connection.writeWithoutTransaction { db in
                let statements = try LedgerStatements.kept(in: &statements, db)
                try statements.begin.run()
                do {
                    var transaction = try LedgerGroup(db, statements)
                    for index in group {
                        results.append(.success(try transaction.apply(queued[index].write)))
                    }
                    try transaction.finish()
                    try statements.commit.run()
                } catch {
                    // A disk that fails may have ended the transaction already.
                    if db.isInsideTransaction { try statements.rollBack.run() }
                    throw error
                }
            }
        } catch {
            throw StorageFailure(error)
        }
        line.withLock { line in
            line.work.groups += 1
            line.work.writes += group.count
        }
        return results
    }

    private func fail(_ failure: StorageFailure) {
        line.withLock { $0.failure = failure }
        onFailure(failure)
    }

    /// Ends the failure if the disk takes about as much as an ordinary group writes. A failed
    /// probe is repeated, so what it says is not kept.
    private func probe() {
        do {
            try connection.inDatabase { db in
                // Two commits: pages taken and given back in one would never reach the disk.
                try db.execute(sql: "UPDATE probe SET filling = zeroblob(65536)")
                try db.execute(sql: "UPDATE probe SET filling = x''")
            }
        } catch {
            line.withLock { $0.failure = StorageFailure(error) }
            return
        }
        line.withLock { $0.isRecovering = true }
        // Whoever was refused hears it before the recovery is told, so that what could not be
        // written is written now; and it stands first in the new line: an attempt may rest on
        // money that came free by it.
        refusals.sync {}
        onRecovery()
        line.withLock { line in
            line.isRecovering = false
            line.failure = nil
            line.waiting += line.deferred
            line.deferred = []
        }
    }

    /// When the next probe is due. The one clock here; it decides about nothing but the pause.
    private func probeTime() -> DispatchTime {
        .now() + .milliseconds(limits.probeIntervalMilliseconds)
    }
}
