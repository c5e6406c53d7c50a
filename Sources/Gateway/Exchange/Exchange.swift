import Metering
import NIOCore
import NIOHTTP1
import OpenRouterWire
import Purser
import Storage

/// One completion on its way: carries out what its ``Passage`` says, and decides nothing.
final class Exchange {
    let loop: LoopContext
    let core: GatewayCore
    private(set) var inbound: InboundRequest
    let identity: Identity
    /// `nil` once the client is gone.
    var client: ClientHandler?
    var passage = Passage()
    /// `nil` until the body was read.
    var request: ChatRequest?
    /// `nil` until the request was admitted.
    var admitted: Admitted?
    var upstream: UpstreamHandler?
    var relay = Relay()
    /// Whether the upstream answered with success and an error in place of a completion.
    var isErrorOnly = false
    /// Whether the client has the head of a streamed answer.
    var hasBegun = false
    /// When it has waited for long enough; `nil` if it never has.
    private var waitUntil: Timestamp?
    /// What the client is told if calls in flight keep the money; `nil` when it does not wait.
    private var shortfall: Refusal?
    private var judgements = 0
    /// Whether the client has left and the answer is read on.
    private var isDraining = false
    var deadline: Timestamp
    private let bound: NIOLoopBoundBox<Exchange?>

    /// A request is judged again when the directory changed meanwhile; this often, and then it
    /// is turned away rather than going round for ever.
    private static let judgementsMax = 100

    init(loop: LoopContext, client: ClientHandler, request: InboundRequest, identity: Identity) {
        self.loop = loop
        core = loop.core
        self.client = client
        inbound = request
        self.identity = identity
        deadline = core.uptime()
        bound = NIOLoopBoundBox(nil, eventLoop: loop.eventLoop)
        bound.value = self
        loop.exchanges[ObjectIdentifier(self)] = self
    }

    func begin() {
        // The key first: a stranger's body is not worth reading.
        let roster = core.roster
        let revision = roster.revision
        switch roster.resolve(identity.digest, memberName: identity.memberName, at: core.now()) {
        case .management:
            return confirm(.managementKeyCannotComplete, caller: nil, judgedUnder: revision)
        case .caller, .newcomer, .refused(.sharedKeyNeedsMember): break
        case .refused(let refusal):
            return confirm(refusal, caller: nil, judgedUnder: revision)
        }
        let body = inbound.body
        do {
            let bytes = body.readableBytesUInt8Span
            request = try ChatRequest.scan(bytes)
        } catch {
            return confirm(.malformed(error.sentence), caller: nil, judgedUnder: revision)
        }
        judge()
    }

    /// The client's connection is gone.
    func clientLeft() {
        client = nil
        if let admitted, shortfall != nil {
            shortfall = nil
            if core.stopWaiting(admitted.attempt.id) { retire() }
            return
        }
        perform(passage.take(.clientLeft))
        deadline = core.uptime().adding(seconds: core.settings.drainSecondsMax)
        isDraining = core.beginDrain()
        guard isDraining else { return giveUp() }
        upstream?.setReading(true)
    }

    /// Leaves the upstream; what the call cost is not known then.
    private func giveUp() {
        guard let upstream else { return }
        upstream.close()
        self.upstream = nil
        perform(passage.take(.deadlinePassed))
    }

    func clientCanTakeMore(_ canTakeMore: Bool) {
        upstream?.setReading(canTakeMore)
        extendDeadline(core.settings.silenceSecondsMax)
    }

    func sweep(now: Timestamp) {
        guard now > deadline else { return }
        if let shortfall, let admitted {
            guard core.stopWaiting(admitted.attempt.id) else { return }
            self.shortfall = nil
            return confirm(
                shortfall, caller: admitted.caller, judgedUnder: admitted.revision)
        }
        giveUp()
    }

    /// Runs `body` with this exchange on its event loop, from any thread.
    func onLoop(_ body: @escaping @Sendable (Exchange) -> Void) -> @Sendable () -> Void {
        let bound = bound
        let eventLoop = loop.eventLoop
        return {
            eventLoop.execute {
                if let exchange = bound.value { body(exchange) }
            }
        }
    }

    /// Lets go of the request's body, which is not needed once it was sent.
    func forgetBody() {
        inbound.body = ByteBuffer()
    }

    /// Nothing refers to the exchange any more.
    func retire() {
        if isDraining { core.endDrain() }
        isDraining = false
        loop.exchanges[ObjectIdentifier(self)] = nil
        bound.value = nil
    }

    func extendDeadline(_ seconds: Int64) {
        guard client != nil else { return }
        deadline = core.uptime().adding(seconds: seconds)
    }
}

