import Metering
import OpenRouterWire
import Purser
import Storage

/// Calls on their way through the gateway: what its exchange does, on the simulated world.
extension Simulation {
    mutating func arrive() throws(Crash) {
        if isClosing { return }
        // A third of them come in bursts.
        plan(.arrival, in: happens(oneIn: 3) ? chance(3) : chance(700))
        guard gateway != nil else { return }
        count(.call)
        nextExchange += 1
        let number = Int64.random(in: 1...5, using: &random)
        let request = town.requests[Int(chance(Int64(town.requests.count)))]
        let names = ["ann", "ben", "cyd", "bot"]
        let name = happens(oneIn: 20) ? nil : names[Int(chance(4))]
        if town.keys[Int(number) - 1].isShared { count(.shared) }
        if request.isStreamed { count(.streamed) }
        gateway?.exchanges[nextExchange] = SimulatedExchange(
            request: request,
            identity: Identity(
                digest: Town.digest(number), memberName: name, app: "sim"))
        if happens(oneIn: 5) {
            plan(
                .clientLeaves(exchange: nextExchange), in: chance(3_000), ofThisLife: true)
        }
        try judge(nextExchange)
    }

    private mutating func judge(_ exchange: Int) throws(Crash) {
        guard let gateway, let call = gateway.exchanges[exchange] else { return }
        guard call.judgements < 100 else { return refuse(exchange, .overloaded) }
        let now = now()
        self.gateway?.exchanges[exchange]?.judgements += 1
        let matter = Case(
            request: call.request, identity: call.identity,
            requestID: "\(life)-\(gateway.nextAttempt)", attempt: ID(gateway.nextAttempt),
            at: now, roster: gateway.roster, catalogue: town.catalogue)
        self.gateway?.nextAttempt += 1
        let caller: Caller
        switch matter.party {
        case .caller(let found): caller = found
        case .settled(.refused(let refusal, _)): return refuse(exchange, refusal)
        case .settled: return refuse(exchange, .keyUnknown)
        }
        guard gateway.treasury.unwritten.isEmpty else {
            return refuse(exchange, .ledgerUnavailable)
        }
        let prospect = gateway.treasury.prospect(for: caller, at: now, in: gateway.roster.zone)
        let planned = matter.plan(
            for: caller, on: prospect.day, budgets: prospect.budgets,
            headroom: prospect.headroom)
        let admitted: Admitted
        switch planned {
        case .success(let plan): admitted = plan
        case .failure(let refusal): return refuse(exchange, refusal)
        }
        guard let judgement = self.gateway?.treasury.claim(admitted, in: gateway.roster) else {
            return
        }
        let turns = self.gateway?.treasury.turnsOfNewDay() ?? []
        try take(judgement, exchange, prospect.day)
        try serve(turns)
    }

    private mutating func take(
        _ judgement: Judgement, _ exchange: Int, _ day: CivilDate
    ) throws(Crash) {
        switch judgement {
        case .admitted(let admitted):
            checkOvertaking(admitted)
            self.gateway?.exchanges[exchange]?.admitted = admitted
            observe(.admitted(admitted.attempt, admitted.revision))
            try perform(feed(.held, to: exchange), for: exchange)
        case .waiting(let admitted, let shortfall):
            count(.waited)
            observe(.waits(admitted.attempt))
            self.gateway?.exchanges[exchange]?.admitted = admitted
            self.gateway?.exchanges[exchange]?.shortfall = shortfall
            self.gateway?.waiting[admitted.attempt.id] = exchange
            plan(
                .waitEnds(exchange: exchange, admitted.attempt.id), in: 1_000 + chance(9_000),
                ofThisLife: true)
        case .outdated: try judge(exchange)
        case .newcomer: refuse(exchange, .keyUnknown)
        case .refused(let refusal, _): refuse(exchange, refusal, on: day)
        }
    }

    private mutating func refuse(
        _ exchange: Int, _ refusal: Refusal, on day: CivilDate = CivilDate(daysSinceEpoch: 0)
    ) {
        count(.refused)
        observe(.refused(refusal, day, gateway?.roster.revision ?? 0))
        gateway?.exchanges[exchange] = nil
    }

