import Dispatch
import Purser
import SQLiteStorage
import Storage
import Synchronization

/// What a gateway asks its ledger before it serves, on a file in the page cache.
enum StartUp {
    /// Milliseconds each, and the sum.
    static func measure(_ file: String) throws -> [(String, Double)] {
        var times: [(String, Double)] = []
        func time<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
            let start = Clock.nanoseconds()
            defer { times.append((name, Double(Clock.nanoseconds() - start) / 1_000_000)) }
            return try body()
        }
        let store = try time("start: open the store") {
            try SQLiteStore.open(path: file, zone: { _ in .utc })
        }
        let ledger = try time("start: open the ledger") {
            try SQLiteLedger.open(path: file, onStale: {})
        }
        _ = try time("start: roster") { try store.roster() }
        _ = try time("start: last attempt") { try store.lastAttempt() }
        _ = try time("start: open attempts") { try store.openAttempts() }
        _ = try time("start: unresolved attempts") { try store.unresolvedAttempts() }
        _ = try time("start: balances") {
            try store.balances(from: Windows(holding: PastCalls.today))
        }
        ledger.close()
        return times + [("start: all of it", times.map(\.1).reduce(0, +))]
    }
}

extension StartUp {
    /// Recomputes everything; not what a start does, but what one may want to know before it.
    static func audit(_ file: String) throws -> (Audit, milliseconds: Double) {
        let store = try SQLiteStore.open(path: file, zone: { _ in .utc })
        let start = Clock.nanoseconds()
        let audit = try store.audit(
            progress: { complain("\r\($0.step): \($0.done) of \($0.total)") },
            report: { complain("\($0)\n") })
        return (audit, Double(Clock.nanoseconds() - start) / 1_000_000)
    }
}

/// One call at a time: what a lone client waits for.
enum LoneCall {
    /// Medians in microseconds.
    struct Figures {
        var attempt: Double
        var entry: Double
        /// A write that writes nothing: the way to the writer's thread and back.
        var question: Double
        var sync: Double
    }

    static func measure(_ file: String, members: Int, disk: Disk) throws -> Figures {
        let store = try SQLiteStore.open(path: file, zone: { _ in .utc })
        let ledger = try SQLiteLedger.open(path: file, onStale: {})
        defer { ledger.close() }
        let team = Team(
            members: members, revision: try store.roster().revision,
            lastAttempt: try store.lastAttempt().rawValue)
        var (attempts, entries, questions, syncs) = ([Double](), [Double](), [Double](), [Double]())
        for number in 0..<400 {
            let attempt = team.next()
            syncs.append(try disk.timeSync(number))
            attempts.append(try wait(ledger, .attempt(attempt, revision: team.revision)))
            entries.append(try wait(ledger, .entry(team.entry(attempt), of: attempt)))
            questions.append(try wait(ledger, .confirm(revision: team.revision)))
        }
        return Figures(
            attempt: median(attempts.sorted()), entry: median(entries.sorted()),
            question: median(questions.sorted()), sync: median(syncs.sorted()))
    }

    private static func wait(_ ledger: SQLiteLedger, _ write: LedgerWrite) throws -> Double {
        let done = DispatchSemaphore(value: 0)
        let failure = Mutex<StorageFailure?>(nil)
        let start = Clock.nanoseconds()
        ledger.append(write) { result in
            if case .failure(let reason) = result { failure.withLock { $0 = reason } }
            done.signal()
        }
        done.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
        return Double(Clock.nanoseconds() - start) / 1_000
    }
}
