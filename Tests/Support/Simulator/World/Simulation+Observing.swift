import Purser
import SimulationOracle
import Storage

/// What can be seen from outside, told to the oracle.
extension Simulation {
    enum Sight {
        case billed(UpstreamRun)
        case admitted(Attempt, Int64)
        case waits(Attempt)
        case waitEnded(ID<Attempt>)
        case refused(Refusal, CivilDate, Int64)
        case returned(ID<Attempt>)
        case forwarded(Attempt)
        /// The client has the last byte, and read this cost in the answer.
        case reply(Attempt, USD?)
        case believed(Scope, Period, Book.Slot)
        case crash
        case restarted
        case quiescent
    }

    private static let toldMax = 60

    /// What the oracle was told last, for whoever looks into a violation.
    package var story: [String] { told.suffix(Simulation.toldMax).map { "\($0)" } }

    private mutating func tell(_ observation: Observation) {
        violations += oracle.observe(observation).map(\.description)
        if told.count >= 2 * Simulation.toldMax { told.removeFirst(Simulation.toldMax) }
        told.append(observation)
        if !isDigesting { return }
        for byte in "\(observation)".utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    mutating func observe(_ sight: Sight) {
        switch sight {
        case .billed(let run):
            tell(
                .billed(
                    id: name(run.attempt), generation: run.generation,
                    picodollars: run.cost.picodollars))
        case .admitted(let attempt, let revision):
            tell(.admitted(place(of: attempt), judgedUnder: Int(revision)))
        case .waits(let attempt): tell(.waits(place(of: attempt)))
        case .waitEnded(let attempt): tell(.waitEnded(id: name(attempt)))
        case .refused(let refusal, let day, let revision): tell(refusal, day, revision)
        case .believed(let scope, let period, let slot):
            tell(
                .believedBalance(
                    scope: Simulation.name(scope), period: Simulation.period(period),
                    firstDay: Int(slot.window.firstDay), spent: slot.spent.picodollars,
                    held: slot.held.picodollars))
        case .returned(let attempt): tell(.heldReturned(id: name(attempt)))
        case .forwarded(let attempt): tell(.forwarded(id: name(attempt.id)))
        case .reply(let attempt, let cost):
            tell(.replyWhole(id: name(attempt.id), reportedCost: cost?.picodollars))
        case .crash: tell(.crash)
        case .restarted:
            tell(.restarted)
            observeLedger()
            observeBeliefs()
        case .quiescent: tell(.quiescent)
        }
    }

    /// What has become durable.
    ///
    /// - Parameter isDisowned: the store had said that it was not.
    mutating func observe(_ landings: [SimulatedStore.Landing], isDisowned: Bool = false) {
        for landing in landings {
            switch landing {
            case .attempt(let attempt, _) where isDisowned:
                count(.resurfaced)
                tell(.attemptResurfaced(place(of: attempt)))
            case .attempt(let attempt, let revision):
                tell(.attemptDurable(place(of: attempt), judgedUnder: Int(revision)))
            case .generation(let generation, let attempt):
                tell(.generationDurable(id: name(attempt), generation: generation))
            case .entry(let entry, let attempt): observe(entry, of: attempt)
            }
        }
    }

    private mutating func observe(_ entry: Entry, of attempt: Attempt) {
        switch entry.kind {
        case .settled: count(.settled)
        case .released: count(.released)
        case .kept: count(.kept)
        case .correction: count(.corrected)
        }
        if entry.kind == .settled, entry.amount > attempt.bound { count(.aboveHold) }
        tell(.entryDurable(line(entry)))
    }

    private mutating func tell(_ refusal: Refusal, _ day: CivilDate, _ revision: Int64) {
        guard case .overBudget(let numbers) = refusal, !numbers.isInFlight else {
            return tell(.refused(reason: refusal.code))
        }
        count(.shortfall)
        let shortfall = Observation.Shortfall(
            scope: Simulation.name(numbers.scope), period: Simulation.period(numbers.period),
            day: day.daysSinceEpoch, limit: numbers.limit.picodollars,
            spent: numbers.spent.picodollars, bound: numbers.bound.picodollars)
        tell(.shortfall(shortfall, judgedUnder: Int(revision)))
    }

    mutating func observeLimit(of budget: Budget) {
        let period = Simulation.period(budget.period)
        let scope = Simulation.name(budget.scope)
        let revision = Int(store.revision)
        tell(
            .limit(
                scope: scope, period: period, picodollars: budget.limit.picodollars,
                revision: revision))
        let raise = budget.raise
        tell(
            .raise(
                scope: scope, period: period,
                picodollars: raise.map { max($0.limit - budget.limit, .zero).picodollars } ?? 0,
                lastDay: raise?.lastDay.daysSinceEpoch ?? 0, revision: revision))
    }

    mutating func observeNoLimit(_ scope: Scope, _ period: Period) {
        tell(
            .limit(
                scope: Simulation.name(scope), period: Simulation.period(period),
                picodollars: nil, revision: Int(store.revision)))
    }

    mutating func observeDay() {
        let day = calendar.dayInBerlin(at: wall.milliseconds)
        guard day != toldDay else { return }
        if let toldDay { countNights(from: toldDay, to: day) }
        toldDay = day
        tell(.clockDay(day))
    }

    private mutating func countNights(from: Int, to: Int) {
        if to < from { return count(.setBack) }
        let (before, after) = (CivilDate(daysSinceEpoch: from), CivilDate(daysSinceEpoch: to))
        count(.midnight)
        if before.monthStart != after.monthStart { count(.monthEnd) }
        if before.year != after.year { count(.yearEnd) }
        let length =
            town.zone.start(of: after.adding(days: 1)).milliseconds
            - town.zone.start(of: after).milliseconds
        if length != 86_400_000 { count(.shortNight) }
        for raise in town.budgets.compactMap(\.raise)
        where raise.lastDay < after && raise.lastDay >= before {
            count(.raiseEnded)
        }
    }

    /// The store's roll-ups, row by row.
    mutating func observeBalances() {
        for (key, spent) in store.sortedSpend {
            tell(
                .durableBalance(
                    scope: Simulation.name(key.scope), period: Simulation.period(key.period),
                    firstDay: Int(key.window.firstDay), picodollars: spent.picodollars))
        }
    }

    private mutating func observeLedger() {
        tell(
            .ledgerRead(
                attempts: store.attempts.values.sorted { $0.id < $1.id }.map(place),
                entries: store.entries.sorted { $0.key < $1.key }.flatMap { $0.value.map(line) }))
    }

    private func name(_ attempt: ID<Attempt>) -> String { "\(attempt.rawValue)" }

    private func place(of attempt: Attempt) -> Observation.Attempt {
        Observation.Attempt(
            id: name(attempt.id), scopes: attempt.scopes.map(Simulation.name),
            bound: attempt.bound.picodollars, day: attempt.day.daysSinceEpoch)
    }

    private func line(_ entry: Entry) -> Observation.Entry {
        let kind: Observation.Entry.Kind =
            switch entry.kind {
            case .settled: .settled
            case .released: .released
            case .kept: .kept
            case .correction: .correction
            }
        let source: Observation.Entry.Source =
            switch entry.source {
            case .upstream: .upstream
            case .generation: .generation
            case .hold: .hold
            case .none: .none
            }
        return Observation.Entry(
            attempt: name(entry.attempt), sequence: Int(entry.sequence), kind: kind,
            picodollars: entry.amount.picodollars, source: source)
    }

    private static func name(_ scope: Scope) -> String {
        switch scope {
        case .organisation: "organisation"
        case .team(let id): "team:\(id.rawValue)"
        case .member(let id): "member:\(id.rawValue)"
        case .key(let id): "key:\(id.rawValue)"
        }
    }

    private static func period(_ period: Period) -> Observation.Period {
        switch period {
        case .daily: .daily
        case .weekly: .weekly
        case .monthly: .monthly
        case .total: .total
        }
    }
}
