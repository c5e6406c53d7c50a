import Credentials
import Metering
import NIOCore
import NIOHTTP1
import NIOPosix
import OpenRouterWire
import Purser
import Storage

/// Sends each request to what answers it.
///
/// Completions stay on the event loop. Everything else is rare and may block, so it runs on a
/// thread of its own and comes back with a whole answer.
final class Router {
    private let core: GatewayCore
    private let desk: any ControlDesk
    private let threads: NIOThreadPool
    private let eventLoop: any EventLoop
    private weak var loop: LoopContext?

    init(
        core: GatewayCore, desk: any ControlDesk, threads: NIOThreadPool,
        eventLoop: any EventLoop
    ) {
        self.core = core
        self.desk = desk
        self.threads = threads
        self.eventLoop = eventLoop
    }

    func attach(_ loop: LoopContext) {
        self.loop = loop
    }

    func route(_ request: InboundRequest, on client: ClientHandler) {
        let endpoint = Endpoint(path: request.path)
        let isHead = request.head.method == .HEAD && endpoint.methods.contains(.GET)
        if endpoint == .unknown {
            let message =
                "There is nothing at \(request.path). Completions are at "
                + "/api/v1/chat/completions, also under /v1."
            return client.answer(.error(404, message, requestID: request.id))
        }
        guard isHead || endpoint.methods.contains(request.head.method) else {
            let methods = endpoint.methods.map(\.rawValue).joined(separator: ", ")
            var reply = Reply.error(
                405, "\(request.path) answers \(methods).", requestID: request.id)
            reply.headers.add(name: "allow", value: methods)
            return client.answer(reply)
        }
        if request.head.version == .http1_1, !request.head.headers.contains(name: "host") {
            return client.answer(
                .error(400, "The request has no Host header.", requestID: request.id))
        }
        switch endpoint {
        case .chatCompletions: complete(request, on: client)
        case .models: answerModels(request, on: client)
        case .view(let kind): answerView(kind, request, on: client)
        case .management(let path): manage(path, request, on: client)
        case .unknown: preconditionFailure("answered above")
        }
    }

    private func complete(_ request: InboundRequest, on client: ClientHandler) {
        core.count { $0.requests += 1 }
        guard let loop else { return client.breakOff() }
        guard let secret = request.head.headers.secret else {
            core.count { $0.refused += 1 }
            return client.answer(core.reply(to: .keyMissing, requestID: request.id))
        }
        let title = request.head.headers.title
        let identity = Identity(
            digest: KeyDigest(hashing: String(secret)), memberName: title.member, app: title.app)
        let exchange = Exchange(
            loop: loop, client: client, request: request, identity: identity)
        client.attach(exchange)
        exchange.begin()
    }

    func enrol(
        _ name: String, through key: Key, done: @escaping (Refusal?) -> Void
    ) {
        let desk = desk
        inBackground({ desk.enrol(name, through: key) }, done: done)
    }

    func reload(done: @escaping () -> Void) {
        let desk = desk
        inBackground({ desk.reload() }) { (_: Void) in done() }
    }
}

extension Router {
    private func answerModels(_ request: InboundRequest, on client: ClientHandler) {
        let core = core
        let query = String(request.query)
        guard let secret = request.head.headers.secret else {
            return answer(request, on: client) {
                ModelsReply.render(core.catalogue, tier: nil, isFiltered: false, query: query)
            }
        }
        // A management key runs nothing; it sees what could be allowed.
        let everything: @Sendable () -> PlainReply? = {
            ModelsReply.render(core.catalogue, tier: nil, isFiltered: false, query: query)
        }
        identify(secret, request, on: client, management: everything) { caller in
            ModelsReply.render(core.catalogue, tier: caller.tier, isFiltered: true, query: query)
        }
    }

    private func answerView(
        _ kind: CallerView, _ request: InboundRequest, on client: ClientHandler
    ) {
        guard let secret = request.head.headers.secret else {
            return client.answer(core.reply(to: .keyMissing, requestID: request.id))
        }
        let desk = desk
        let management: @Sendable () -> PlainReply? = { desk.managementView(kind) }
        identify(secret, request, on: client, management: management) { caller in
            desk.view(kind, for: caller)
        }
    }

    private func manage(_ path: String, _ request: InboundRequest, on client: ClientHandler) {
        guard let secret = request.head.headers.secret else {
            return client.answer(core.reply(to: .keyMissing, requestID: request.id))
        }
        let call = ManagementCall(
            method: request.head.method.rawValue, path: path, query: String(request.query),
            body: Array(request.body.readableBytesView), requestID: request.id)
        let desk = desk
        let core = core
        identify(secret, request, on: client, management: { desk.manage(call) }) { _ in
            core.plainReply(to: .managementOnly, requestID: request.id)
        }
    }

    /// Finds out who calls, on a roster that is confirmed to be current, and answers.
    private func identify(
        _ secret: Substring, _ request: InboundRequest, on client: ClientHandler,
        management: @escaping @Sendable () -> PlainReply?,
        member: @escaping @Sendable (Caller) -> PlainReply
    ) {
        let digest = KeyDigest(hashing: String(secret))
        let title = request.head.headers.title
        let core = core
        let id = request.id
        confirmRoster { isCurrent in
            guard isCurrent else {
                return client.answer(core.reply(to: .ledgerUnavailable, requestID: id))
            }
            let now = core.now()
            let resolution = core.roster.resolve(digest, memberName: title.member, at: now)
            self.answer(request, on: client) {
                switch resolution {
                case .caller(let caller): return member(caller)
                case .management:
                    return management()
                        ?? core.plainReply(to: .managementKeyCannotComplete, requestID: id)
                case .newcomer: return core.plainReply(to: .sharedKeyNeedsMember, requestID: id)
                case .refused(let refusal): return core.plainReply(to: refusal, requestID: id)
                }
            }
        }
    }

    /// Asks the ledger whether the roster is current, and loads it if it is not.
    private func confirmRoster(_ done: @escaping (_ isCurrent: Bool) -> Void) {
        let bound = NIOLoopBound(done, eventLoop: eventLoop)
        let eventLoop = eventLoop
        core.ledger.append(.confirm(revision: core.roster.revision)) { result in
            let isCurrent = if case .success = result { true } else { false }
            // A stale receipt comes after the roster was loaded: either way it is current now.
            eventLoop.execute { bound.value(isCurrent) }
        }
    }

    private func answer(
        _ request: InboundRequest, on client: ClientHandler,
        _ work: @escaping @Sendable () -> PlainReply
    ) {
        inBackground(work) { client.answer(.plain($0)) }
    }

    private func inBackground<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) {
        let bound = NIOLoopBound(done, eventLoop: eventLoop)
        threads.runIfActive(eventLoop: eventLoop, work).whenSuccess { bound.value($0) }
    }
}
