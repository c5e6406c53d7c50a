import Metering
import OpenRouterWire
import Purser
import Storage

/// The upstream's side, and what is asked of it later.
extension Simulation {
    /// The pauses of the gateway's own look-ups, in milliseconds.
    private static let pauses: [Int64] = [1_000, 5_000, 30_000, 300_000, 3_600_000]

    /// Takes the next step of a call at the upstream.
    mutating func advance(_ id: ID<Attempt>) throws(Crash) {
        guard var run = runs[id], run.position < run.steps.count else { return }
        let step = run.steps[run.position].step
        run.position += 1
        runs[id] = run
        if run.position < run.steps.count {
            plan(.upstream(id), in: run.steps[run.position].pause)
        }
        if case .bill = step { return bill(id) }
        // The gateway may have let go of the connection, or have ended.
        let exchange = run.exchange
        guard gateway?.exchanges[exchange]?.run == id else { return }
        switch step {
        case .head(let status, let hasGeneration):
            let generation = hasGeneration ? run.generation : nil
            try perform(
                feed(.headReceived(status: status, generationID: generation), to: exchange),
                for: exchange)
            if let generation, gateway?.exchanges[exchange] != nil {
                append(.generation(generation, of: id), for: .note)
            }
            try point(.afterHead)
        case .piece:
            try point(.midStream)
        case .report(let answer):
            try report(answer, to: exchange)
        case .done: try perform(feed(.streamDone, to: exchange), for: exchange)
        case .end:
            gateway?.exchanges[exchange]?.run = nil
            try perform(feed(.upstreamEnded, to: exchange), for: exchange)
        case .lost:
            gateway?.exchanges[exchange]?.run = nil
            try perform(feed(.upstreamLost, to: exchange), for: exchange)
        case .silence:
            plan(.silenceEnds(exchange: exchange), in: 180_000, ofThisLife: true)
        case .bill: break
        }
    }

    /// An event with usage or an error in it; it passes unless the passage holds it back.
    private mutating func report(_ answer: ChatAnswer, to exchange: Int) throws(Crash) {
        if let cost = answer.usage?.cost { gateway?.exchanges[exchange]?.reported = cost }
        try perform(feed(.reportSeen(answer), to: exchange), for: exchange)
        guard let call = gateway?.exchanges[exchange], let attempt = call.admitted?.attempt,
            attempt.isStreamed, !call.isHeldBack, call.isClientHere, answer.usage?.cost != nil
        else { return }
        observe(.reply(attempt, call.reported))
    }

    /// The upstream charges for the call, once.
    mutating func bill(_ id: ID<Attempt>) {
        guard let run = runs[id], run.billedAt == nil else { return }
        let recordedAt = time + chance(40_000)
        runs[id]?.billedAt = time
        runs[id]?.recordedAt = recordedAt
        observe(.billed(run))
    }

    /// The gateway has let go: some providers stop and charge less, others go on to the end.
    mutating func abandon(_ id: ID<Attempt>) {
        guard let run = runs[id], run.billedAt == nil else { return }
        if happens(oneIn: 2) {
            let part = Int64.random(in: 0...run.cost.picodollars, using: &random)
            runs[id]?.cost = USD(picodollars: part)
        }
        bill(id)
    }

    mutating func lookUp(
        _ attempt: Attempt, _ kept: Entry, pause: Int
    ) throws(Crash) {
        let run = runs[attempt.id]
        guard let run, let recordedAt = run.recordedAt, recordedAt <= time,
            isClosing || !happens(oneIn: 4)
        else {
            let next = pause + 1
            guard next < Simulation.pauses.count else { return }
            return plan(
                .lookUp(attempt, kept, pause: next), in: Simulation.pauses[next],
                ofThisLife: true)
        }
        try point(.duringCorrection)
        let record: JSON = ["data": ["total_cost": .number(run.cost.description)]]
        guard let truth = GenerationCost(record) else {
            preconditionFailure("a record has a cost")
        }
        let now = now()
        guard
            let booking = gateway?.treasury.correct(attempt, kept: kept, truth: truth, at: now)
        else { return }
        append(
            .entry(booking.entry, of: attempt), for: .booking(booking.entry, attempt))
        try serve(booking.turns)
    }
}
