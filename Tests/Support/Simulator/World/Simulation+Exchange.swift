import Metering
import OpenRouterWire
import Purser
import Storage

/// Calls on their way through the gateway: what its exchange does, on the simulated world.
extension Simulation {
    mutating func arrive() throws(Crash) {
        if isClosing { return }
        plan(.arrival, in: happens(oneIn: 4) ? chance(3) : chance(400))
        guard gateway != nil else { return }
        count { $0.calls += 1 }
        nextExchange += 1
        let number = Int64.random(in: 1...5, using: &random)
        let request = town.requests[Int(chance(Int64(town.requests.count)))]
        let names: [String?] = ["ann", "ben", "cyd", nil]
        let name = names[Int(chance(4))]
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
        guard call.judgements < 100 else { return refuse(exchange) }
        let now = now()
        self.gateway?.exchanges[exchange]?.judgements += 1
        let matter = Case(
            request: call.request, identity: call.identity,
            requestID: "\(life)-\(gateway.nextAttempt)", attempt: ID(gateway.nextAttempt),
            at: now, roster: gateway.roster, catalogue: town.catalogue)
        self.gateway?.nextAttempt += 1
        guard case .caller(let caller) = matter.party, gateway.treasury.unwritten.isEmpty else {
            return refuse(exchange)
        }
        let prospect = gateway.treasury.prospect(for: caller, at: now, in: gateway.roster.zone)
        let planned = matter.plan(
            for: caller, on: prospect.day, budgets: prospect.budgets,
            headroom: prospect.headroom)
        guard case .success(let admitted) = planned,
            let judgement = self.gateway?.treasury.claim(admitted, in: gateway.roster)
        else { return refuse(exchange) }
        switch judgement {
        case .admitted(let admitted):
            self.gateway?.exchanges[exchange]?.admitted = admitted
            observe(.admitted(admitted.attempt, admitted.revision))
            try perform(feed(.held, to: exchange), for: exchange)
        case .waiting(let admitted, _):
            count { $0.waited += 1 }
            self.gateway?.exchanges[exchange]?.admitted = admitted
            self.gateway?.exchanges[exchange]?.isWaiting = true
            self.gateway?.waiting[admitted.attempt.id] = exchange
            plan(
                .waitEnds(exchange: exchange, admitted.attempt.id), in: 30_000, ofThisLife: true)
        case .outdated: try judge(exchange)
        case .newcomer, .refused: refuse(exchange)
        }
    }

    private mutating func refuse(_ exchange: Int) {
        count { $0.refused += 1 }
        gateway?.exchanges[exchange] = nil
    }

    /// Tells those whose turn has come.
    mutating func serve(_ turns: [Book.Turn]) throws(Crash) {
        for turn in turns {
            guard let exchange = gateway?.waiting.removeValue(forKey: turn.ticket),
                let call = gateway?.exchanges[exchange]
            else { continue }
            gateway?.exchanges[exchange]?.isWaiting = false
            if turn.outcome == .held, let admitted = call.admitted {
                observe(.admitted(admitted.attempt, admitted.revision))
            }
            switch turn.outcome {
            case .held where !call.isClientHere:
                gateway?.exchanges[exchange] = nil
                try giveBack(turn.ticket)
            case .held: try perform(feed(.held, to: exchange), for: exchange)
            case .judgeAnew where !call.isClientHere: gateway?.exchanges[exchange] = nil
            case .judgeAnew: try judge(exchange)
            }
        }
    }

    private mutating func giveBack(_ ticket: ID<Attempt>) throws(Crash) {
        observe(.returned(ticket))
        try serve(gateway?.treasury.giveBack(ticket) ?? [])
    }

    mutating func waitEnds(_ exchange: Int, _ ticket: ID<Attempt>) throws(Crash) {
        guard gateway?.waiting[ticket] == exchange,
            let turns = gateway?.treasury.stopWaiting(ticket)
        else { return }
        gateway?.waiting[ticket] = nil
        refuse(exchange)
        try serve(turns)
    }

    mutating func clientLeaves(_ exchange: Int) throws(Crash) {
        guard let call = gateway?.exchanges[exchange] else { return }
        gateway?.exchanges[exchange]?.isClientHere = false
        if call.isWaiting, let ticket = call.admitted?.attempt.id {
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
        case .wait, .relay, .collectError, .holdBack: break
        case .record:
            append(
                .attempt(attempt, revision: admitted.revision), for: .record(exchange: exchange))
        case .judgeAnew:
            try giveBack(attempt.id)
            if call.isClientHere { try judge(exchange) } else { gateway?.exchanges[exchange] = nil }
        case .abandon:
            refuse(exchange)
            try giveBack(attempt.id)
        case .forward: try forward(attempt, exchange)
        case .write(let outcome):
            let now = now()
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

    private mutating func forward(_ attempt: Attempt, _ exchange: Int) throws(Crash) {
        try point(.beforeForward)
        if !isClosing, happens(oneIn: 30) {
            return try perform(feed(.upstreamUnreachable, to: exchange), for: exchange)
        }
        count { $0.forwarded += 1 }
        observe(.forwarded(attempt))
        let run = UpstreamScript.make(for: attempt, isCalm: isClosing, using: &random)
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
        if call.isClientHere, ending == .complete, runs[attempt.id] != nil {
            try point(.beforeLastByte)
            observe(.reply(attempt, call.reported))
            try point(.afterLastByte)
        }
        gateway?.exchanges[exchange] = nil
    }

    /// The ledger's answer to a write.
    mutating func answer(
        _ queued: SimulatedStore.Queued, _ result: Result<LedgerReceipt, StorageFailure>
    ) throws(Crash) {
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
