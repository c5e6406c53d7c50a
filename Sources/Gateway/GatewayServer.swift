import NIOCore
import NIOHTTP1
package import NIOPosix
import NIOSSL
import Purser

/// The data plane: one listening socket, and on each event loop everything a request needs.
package final class GatewayServer: Sendable {
    /// What it listens on.
    package let host: String
    package let port: Int

    private let core: GatewayCore
    private let channel: any Channel
    private let loops: [NIOLoopBound<LoopContext>]
    private let threads: NIOThreadPool

    private init(
        host: String, port: Int, core: GatewayCore, channel: any Channel,
        loops: [NIOLoopBound<LoopContext>], threads: NIOThreadPool
    ) {
        self.host = host
        self.port = port
        self.core = core
        self.channel = channel
        self.loops = loops
        self.threads = threads
    }

    /// Connections waiting to be accepted: a team's tools may all start at once.
    private static let backlog: Int32 = 1_024

    /// Listens, and answers from then on. Port 0 picks a free one.
    package static func start(
        host: String, port: Int, core: GatewayCore, desk: any ControlDesk,
        group: MultiThreadedEventLoopGroup
    ) async throws -> GatewayServer {
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let tls = try makeTLS(core.settings.upstream)
        var loops: [NIOLoopBound<LoopContext>] = []
        for eventLoop in group.makeIterator() {
            loops.append(
                try await eventLoop.submit {
                    let router = Router(
                        core: core, desk: desk, threads: threads, eventLoop: eventLoop)
                    let pool = UpstreamPool(
                        address: core.settings.upstream, tls: tls, eventLoop: eventLoop)
                    let loop = LoopContext(
                        eventLoop: eventLoop, core: core, pool: pool, router: router)
                    router.attach(loop)
                    loop.start()
                    return NIOLoopBound(loop, eventLoop: eventLoop)
                }.get())
        }
        let contexts = loops
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = contexts.first(where: { $0.eventLoop === channel.eventLoop })
                    else { preconditionFailure("every loop of the group has its context") }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
                    try pipeline.addHandler(ClientHandler(loop: loop.value))
                }
            }
            .bind(host: host, port: port).get()
        return GatewayServer(
            host: host, port: channel.localAddress?.port ?? port, core: core, channel: channel,
            loops: loops, threads: threads)
    }

    /// Stops accepting, waits for calls in flight up to `graceSeconds`, then closes the rest.
    package func stop(graceSeconds: Int) async throws {
        core.stopAdmitting()
        try await channel.close()
        for _ in 0..<(graceSeconds * 20) {
            guard try await isBusy() else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        for loop in loops {
            try await loop.eventLoop.submit { loop.value.stop() }.get()
        }
        try await threads.shutdownGracefully()
    }

    private func isBusy() async throws -> Bool {
        for loop in loops {
            if try await loop.eventLoop.submit({ loop.value.isBusy }).get() { return true }
        }
        return false
    }

    private static func makeTLS(_ upstream: UpstreamAddress) throws -> NIOSSLContext? {
        guard upstream.isTLS else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file = upstream.trustedCertificatesFile {
            configuration.trustRoots = .file(file)
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
