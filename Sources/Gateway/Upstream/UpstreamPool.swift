import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Purser

/// The upstream connections of one event loop, kept alive between requests.
final class UpstreamPool {
    private let address: UpstreamAddress
    private let tls: NIOSSLContext?
    private let eventLoop: any EventLoop
    private var idle: [(handler: UpstreamHandler, since: Timestamp)] = []

    /// Shorter than any server's own limit, so that a request does not meet a closing connection.
    private static let idleSecondsMax: Int64 = 20
    private static let connectTimeout = TimeAmount.seconds(10)

    init(address: UpstreamAddress, tls: NIOSSLContext?, eventLoop: any EventLoop) {
        self.address = address
        self.tls = tls
        self.eventLoop = eventLoop
    }

    /// Gives `receive` a connection that nobody uses, or `nil` if none can be made.
    func acquire(now: Timestamp, _ receive: @escaping (UpstreamHandler?) -> Void) {
        while let (handler, since) = idle.popLast() {
            let isFresh = now < since.adding(seconds: UpstreamPool.idleSecondsMax)
            if isFresh, handler.isUsable { return receive(handler) }
            handler.close()
        }
        connect(receive)
    }

    /// Takes back a connection whose answer was read to its end.
    func release(_ handler: UpstreamHandler, now: Timestamp) {
        idle.append((handler, now))
    }

    func sweep(now: Timestamp) {
        let stale = idle.prefix { $0.since.adding(seconds: UpstreamPool.idleSecondsMax) <= now }
        idle.removeFirst(stale.count)
        for (handler, _) in stale { handler.close() }
    }

    func closeIdle() {
        for (handler, _) in idle { handler.close() }
        idle = []
    }

    private func connect(_ receive: @escaping (UpstreamHandler?) -> Void) {
        let address = address
        let tls = tls
        let bound = NIOLoopBound((pool: self, receive: receive), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(UpstreamPool.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        // A certificate cannot name an address in SNI; the name check needs one.
                        let name = address.host.isAddress ? nil : address.host
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(
                        UpstreamHandler(isSecured: tls == nil))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                let (pool, receive) = bound.value
                switch result {
                case .success(let channel): pool.greet(channel, receive)
                case .failure: receive(nil)
                }
            }
    }

    /// Waits for the TLS handshake, where there is one: before it nothing is sent.
    private func greet(_ channel: any Channel, _ receive: @escaping (UpstreamHandler?) -> Void) {
        guard
            // There is none when the connection closed before it could be used.
            let handler = try? channel.pipeline.syncOperations.handler(type: UpstreamHandler.self)
        else {
            return receive(nil)
        }
        let handshakeLimit = eventLoop.scheduleTask(in: UpstreamPool.connectTimeout) {
            channel.close(promise: nil)
        }
        handler.whenSecured { isSecured in
            handshakeLimit.cancel()
            receive(isSecured ? handler : nil)
        }
    }
}

extension String {
    /// Whether this is an IP address and not a name.
    fileprivate var isAddress: Bool {
        // Whatever cannot be read as an address is a name.
        (try? SocketAddress(ipAddress: self, port: 0)) != nil
    }
}
