import Purser
import SimulationOracle
import Storage

/// What can be seen from outside, told to the oracle.
extension Simulation {
    enum Sight {
        case billed(UpstreamRun)
        case admitted(Attempt, Int64)
        case returned(ID<Attempt>)
        case forwarded(Attempt)
        /// The client has the last byte, and read this cost in the answer.
        case reply(Attempt, USD?)
        case crash
        case restarted
        case quiescent
    }

    private mutating func tell(_ observation: Observation) {
        violations += oracle.observe(observation).map(\.description)
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
        case .returned(let attempt): tell(.heldReturned(id: name(attempt)))
        case .forwarded(let attempt): tell(.forwarded(id: name(attempt.id)))
        case .reply(let attempt, let cost):
            tell(.replyWhole(id: name(attempt.id), reportedCost: cost?.picodollars))
        case .crash: tell(.crash)
        case .restarted:
            tell(.restarted)
            observeLedger()
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
                tell(.attemptResurfaced(place(of: attempt)))
            case .attempt(let attempt, let revision):
                tell(.attemptDurable(place(of: attempt), judgedUnder: Int(revision)))
            case .generation(let generation, let attempt):
                tell(.generationDurable(id: name(attempt), generation: generation))
            case .entry(let entry, _): tell(.entryDurable(line(entry)))
            }
        }
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
                picodollars: ((raise?.limit ?? budget.limit) - budget.limit).picodollars,
                lastDay: raise?.lastDay.daysSinceEpoch ?? 0, revision: revision))
    }

    mutating func observeNoLimit(_ scope: Scope, _ period: Period) {
        tell(
            .limit(
                scope: Simulation.name(scope), period: Simulation.period(period),
                picodollars: nil, revision: Int(store.revision)))
    }

    mutating func observeDay() {
        let day = town.zone.day(at: wall)
        guard day != toldDay else { return }
        toldDay = day
        tell(.clockDay(day.daysSinceEpoch))
    }

    /// The store's roll-ups, row by row.
    mutating func observeBalances() {
        for (key, spent) in store.spend {
            tell(
                .durableBalance(
                    scope: Simulation.name(key.scope), period: Simulation.period(key.period),
                    firstDay: Int(key.window.firstDay), picodollars: spent.picodollars))
        }
    }

    private mutating func observeLedger() {
        tell(
            .ledgerRead(
                attempts: store.attempts.values.map(place),
                entries: store.entries.values.flatMap { $0.map(line) }))
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