/// Before anything is forwarded.
extension Exchange {
    private func judge() {
        guard let request else { return }
        judgements += 1
        guard judgements <= Exchange.judgementsMax else { return refuse(.overloaded) }
        let eventLoop = loop.eventLoop
        let bound = bound
        // Read before the judgement, which may rest on a newer one and never on an older.
        let revision = core.roster.revision
        let judgement = core.judge(request, identity: identity, requestID: inbound.id) { outcome in
            eventLoop.execute { bound.value?.turnCame(outcome) }
        }
        switch judgement {
        case .admitted(let admitted):
            self.admitted = admitted
            perform(passage.take(.held))
        case .waiting(let admitted, let shortfall):
            self.admitted = admitted
            self.shortfall = shortfall
            // Judged again, it has no longer to wait than it had.
            waitUntil =
                waitUntil ?? core.uptime().adding(seconds: core.settings.waitSecondsMax)
            deadline = waitUntil ?? deadline
        case .outdated: judge()
        case .newcomer(let name, let key):
            loop.router.enrol(name, through: key) { refusal in
                if let refusal { self.refuse(refusal) } else { self.judge() }
            }
        case .refused(let refusal, let caller):
            confirm(refusal, caller: caller, judgedUnder: revision)
        }
    }

    private func turnCame(_ outcome: Book.WaitOutcome) {
        guard let admitted else { return }
        shortfall = nil
        switch outcome {
        case .held where client == nil:
            core.giveBack(admitted.attempt.id)
            retire()
        case .held:
            perform(passage.take(.held))
        case .judgeAnew:
            if client == nil { retire() } else { judge() }
        }
    }

    /// Refuses, once it is certain that the refusal rests on the directory as it is now.
    private func confirm(_ refusal: Refusal, caller: Caller?, judgedUnder revision: Int64) {
        judgements += 1
        guard judgements <= Exchange.judgementsMax else { return refuse(refusal, caller: caller) }
        let stale = onLoop { $0.begin() }
        let current = onLoop { $0.refuse(refusal, caller: caller) }
        core.ledger.append(.confirm(revision: revision)) { result in
            // A ledger that cannot say is no reason to let anybody in.
            if case .success(.stale) = result { stale() } else { current() }
        }
    }

    func refuse(_ refusal: Refusal, caller: Caller? = nil) {
        core.record(refusal, caller: caller, model: request?.candidates.first ?? "")
        var reply = core.reply(to: refusal, requestID: inbound.id)
        if case .rateLimited(let shortfall) = refusal {
            reply.headers.add(shortfall, at: core.now())
        }
        addRates(of: caller, to: &reply.headers)
        client?.answer(reply)
        retire()
    }
}

/// What the passage orders.
extension Exchange {
    func perform(_ action: Passage.Action) {
        switch action {
        case .wait: break
        case .record: record()
        case .judgeAnew:
            giveBack()
            if client == nil { retire() } else { judge() }
        case .abandon(let refusal):
            giveBack()
            refuse(refusal)
        case .forward: forward()
        case .relay: startRelay()
        case .collectError: relay.mode = .collecting
        case .holdBack: relay.isHeldBack = true
        case .write(let outcome): write(outcome)
        case .finish(let ending): finish(ending)
        }
    }

    private func giveBack() {
        if let admitted { core.giveBack(admitted.attempt.id) }
    }

    private func record() {
        guard let admitted else { return }
        let recorded = onLoop { $0.perform($0.passage.take(.recorded)) }
        let stale = onLoop { $0.perform($0.passage.take(.stale)) }
        let failed = onLoop { $0.perform($0.passage.take(.recordingFailed)) }
        core.ledger.append(.attempt(admitted.attempt, revision: admitted.revision)) {
            [core] result in
            switch result {
            case .success(.written): recorded()
            case .success(.stale): stale()
            case .failure:
                core.disown(admitted.attempt)
                failed()
            }
        }
    }

    private func forward() {
        extendDeadline(core.settings.firstByteSecondsMax)
        loop.pool.acquire(now: core.uptime()) { upstream in
            guard let upstream else { return self.perform(self.passage.take(.upstreamUnreachable)) }
            guard self.client != nil else {
                // Nobody waits for it any more, and the upstream has seen nothing yet.
                self.loop.pool.release(upstream, now: self.core.uptime())
                return self.perform(self.passage.take(.upstreamUnreachable))
            }
            self.send(on: upstream)
        }
    }

    private func write(_ outcome: Passage.Outcome) {
        guard let admitted else { return }
        let written = onLoop { $0.perform($0.passage.take(.entryWritten)) }
        let failed = onLoop { $0.perform($0.passage.take(.entryFailed)) }
        core.book(outcome, of: admitted.attempt) { isWritten in
            if isWritten { written() } else { failed() }
        }
    }
}
