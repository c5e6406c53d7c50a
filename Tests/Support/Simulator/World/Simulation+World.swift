import Metering
import OpenRouterWire
import Purser
import Storage
import TestSupport

/// The disk, the clock, the directory, and the end and beginning of a process.
extension Simulation {
    /// Writes in one group; small, so that much lies between two of them.
    private static let groupMax = 8
    /// Probes of a broken disk before the gateway gives up.
    private static let probesMax = 60

    mutating func append(_ write: LedgerWrite, for purpose: Purpose) {
        let queued = SimulatedStore.Queued(write: write, purpose: purpose, life: life)
        if store.isFailing {
            let failure = StorageFailure(.unavailable, "the simulated disk failed")
            plan(.answer(queued, .failure(failure)), in: chance(2), ofThisLife: true)
            return
        }
        store.append(queued)
        plan(.commitBegins, in: chance(3), ofThisLife: true)
    }

    mutating func beginCommit() {
        guard store.beginGroup(max: Simulation.groupMax) else { return }
        plan(.commitEnds, in: 1 + chance(5), ofThisLife: true)
    }

    mutating func endCommit() throws(Crash) {
        for queued in store.group {
            switch queued.write {
            case .attempt: try point(.beforeAttemptCommit)
            case .entry: try point(.beforeEntryCommit)
            case .generation, .refusal, .confirm: break
            }
        }
        var fate = SimulatedStore.Fate.committed
        if !isClosing, happens(oneIn: 400) {
            fate = happens(oneIn: 3) ? .failedButLanded : .failed
            count { $0.failedCommits += 1 }
            plan(.probe, in: 500, ofThisLife: true)
        }
        let (answers, landings) = store.endGroup(fate)
        observe(landings)
        for (queued, result) in answers {
            if result == .success(.stale), gateway?.roster.revision != store.revision {
                gateway?.roster = town.roster(revision: store.revision)
                try serve(gateway?.treasury.judgeWaitersAnew() ?? [])
            }
            plan(.answer(queued, result), in: 0, ofThisLife: true)
        }
        plan(.commitBegins, in: 0, ofThisLife: true)
    }

    mutating func probe() throws(Crash) {
        guard gateway != nil, store.isFailing else { return }
        guard isClosing || happens(oneIn: 3) else {
            let probes = (gateway?.failedProbes ?? 0) + 1
            gateway?.failedProbes = probes
            // A gateway whose ledger does not heal ends itself.
            if probes > Simulation.probesMax || happens(oneIn: 20) {
                throw Crash(point: .whileFailing)
            }
            return plan(.probe, in: 500, ofThisLife: true)
        }
        store.heal()
        gateway?.failedProbes = 0
        for one in gateway?.treasury.takeUnwritten() ?? [] {
            append(.entry(one.entry, of: one.attempt), for: .booking(one.entry, one.attempt))
        }
    }

    mutating func change() {
        if isClosing { return }
        plan(.change, in: 3_000 + chance(20_000))
        store.revision += 1
        let scope = town.scope(using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1:
            let budget = Town.budget(scope, using: &random)
            town.budgets.removeAll { $0.scope == scope && $0.period == budget.period }
            town.budgets.append(budget)
            observeLimit(of: budget)
        case 2:
            guard let index = town.budgets.indices.randomElement(using: &random) else { return }
            let budget = town.budgets.remove(at: index)
            observeNoLimit(budget.scope, budget.period)
        case 3:
            guard let index = town.budgets.indices.randomElement(using: &random) else { return }
            let today = town.zone.day(at: wall)
            town.budgets[index].raise = Budget.Raise(
                limit: town.budgets[index].limit + .dollars(1 + chance(5)),
                lastDay: today.adding(days: Int(chance(3))))
            observeLimit(of: town.budgets[index])
        case 4:
            let index = Int(chance(Int64(town.keys.count)))
            town.keys[index].isDisabled.toggle()
        default:
            town.softLimits = [
                SoftLimit(scope: scope, period: .daily, amount: .dollars(1 + chance(3)))
            ]
        }
    }

    mutating func jumpClock() {
        if isClosing { return }
        plan(.clockJumps, in: 5_000 + chance(120_000))
        let hour: Int64 = 3_600_000
        switch Int.random(in: 0..<10, using: &random) {
        case 0: wallOffset -= chance(50 * hour)
        case 1: wallOffset += chance(24 * 40 * hour)
        case 2...5:
            // A moment before midnight, whatever length this day has.
            let tomorrow = town.zone.start(of: town.zone.day(at: wall).adding(days: 1))
            wallOffset += tomorrow.milliseconds - wall.milliseconds - chance(2_000)
        default: wallOffset += chance(30 * hour)
        }
        observeDay()
    }

    mutating func crash(at point: CrashPoint) {
        count { $0.crashes[point, default: 0] += 1 }
        // What was being written may reach the disk with the process's last breath.
        let (disowned, last) = store.crash(groupLands: happens(oneIn: 2))
        observe(disowned, isDisowned: true)
        observe(last)
        observe(.crash)
        gateway = nil
        life += 1
        for id in runs.keys.sorted() where runs[id]?.billedAt == nil { abandon(id) }
        plan(.restart, in: 500 + chance(5_000), ofThisLife: true)
    }

    /// What the gateway does before it serves anybody.
    mutating func restart() throws(Crash) {
        for entry in store.emergencies {
            try point(.duringRecovery)
            guard let open = store.open[entry.attempt] else { continue }
            observe(store.write(.entry(entry, of: open.attempt)))
        }
        store.emergencies = []
        for id in store.open.keys.sorted() {
            try point(.duringRecovery)
            guard let open = store.open[id] else { continue }
            observe(store.write(.entry(Treasury.keep(open, at: wall), of: open.attempt)))
        }
        var book = Book()
        let windows = Windows(holding: town.zone.day(at: wall))
        for (key, spent) in store.spend where key.window >= windows[key.period] {
            book.load(spent, scope: key.scope, period: key.period, window: key.window)
        }
        gateway = SimulatedGateway(
            treasury: Treasury(book: book), roster: town.roster(revision: store.revision),
            nextAttempt: store.lastAttempt.rawValue + 1)
        for (attempt, entry) in store.unresolved {
            plan(.lookUp(attempt, entry, pause: 0), in: 1_000, ofThisLife: true)
        }
        observe(.restarted)
    }
}
