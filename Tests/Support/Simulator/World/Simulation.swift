import Metering
import OpenRouterWire
import Purser
import SimulationOracle
import Storage
import TestSupport

/// A team, a gateway, its disk and the upstream in one thread, on a clock of their own.
///
/// Everything that happens is an event drawn from one seed: the same seed gives the same run, to
/// the last picodollar. The rules are the gateway's own (``Treasury``, ``Passage``,
/// ``Admission``); what is simulated is the world around them. After each step the oracle, which
/// shares no code with the rules, checks the invariants on what can be seen from outside.
package struct Simulation {
    enum Event {
        case arrival
        case turn(exchange: Int, Book.Turn)
        case clientLeaves(exchange: Int)
        case waitEnds(exchange: Int, ID<Attempt>)
        case silenceEnds(exchange: Int)
        case commitBegins
        case commitEnds
        case answer(SimulatedStore.Queued, Result<LedgerReceipt, StorageFailure>)
        case refusals
        case probe
        case upstream(ID<Attempt>)
        case lookUp(Attempt, Entry, pause: Int)
        case change
        case clockJumps
        case crash
        case restart
    }

    /// What a write was for.
    enum Purpose {
        case record(exchange: Int)
        case outcome(exchange: Int, Entry, Attempt)
        case booking(Entry, Attempt)
        case note
    }

    struct Planned {
        var event: Event
        /// Which process it concerns; `nil` for the world, which outlives them all.
        var life: Int?
    }

    package let seed: UInt64
    var random: SeededGenerator
    var schedule = Schedule<Planned>()
    var town: Town
    var store = SimulatedStore()
    var runs: [ID<Attempt>: UpstreamRun] = [:]
    /// `nil` while the process is down.
    var gateway: SimulatedGateway?
    var life = 0
    /// Milliseconds since the run began, which never jump.
    var time: Int64 = 0
    /// What the wall clock adds to that.
    var wallOffset: Int64
    var nextExchange = 0
    /// At which step the book was last compared at rest.
    private var restCheckedAt = 0
    /// Nothing goes wrong any more, and nobody comes: the books must close.
    var isClosing = false
    /// How eagerly crashes strike: 0 is never.
    let crashFactor: Int
    var oracle: Oracle
    /// The oracle's own way from instants to days, and the day that it was told last.
    var calendar = WalkedCalendar()
    var toldDay: Int?
    var told: [Observation] = []
    /// With `true`, ``digest`` sums up all that the oracle is told.
    package var isDigesting = false
    package internal(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    /// What went wrong, in sentences; empty if nothing did.
    package var violations: [String] = []
    package internal(set) var tally = Tally()

    /// Saturday, 24 October 2026, 20:00 in Berlin: an hour is repeated the next night.
    private static let beginning: Int64 = 1_792_864_800_000

    package init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        town = Town(using: &random)
        wallOffset = Simulation.beginning + Int64.random(in: 0..<40, using: &random) * 86_400_000
        // Some processes live long, so that what only grows has time to.
        crashFactor = [0, 1, 1, 2].randomElement(using: &random) ?? 1
        oracle = Oracle(day: 0)
    }

    /// Runs that many steps, then closes the books. Stops at the first violation.
    package mutating func run(steps: Int) {
        for budget in town.budgets { observeLimit(of: budget) }
        observeDay()
        plan(.restart, in: 0)
        plan(.arrival, in: 1)
        plan(.change, in: 5_000)
        plan(.clockJumps, in: 2_000)
        plan(.crash, in: chance(60_000) + 10_000)
        while tally.steps < steps, violations.isEmpty {
            guard step() else { break }
        }
        isClosing = true
        // Look-ups go on for an hour; calls in flight end within minutes.
        while violations.isEmpty, step() {}
        guard violations.isEmpty else { return }
        observeBalances()
        observeBeliefs()
        checkRest()
        observe(.quiescent)
    }

    private mutating func step() -> Bool {
        guard let (at, planned) = schedule.next() else { return false }
        time = max(time, at)
        if let life = planned.life, life != self.life { return true }
        tally.steps += 1
        observeDay()
        do throws(Crash) {
            try take(planned.event)
        } catch {
            crash(at: error.point)
        }
        if tally.steps % 2_000 == 0 { observeBalances() }
        checkWaiters()
        if isAtRest, tally.steps >= restCheckedAt + 100 {
            restCheckedAt = tally.steps
            count(.rested)
            observeBeliefs()
        }
        return true
    }

    private mutating func take(_ event: Event) throws(Crash) {
        switch event {
        case .arrival: try arrive()
        case .turn(let exchange, let turn): try take(turn, exchange)
        case .clientLeaves(let exchange): try clientLeaves(exchange)
        case .waitEnds(let exchange, let ticket): try waitEnds(exchange, ticket)
        case .silenceEnds(let exchange): try silenceEnds(exchange)
        case .commitBegins: beginCommit()
        case .commitEnds: try endCommit()
        case .answer(let queued, let result): try answer(queued, result)
        case .refusals: try answerRefused()
        case .probe: try probe()
        case .upstream(let id): try advance(id)
        case .lookUp(let attempt, let entry, let pause):
            try lookUp(attempt, entry, pause: pause)
        case .change: change()
        case .clockJumps: jumpClock()
        case .crash:
            if isClosing { return }
            plan(.crash, in: chance(60_000) + 10_000)
            // Most crashes strike at named points; this one strikes anywhere.
            if gateway != nil { try point(store.isFailing ? .whileFailing : .anywhere) }
        case .restart: try restart()
        }
    }
}

extension Simulation {
    /// Plans an event of the world, or one of this process.
    mutating func plan(_ event: Event, in pause: Int64, ofThisLife isOfThisLife: Bool = false) {
        schedule.add(Planned(event: event, life: isOfThisLife ? life : nil), at: time + pause)
    }

    /// A number of milliseconds below `limit`.
    mutating func chance(_ limit: Int64) -> Int64 { Int64.random(in: 0..<limit, using: &random) }

    mutating func happens(oneIn count: Int) -> Bool {
        Int.random(in: 0..<count, using: &random) == 0
    }

    /// Crashes here now and then.
    mutating func point(_ point: CrashPoint) throws(Crash) {
        guard !isClosing, crashFactor > 0 else { return }
        if happens(oneIn: max(1, point.rarity / crashFactor)) { throw Crash(point: point) }
    }

    /// What the wall clock shows.
    var wall: Timestamp { Timestamp(milliseconds: time + wallOffset) }

    /// The instant that the gateway decides with: the clock, but never back.
    mutating func now() -> Timestamp {
        let newest = max(gateway?.newest ?? 0, wall.milliseconds)
        gateway?.newest = newest
        return Timestamp(milliseconds: newest)
    }
}