    /// Tells those whose turn has come.
    mutating func serve(_ turns: [Book.Turn]) throws(Crash) {
        // All of it has happened before anybody acts on it.
        let exchanges = turns.map { turn -> Int? in
            guard let exchange = gateway?.waiting.removeValue(forKey: turn.ticket),
                let admitted = gateway?.exchanges[exchange]?.admitted
            else { return nil }
            switch turn.outcome {
            case .held: observe(.admitted(admitted.attempt, admitted.revision))
            case .judgeAnew: observe(.waitEnded(turn.ticket))
            }
            return exchange
        }
        for (turn, exchange) in zip(turns, exchanges) {
            guard let exchange else { continue }
            // The news travels from thread to thread: at once, or after this and that.
            if happens(oneIn: 2) {
                try take(turn, exchange)
            } else {
                plan(.turn(exchange: exchange, turn), in: chance(4), ofThisLife: true)
            }
        }
    }

    mutating func take(_ turn: Book.Turn, _ exchange: Int) throws(Crash) {
        guard let call = gateway?.exchanges[exchange] else { return }
        gateway?.exchanges[exchange]?.shortfall = nil
        switch turn.outcome {
        case .held where !call.isClientHere:
            gateway?.exchanges[exchange] = nil
            try giveBack(turn.ticket)
        case .held: try perform(feed(.held, to: exchange), for: exchange)
        case .judgeAnew where !call.isClientHere: gateway?.exchanges[exchange] = nil
        case .judgeAnew: try judgeAgain(exchange)
        }
    }

    private mutating func judgeAgain(_ exchange: Int) throws(Crash) {
        count(.judgedAnew)
        try judge(exchange)
    }

    private mutating func giveBack(_ ticket: ID<Attempt>) throws(Crash) {
        observe(.returned(ticket))
        try serve(gateway?.treasury.giveBack(ticket) ?? [])
    }

    mutating func waitEnds(_ exchange: Int, _ ticket: ID<Attempt>) throws(Crash) {
        guard let call = gateway?.exchanges[exchange], let shortfall = call.shortfall,
            gateway?.waiting[ticket] == exchange,
            let turns = gateway?.treasury.stopWaiting(ticket)
        else { return }
        gateway?.waiting[ticket] = nil
        observe(.waitEnded(ticket))
        if call.isClientHere {
            count(.waitedInVain)
            refuse(exchange, shortfall)
        } else {
            gateway?.exchanges[exchange] = nil
        }
        try serve(turns)
    }

    mutating func clientLeaves(_ exchange: Int) throws(Crash) {
        guard let call = gateway?.exchanges[exchange], call.isClientHere else { return }
        gateway?.exchanges[exchange]?.isClientHere = false
        let isForwarded = call.admitted.map { runs[$0.attempt.id] != nil } ?? false
        count(call.isBooked ? .leftAfter : isForwarded ? .leftDuring : .leftBefore)
        if call.shortfall != nil, let ticket = call.admitted?.attempt.id {
            return try waitEnds(exchange, ticket)
        }
        try perform(feed(.clientLeft, to: exchange), for: exchange)
        // Too many answers are read on already.
        if happens(oneIn: 5) { try letGo(exchange) }
    }

    mutating func silenceEnds(_ exchange: Int) throws(Crash) { try letGo(exchange) }

    private mutating func letGo(_ exchange: Int) throws(Crash) {
        guard let run = gateway?.exchanges[exchange]?.run else { return }
        gateway?.exchanges[exchange]?.run = nil
        abandon(run)
        try perform(feed(.deadlinePassed, to: exchange), for: exchange)
    }

    /// Gives the passage an event.
    mutating func feed(_ event: Passage.Event, to exchange: Int) -> Passage.Action {
        gateway?.exchanges[exchange]?.passage.take(event) ?? .wait
    }

