import Foundation
import Purser
import SQLiteStorage
import Storage
import Synchronization

/// Many calls at once: each attempt's entry follows when the attempt is on disk, then the next.
///
/// Writes come from one thread of their own, as a gateway's come from its event loops, and never
/// from the writer's.
final class Load: Sendable {
    struct Figures {
        var attemptsPerSecond: Double
        /// Writes in one transaction, on average.
        var groupSize: Double
        /// Microseconds an attempt, all threads: the callers' part too.
        var processCPU: Double
        /// Microseconds an attempt.
        var writerCPU: Double
        /// From `append` to the answer, each in nanoseconds, sorted.
        var waits: [UInt64]

        /// The wait in milliseconds that `share` of all writes did not exceed.
        func wait(_ share: Double) -> Double {
            Double(waits[min(waits.count - 1, Int(share * Double(waits.count)))]) / 1_000_000
        }
    }

    /// What the writer's thread hands back to the callers' thread.
    private struct Answered: Sendable {
        var slots: [Int] = []
        var failure: StorageFailure?
    }

    private let answered = Mutex(Answered())
    private let bell = DispatchSemaphore(value: 0)
    private let ledger: SQLiteLedger
    private let team: Team
    private let inFlight: Int

    private init(_ ledger: SQLiteLedger, _ team: Team, inFlight: Int) {
        self.ledger = ledger
        self.team = team
        self.inFlight = inFlight
    }

    static func measure(
        _ file: String, members: Int, inFlight: Int, seconds: Double
    ) throws -> Figures {
        let store = try SQLiteStore.open(path: file, zone: { _ in .utc })
        let ledger = try SQLiteLedger.open(path: file, onStale: {})
        defer { ledger.close() }
        let team = Team(
            members: members, revision: try store.roster().revision,
            lastAttempt: try store.lastAttempt().rawValue)
        let load = Load(ledger, team, inFlight: inFlight)
        // A quarter of the time to reach the pace.
        _ = try load.run(seconds: seconds / 4)
        return try load.run(seconds: seconds)
    }

    private func run(seconds: Double) throws -> Figures {
        let writerBefore = writerCPU()
        let (workBefore, cpuBefore) = (ledger.work, Clock.processCPU())
        let start = Clock.nanoseconds()
        let end = start + UInt64(seconds * 1_000_000_000)
        var waits: [UInt64] = []
        waits.reserveCapacity(Int(seconds * 200_000))
        var calls: [(attempt: Attempt, isWritten: Bool, since: UInt64)] = []
        var pending = Array(0..<inFlight)
        calls = pending.map { _ in (team.next(), false, 0) }
        var (settled, unanswered, isFirst) = (0, 0, true)
        while true {
            let now = Clock.nanoseconds()
            for slot in pending {
                if !isFirst {
                    unanswered -= 1
                    waits.append(now - calls[slot].since)
                    if calls[slot].isWritten {
                        settled += 1
                        if now >= end { continue }
                        calls[slot] = (team.next(), false, 0)
                    } else {
                        calls[slot].isWritten = true
                    }
                }
                calls[slot].since = now
                unanswered += 1
                let attempt = calls[slot].attempt
                append(
                    calls[slot].isWritten
                        ? .entry(team.entry(attempt), of: attempt)
                        : .attempt(attempt, revision: team.revision), slot)
            }
            isFirst = false
            if unanswered == 0 { break }
            bell.wait()
            pending = answered.withLock { answered in
                defer { answered.slots.removeAll(keepingCapacity: true) }
                return answered.slots
            }
            if let failure = answered.withLock(\.failure) { throw failure }
        }
        let elapsed = Double(Clock.nanoseconds() - start) / 1_000_000_000
        let (work, cpu) = (ledger.work, Clock.processCPU() - cpuBefore)
        let writer = writerCPU() - writerBefore
        return Figures(
            attemptsPerSecond: Double(settled) / elapsed,
            groupSize: Double(work.writes - workBefore.writes)
                / Double(work.groups - workBefore.groups),
            processCPU: Double(cpu) / 1_000 / Double(settled),
            writerCPU: Double(writer) / 1_000 / Double(settled), waits: waits.sorted())
    }

    private func append(_ write: LedgerWrite, _ slot: Int) {
        ledger.append(write) { [self] result in
            let mustRing = answered.withLock { answered in
                answered.slots.append(slot)
                if case .failure(let failure) = result { answered.failure = failure }
                return answered.slots.count == 1
            }
            if mustRing { bell.signal() }
        }
    }

    /// What the writer's thread has used so far: an answer comes on it.
    private func writerCPU() -> UInt64 {
        let time = Mutex<UInt64>(0)
        let done = DispatchSemaphore(value: 0)
        ledger.append(.confirm(revision: team.revision)) { _ in
            time.withLock { $0 = Clock.threadCPU() }
            done.signal()
        }
        done.wait()
        return time.withLock { $0 }
    }
}

/// Makes calls up, of each member in turn.
final class Team: Sendable {
    let members: Int
    let revision: Int64
    private let last: Mutex<Int64>

    init(members: Int, revision: Int64, lastAttempt: Int64) {
        self.members = members
        self.revision = revision
        last = Mutex(lastAttempt)
    }

    func next() -> Attempt {
        let id = last.withLock { last in
            last += 1
            return last
        }
        // A prime, so that neighbours in time are not neighbours in the file.
        let member = id * 7_919 % Int64(members) + 1
        return Attempt(
            id: ID(id), requestID: "request-\(id)", at: Timestamp(milliseconds: 1_795_248_000_000),
            key: ID(member), member: ID(member), team: ID((member + 4) / 5),
            requestedModel: Team.models[Int(id % 5)], model: Team.models[Int(id % 5)],
            app: "bench", isStreamed: id % 2 == 0, bound: USD(picodollars: 1_000_000_000),
            day: PastCalls.today)
    }

    func entry(_ attempt: Attempt) -> Entry {
        Entry(
            attempt: attempt.id, at: attempt.at.adding(seconds: 1), kind: .settled,
            amount: USD(picodollars: 1_000_000 + attempt.id.rawValue % 977),
            literal: "1.000123e-06", source: .upstream,
            generationID: "gen-\(attempt.id.rawValue)",
            tokens: TokenCounts(prompt: 58, completion: 10), upstreamStatus: 200)
    }

    private static let models = (0..<5).map { "openai/gpt-\($0)" }
}
