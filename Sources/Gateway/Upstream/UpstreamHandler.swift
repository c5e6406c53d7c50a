import NIOCore
import NIOHTTP1
import NIOTLS

/// Who hears what an upstream connection brings.
protocol UpstreamListener: AnyObject {
    func upstreamHead(_ head: HTTPResponseHead)
    func upstreamBytes(_ bytes: ByteBuffer)
    /// All bytes of one read are through.
    func upstreamPaused()
    /// The answer is complete; the connection may be used again if `isReusable`.
    func upstreamEnd(isReusable: Bool)
    func upstreamLost()
}

/// One upstream connection.
final class UpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private var context: ChannelHandlerContext?
    private weak var listener: (any UpstreamListener)?
    private var isReusable = false
    private var isAnswering = false
    private var isSecured: Bool
    private var securedCallbacks: [(Bool) -> Void] = []

    /// - Parameter isSecured: whether no handshake is to be waited for.
    init(isSecured: Bool) {
        self.isSecured = isSecured
    }

    var isUsable: Bool { context?.channel.isActive ?? false }

    /// Calls `callback` when requests may be sent, or with `false` when that will never be.
    func whenSecured(_ callback: @escaping (Bool) -> Void) {
        guard isUsable else { return callback(false) }
        if isSecured { return callback(true) }
        securedCallbacks.append(callback)
    }

    /// Sends a request; the answer goes to `listener`.
    func send(_ head: HTTPRequestHead, _ body: ByteBuffer, for listener: any UpstreamListener) {
        guard let context else { return listener.upstreamLost() }
        self.listener = listener
        isAnswering = true
        isReusable = false
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Stops or resumes reading, so that a slow client does not fill the memory.
    func setReading(_ isReading: Bool) {
        context?.channel.setOption(.autoRead, value: isReading).whenFailure { _ in
            // The channel is closed; its listener hears of that elsewhere.
        }
    }

    func close() {
        listener = nil
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // 1xx heads announce another one.
            guard head.status.code >= 200 else { return }
            isReusable = head.isKeepAlive
            listener?.upstreamHead(head)
        case .body(let bytes):
            listener?.upstreamBytes(bytes)
        case .end:
            guard isAnswering else { return }
            isAnswering = false
            let listener = listener
            self.listener = nil
            if let listener {
                listener.upstreamEnd(isReusable: isReusable)
            } else {
                context.close(promise: nil)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        listener?.upstreamPaused()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { settleHandshake(true) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        settleHandshake(false)
        let listener = listener
        self.listener = nil
        listener?.upstreamLost()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever it is, the answer cannot be trusted any more; closing tells the listener.
        context.close(promise: nil)
    }

    private func settleHandshake(_ isSecured: Bool) {
        self.isSecured = self.isSecured || isSecured
        let callbacks = securedCallbacks
        securedCallbacks = []
        for callback in callbacks { callback(isSecured) }
    }
}