    /// Carries out what the passage orders.
    mutating func perform(_ action: Passage.Action, for exchange: Int) throws(Crash) {
        guard let call = gateway?.exchanges[exchange], let admitted = call.admitted else { return }
        let attempt = admitted.attempt
        switch action {
        case .wait, .relay, .collectError: break
        case .holdBack: gateway?.exchanges[exchange]?.isHeldBack = true
        case .record:
            leavesPerhaps(exchange)
            append(
                .attempt(attempt, revision: admitted.revision), for: .record(exchange: exchange))
        case .judgeAnew:
            try giveBack(attempt.id)
            if call.isClientHere {
                try judgeAgain(exchange)
            } else {
                gateway?.exchanges[exchange] = nil
            }
        case .abandon(let refusal):
            refuse(exchange, refusal)
            try giveBack(attempt.id)
        case .forward: try forward(attempt, exchange)
        case .write(let outcome):
            let now = now()
            gateway?.exchanges[exchange]?.isBooked = true
            leavesPerhaps(exchange)
            guard let booking = gateway?.treasury.book(outcome, of: attempt, at: now) else {
                return
            }
            append(
                .entry(booking.entry, of: attempt),
                for: .outcome(exchange: exchange, booking.entry, attempt))
            try serve(booking.turns)
        case .finish(let ending): try finish(ending, exchange, attempt)
        }
    }

    /// At the most awkward of moments.
    private mutating func leavesPerhaps(_ exchange: Int) {
        guard happens(oneIn: 25) else { return }
        plan(.clientLeaves(exchange: exchange), in: chance(6), ofThisLife: true)
    }

    private mutating func forward(_ attempt: Attempt, _ exchange: Int) throws(Crash) {
        try point(.beforeForward)
        if !isClosing, happens(oneIn: 30) {
            return try perform(feed(.upstreamUnreachable, to: exchange), for: exchange)
        }
        count(.forwarded)
        observe(.forwarded(attempt))
        let run = UpstreamScript.make(
            for: attempt, of: exchange, isCalm: isClosing, using: &random)
        runs[attempt.id] = run
        gateway?.exchanges[exchange]?.run = attempt.id
        plan(.upstream(attempt.id), in: run.steps[0].pause)
        try point(.afterForward)
    }

    private mutating func finish(
        _ ending: Passage.Ending, _ exchange: Int, _ attempt: Attempt
    ) throws(Crash) {
        guard let call = gateway?.exchanges[exchange] else { return }
        if let run = call.run { abandon(run) }
        if call.isClientHere, ending != .broken {
            try point(.beforeLastByte)
            observe(.reply(attempt, ending == .complete ? call.reported : nil))
            try point(.afterLastByte)
        }
        gateway?.exchanges[exchange] = nil
    }

    /// The ledger's answer to a write.
    mutating func answer(
        _ queued: SimulatedStore.Queued, _ result: Result<LedgerReceipt, StorageFailure>
    ) throws(Crash) {
        gateway?.unheard -= 1
        switch queued.purpose {
        case .note: return
        case .record(let exchange):
            try point(.afterAttemptCommit)
            let event: Passage.Event
            switch result {
            case .success(.written): event = .recorded
            case .success(.stale): event = .stale
            case .failure:
                event = .recordingFailed
                if let attempt = gateway?.exchanges[exchange]?.admitted?.attempt {
                    saveInEmergency(
                        Entry(.release(Passage.Evidence()), of: attempt, at: now()))
                }
            }
            try perform(feed(event, to: exchange), for: exchange)
        case .outcome(let exchange, let entry, let attempt):
            try point(.afterEntryCommit)
            let isWritten = finishWriting(entry, of: attempt, result)
            try perform(
                feed(isWritten ? .entryWritten : .entryFailed, to: exchange), for: exchange)
        case .booking(let entry, let attempt):
            _ = finishWriting(entry, of: attempt, result)
        }
    }

    private mutating func finishWriting(
        _ entry: Entry, of attempt: Attempt, _ result: Result<LedgerReceipt, StorageFailure>
    ) -> Bool {
        if case .success = result {
            if entry.kind == .kept, entry.generationID != nil {
                plan(.lookUp(attempt, entry, pause: 0), in: 1_000, ofThisLife: true)
            }
            return true
        }
        gateway?.treasury.remember(entry, of: attempt)
        saveInEmergency(entry)
        return false
    }

    /// The emergency file takes nearly everything.
    private mutating func saveInEmergency(_ entry: Entry) {
        if entry.kind != .correction, !happens(oneIn: 10) { store.emergencies.append(entry) }
    }
}
