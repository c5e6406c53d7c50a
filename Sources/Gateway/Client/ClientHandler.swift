import NIOCore
import NIOHTTP1
import Purser

/// One client connection: gathers a request, hands it on, writes the answer.
///
/// The pipeline's own handler lets one request through at a time, so there is at most one
/// request here.
final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case gathering(InboundRequest, since: Timestamp)
        /// The body is over the limit: what is left of it is read and thrown away, so that the
        /// client gets to read the refusal.
        case discarding(InboundRequest, bytes: Int, since: Timestamp)
        case answering(InboundRequest)
        case closed
    }

    /// More than this is not read only to be thrown away.
    private static let discardBytesMax = 256 * 1_024 * 1_024

    private let loop: LoopContext
    private var state = State.idle
    private var exchange: Exchange?
    private var hasSentHead = false
    /// Answers that are written and not yet on their way.
    private var flushCount = 0
    /// Whether the present answer has no length and no chunks.
    private var endsWithConnection = false
    private var idleSince: Timestamp
    private var requestSince: Timestamp
    private(set) var context: ChannelHandlerContext?

    init(loop: LoopContext) {
        self.loop = loop
        idleSince = loop.core.uptime()
        requestSince = idleSince
    }

    /// Whether an answer is owed or on its way.
    var isBusy: Bool {
        if case .answering = state { return true }
        return flushCount > 0
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.clients[ObjectIdentifier(self)] = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.clients[ObjectIdentifier(self)] = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        let exchange = exchange
        self.exchange = nil
        exchange?.clientLeft()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closed = state { return }
        switch unwrapInboundIn(data) {
        case .head(let head): takeHead(head, context: context)
        case .body(let bytes): takeBody(bytes)
        case .end: takeEnd()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange?.clientCanTakeMore(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Only a request that cannot be parsed is answered: everything else means that the
        // connection is gone.
        let isOpen =
            switch state {
            case .idle, .gathering, .discarding: true
            case .answering, .closed: false
            }
        guard error is HTTPParserError, isOpen else {
            context.close(promise: nil)
            return
        }
        let id = loop.core.makeRequestID()
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        state = .answering(InboundRequest(head: head, body: ByteBuffer(), id: id))
        var reply = loop.core.reply(to: .malformed("The request is not valid HTTP."), requestID: id)
        reply.closes = true
        answer(reply)
    }

    /// Looks at the clock now and then: a request must arrive in reasonable time, and a
    /// connection that is not used, or sends a head that never ends, is closed.
    func sweep(now: Timestamp) {
        let settings = loop.core.settings
        let request: InboundRequest
        switch state {
        case .gathering(let gathered, let since), .discarding(let gathered, _, let since):
            let isStuck = since.adding(seconds: settings.requestSecondsMax) < now
            let isSlow = requestSince.adding(seconds: settings.requestSecondsInAllMax) < now
            guard isStuck || isSlow else { return }
            request = gathered
        case .idle:
            let isUnused = idleSince.adding(seconds: settings.idleSecondsMax) < now
            if isUnused, flushCount == 0 { context?.close(promise: nil) }
            return
        case .answering, .closed: return
        }
        state = .answering(request)
        var reply = loop.core.reply(to: .requestTimedOut, requestID: request.id)
        reply.closes = true
        answer(reply)
    }
}

extension ClientHandler {
    private func takeHead(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let request = InboundRequest(
            head: head, body: ByteBuffer(), id: loop.core.makeRequestID())
        requestSince = loop.core.uptime()
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        let expects = head.headers.first(name: "expect")?.lowercased() == "100-continue"
        if let length, length > loop.core.settings.bodyBytesMax {
            if expects {
                state = .answering(request)
                return refuseBody(request)
            }
            state = .discarding(request, bytes: 0, since: loop.core.uptime())
            return
        }
        state = .gathering(request, since: loop.core.uptime())
        if expects {
            let go = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
        }
    }

    private func takeBody(_ bytes: ByteBuffer) {
        var bytes = bytes
        switch state {
        case .gathering(var request, _):
            // The state holds no second reference while the body grows, so it is not copied.
            state = .idle
            if request.body.readableBytes == 0 {
                request.body = bytes
            } else {
                request.body.writeBuffer(&bytes)
            }
            if request.body.readableBytes > loop.core.settings.bodyBytesMax {
                let count = request.body.readableBytes
                request.body = ByteBuffer()
                state = .discarding(request, bytes: count, since: loop.core.uptime())
            } else {
                state = .gathering(request, since: loop.core.uptime())
            }
        case .discarding(let request, let count, _):
            let count = count + bytes.readableBytes
            if count > ClientHandler.discardBytesMax {
                state = .answering(request)
                refuseBody(request)
            } else {
                state = .discarding(request, bytes: count, since: loop.core.uptime())
            }
        case .idle, .answering, .closed: break
        }
    }

    private func takeEnd() {
        switch state {
        case .gathering(let request, _):
            state = .answering(request)
            loop.router.route(request, on: self)
        case .discarding(let request, _, _):
            state = .answering(request)
            refuseBody(request)
        case .idle, .answering, .closed: break
        }
    }

    private func refuseBody(_ request: InboundRequest) {
        var reply = loop.core.reply(
            to: .bodyTooLarge(max: loop.core.settings.bodyBytesMax), requestID: request.id)
        reply.closes = true
        answer(reply)
    }
}

/// What those who answer a request call.
extension ClientHandler {
    /// Events of the client go to `exchange` from now on.
    func attach(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// Writes a whole answer.
    func answer(_ reply: Reply) {
        guard case .answering(let request) = state else { return }
        var headers = reply.headers
        headers.replaceOrAdd(name: "content-length", value: String(reply.body.readableBytes))
        startAnswer(reply.status, headers, closes: reply.closes)
        if request.head.method != .HEAD { write(reply.body) }
        endAnswer(closes: reply.closes)
    }

    /// Writes the head of an answer whose body follows.
    func startAnswer(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, closes: Bool = false) {
        guard case .answering(let request) = state, let context, !hasSentHead else { return }
        hasSentHead = true
        var headers = headers
        headers.replaceOrAdd(name: "x-purser-request-id", value: request.id)
        // HTTP/1.0 has no chunks: without a length its answers end with the connection.
        let isOld = request.head.version.major < 1 || request.head.version == .http1_0
        endsWithConnection = isOld && !headers.contains(name: "content-length")
        let keepsAlive = request.head.isKeepAlive && !closes && !endsWithConnection
        if !keepsAlive || isOld {
            headers.replaceOrAdd(name: "connection", value: keepsAlive ? "keep-alive" : "close")
        }
        let head = HTTPResponseHead(
            version: isOld ? .http1_0 : .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    func write(_ bytes: ByteBuffer) {
        guard let context, hasSentHead, bytes.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    var canTakeMore: Bool { context?.channel.isWritable ?? true }

    /// Ends an answer; the connection is ready for the next request.
    func endAnswer(closes: Bool = false) {
        guard case .answering(let request) = state, let context, hasSentHead else { return }
        // After an answer that closes, whatever still arrives is not looked at.
        let keepsAlive = request.head.isKeepAlive && !closes && !endsWithConnection
        state = keepsAlive ? .idle : .closed
        exchange = nil
        hasSentHead = false
        idleSince = loop.core.uptime()
        flushCount += 1
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.handler.flushCount -= 1
            if !keepsAlive { bound.value.context.close(promise: nil) }
        }
    }

    /// Closes without an end, so that nobody takes the answer for whole.
    func breakOff() {
        state = .closed
        exchange = nil
        context?.close(promise: nil)
    }
}
