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
        gateway?.unheard += 1
        store.append(SimulatedStore.Queued(write: write, purpose: purpose, life: life))
        plan(
            store.isFailing ? .refusals : .commitBegins, in: chance(3), ofThisLife: true)
    }

    /// Answers those who came while the disk was failing.
    mutating func answerRefused() throws(Crash) {
        for queued in store.takeRefused() {
            try answer(queued, .failure(SimulatedStore.failure))
        }
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
        let fate = fateOfCommit()
        if fate != .committed { plan(.probe, in: 200 + chance(300), ofThisLife: true) }
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

    private mutating func fateOfCommit() -> SimulatedStore.Fate {
        if isClosing || !happens(oneIn: 60) { return .committed }
        count(.commitFailed)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return .failed
        case 1, 2: return .landed
        default: break
        }
        // An attempt that is in the books at once, and denied, would be a lie about the present;
        // no engine may tell it. About what is past it may err.
        let hasAttempt = store.group.contains {
            if case .attempt = $0.write { true } else { false }
        }
        if hasAttempt { return .landed }
        count(.commitUnheard)
        return .unheard
    }

    mutating func probe() throws(Crash) {
        guard gateway != nil, store.isFailing else { return }
        try point(.whileFailing)
        guard isClosing || happens(oneIn: 2) else {
            let probes = (gateway?.failedProbes ?? 0) + 1
            gateway?.failedProbes = probes
            // A gateway whose ledger does not heal ends itself.
            if probes > Simulation.probesMax { throw Crash(point: .whileFailing) }
            return plan(.probe, in: 500, ofThisLife: true)
        }
        // Whoever was refused hears it before anybody hears that the disk works again.
        while !store.refused.isEmpty { try answerRefused() }
        store.heal()
        gateway?.failedProbes = 0
        for one in gateway?.treasury.takeUnwritten() ?? [] {
            count(.rewritten)
            append(.entry(one.entry, of: one.attempt), for: .booking(one.entry, one.attempt))
        }
    }

    mutating func jumpClock() {
        if isClosing { return }
        plan(.clockJumps, in: 500 + chance(7_000))
        let hour: Int64 = 3_600_000
        let today = town.zone.day(at: wall)
        // Beyond the zone's last change nothing is to be learnt.
        let isLate = today.year >= Town.yearMax
        switch Int.random(in: 0..<12, using: &random) {
        case 0: wallOffset -= chance(50 * hour)
        case 1 where !isLate: wallOffset += chance(24 * 40 * hour)
        case 2 where !isLate: jump(shortOf: nextShortNight())
        case 3 where !isLate: jump(shortOf: today.nextMonthStart)
        case 4 where !isLate: jump(shortOf: newYear(after: today))
        case 5: jump(shortOf: today.weekStart.adding(days: 7))
        case 6...9: jump(shortOf: today.adding(days: 1))
        default: wallOffset += chance(30 * hour)
        }
        observeDay()
    }

    private func newYear(after day: CivilDate) -> CivilDate {
        var day = day.nextMonthStart
        while day.month > 1 { day = day.nextMonthStart }
        return day
    }

    /// To a moment before the day begins.
    private mutating func jump(shortOf day: CivilDate) {
        let begins = town.zone.start(of: day)
        wallOffset += begins.milliseconds - wall.milliseconds - chance(2_000)
    }

    /// The next day that is not of 24 hours, or the one behind it.
    private mutating func nextShortNight() -> CivilDate {
        let now = wall
        let next = town.zone.transitions.first { $0.at > now }
        let day = town.zone.day(at: next?.at ?? now)
        return happens(oneIn: 3) ? day.adding(days: 1) : day
    }

    mutating func crash(at point: CrashPoint) {
        tally.crashes[point, default: 0] += 1
        // What was being written may reach the disk with the process's last breath.
        let (disowned, last) = store.crash(groupLands: happens(oneIn: 2))
        if !disowned.isEmpty { count(.commitLanded) }
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
        let today = town.zone.day(at: wall)
        var book = Book(from: today)
        let windows = Windows(holding: today)
        for (key, spent) in store.spend where key.window >= windows[key.period] {
            book.load(spent, scope: key.scope, period: key.period, window: key.window)
        }
        gateway = SimulatedGateway(
            treasury: Treasury(book: book), roster: town.roster(revision: store.revision),
            nextAttempt: store.lastAttempt.rawValue + 1)
        for (attempt, entry) in store.unresolved {
            plan(.lookUp(attempt, entry, pause: 0), in: 1_000, ofThisLife: true)
        }
        count(.restarted)
        observe(.restarted)
    }
}
