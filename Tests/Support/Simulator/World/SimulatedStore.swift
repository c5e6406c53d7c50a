import Purser
import Storage

/// The ledger's port in memory, with the ways in which a disk lets one down.
///
/// Durable is what survives ``crash()``; the queue and the group being committed do not.
struct SimulatedStore {
    /// What the gateway wanted with a write; it comes back with the answer.
    struct Queued {
        var write: LedgerWrite
        var purpose: Simulation.Purpose
        var life: Int
    }

    struct SpendKey: Hashable {
        var scope: Scope
        var period: Period
        var window: Window
    }

    static let failure = StorageFailure(.unavailable, "the simulated disk failed")

    enum Fate {
        case committed, failed
        /// The group is called failed, and after a crash it is there.
        case landed
        /// The group is committed, and called failed because the answer was lost.
        case unheard
    }

    // Durable.
    var revision: Int64 = 1
    private(set) var attempts: [ID<Attempt>: Attempt] = [:]
    private(set) var entries: [ID<Attempt>: [Entry]] = [:]
    private(set) var open: [ID<Attempt>: OpenAttempt] = [:]
    private(set) var spend: [SpendKey: USD] = [:]
    var emergencies: [Entry] = []
    /// A group whose commit was called failed, and which the disk has all the same until
    /// something else is written in its place.
    private var landed: [LedgerWrite] = []

    // Gone with the process.
    private(set) var queue: [Queued] = []
    private(set) var group: [Queued] = []
    private(set) var isFailing = false
    /// Writes that came while the disk was failing; the answer is on its way.
    private(set) var refused: [Queued] = []

    /// What became durable, in order.
    enum Landing {
        case attempt(Attempt, revision: Int64)
        case generation(String, ID<Attempt>)
        case entry(Entry, Attempt)
    }

    mutating func append(_ queued: Queued) {
        if isFailing { refused.append(queued) } else { queue.append(queued) }
    }

    mutating func takeRefused() -> [Queued] {
        defer { refused = [] }
        return refused
    }

    /// The next group, if none is being committed; `false` if there is nothing to do.
    mutating func beginGroup(max: Int) -> Bool {
        guard group.isEmpty, !queue.isEmpty else { return false }
        group = Array(queue.prefix(max))
        queue.removeFirst(group.count)
        return true
    }

    /// Ends the group's commit; answers, and what is durable now.
    mutating func endGroup(
        _ fate: Fate
    ) -> (answers: [(Queued, Result<LedgerReceipt, StorageFailure>)], landings: [Landing]) {
        defer { group = [] }
        guard fate == .committed else {
            isFailing = true
            landed = fate == .landed ? group.map(\.write) : []
            let failed = group + queue
            queue = []
            var landings: [Landing] = []
            if fate == .unheard { for queued in group { _ = apply(queued.write, &landings) } }
            return (failed.map { ($0, .failure(SimulatedStore.failure)) }, landings)
        }
        landed = []
        var landings: [Landing] = []
        let answers = group.map { queued in
            (queued, Result<LedgerReceipt, StorageFailure>.success(apply(queued.write, &landings)))
        }
        return (answers, landings)
    }

    /// The disk takes writes again; the probe has overwritten what had landed.
    mutating func heal() {
        isFailing = false
        landed = []
    }

    /// The process is gone. Returns what turns out to be durable although the gateway was told
    /// that it was not, and what was being written when it ended.
    ///
    /// - Parameter groupLands: whether the group that was being committed reached the disk.
    mutating func crash(groupLands: Bool) -> (disowned: [Landing], last: [Landing]) {
        var disowned: [Landing] = []
        var last: [Landing] = []
        for write in landed { _ = apply(write, &disowned) }
        if groupLands { for queued in group { _ = apply(queued.write, &last) } }
        landed = []
        group = []
        queue = []
        refused = []
        isFailing = false
        return (disowned, last)
    }

    /// Writes at once, as recovery does before anybody is served.
    mutating func write(_ write: LedgerWrite) -> [Landing] {
        var landings: [Landing] = []
        _ = apply(write, &landings)
        return landings
    }

    /// Kept attempts whose generation is known and whose truth has not arrived.
    var unresolved: [(attempt: Attempt, entry: Entry)] {
        entries.values
            .compactMap { list -> (attempt: Attempt, entry: Entry)? in
                guard let entry = list.last, entry.kind == .kept, entry.generationID != nil,
                    let attempt = attempts[entry.attempt]
                else { return nil }
                return (attempt, entry)
            }
            .sorted { $0.attempt.id < $1.attempt.id }
    }

    /// The roll-ups, in an order that is the same in every run.
    var sortedSpend: [(key: SpendKey, value: USD)] {
        func place(_ key: SpendKey) -> (Int64, Int64, UInt8, Int32) {
            (key.scope.kind, key.scope.rawID, key.period.rawValue, key.window.firstDay)
        }
        return spend.sorted { place($0.key) < place($1.key) }
    }

    var lastAttempt: ID<Attempt> { attempts.keys.max() ?? ID(0) }

    private mutating func apply(
        _ write: LedgerWrite, _ landings: inout [Landing]
    ) -> LedgerReceipt {
        switch write {
        case .attempt(let attempt, let revision):
            guard revision == self.revision else { return .stale }
            guard attempts[attempt.id] == nil else { return .written }
            attempts[attempt.id] = attempt
            open[attempt.id] = OpenAttempt(attempt)
            landings.append(.attempt(attempt, revision: revision))
        case .generation(let id, let attempt):
            guard open[attempt] != nil else { return .written }
            open[attempt]?.generationID = id
            landings.append(.generation(id, attempt))
        case .entry(let entry, let attempt):
            let known = entries[attempt.id] ?? []
            guard !known.contains(where: { $0.sequence == entry.sequence }) else {
                return .written
            }
            precondition(attempts[attempt.id] != nil, "an entry comes after its attempt")
            entries[attempt.id] = known + [entry]
            if entry.sequence == 0 { open[attempt.id] = nil }
            landings.append(.entry(entry, attempt))
            // As in the real one, what was never served makes no row.
            if entry.kind == .released { break }
            for scope in attempt.scopes {
                for period in Period.allCases {
                    let window = attempt.windows[period]
                    spend[
                        SpendKey(scope: scope, period: period, window: window), default: .zero] +=
                        entry.amount
                }
            }
        case .confirm(let revision):
            return revision == self.revision ? .written : .stale
        case .refusal: break
        }
        return .written
    }
}
