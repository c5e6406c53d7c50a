import Hummingbird
import Logging
package import Purser
import Synchronization

/// A sandbox that accepts connections, until it is stopped.
package final class RunningSandbox: Sendable {
    package let port: Int
    /// Where clients point: `http://host:port/api/v1`.
    package let url: String
    package let key: String
    package let managementKey: String

    private let server: SandboxServer
    /// The server's loop. This object owns it: ``stop()`` and ``run()`` wait for its end.
    private let loop: Task<Void, any Error>

    private init(
        _ server: SandboxServer, host: String, port: Int, loop: Task<Void, any Error>
    ) {
        self.server = server
        self.port = port
        self.loop = loop
        url = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)/api/v1"
        (key, managementKey) = server.secrets()
    }

    deinit { loop.cancel() }

    static func start(
        _ server: SandboxServer, host: String, port: Int, logger: Logger
    ) async throws -> RunningSandbox {
        // Hummingbird calls its own cancellation an error; what matters is thrown anyway.
        var quiet = logger
        quiet.logLevel = .critical
        let (ports, announcement) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                try await server.respond(to: request)
            },
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { announcement.yield(port) }
                announcement.finish()
            },
            logger: quiet)
        let loop = Task {
            defer { announcement.finish() }
            // The program that holds the sandbox decides what signals mean.
            try await application.runService(gracefulShutdownSignals: [])
        }
        return try await withTaskCancellationHandler {
            guard let port = await ports.first(where: { _ in true }) else {
                try await loop.value
                throw CancellationError()
            }
            logger.debug("sandbox accepts connections", metadata: ["port": "\(port)"])
            return RunningSandbox(server, host: host, port: port, loop: loop)
        } onCancel: {
            loop.cancel()
        }
    }

    /// The exact total the account was charged.
    package func bill() -> USD { server.bill() }

    /// Orders a fault, as `POST /sandbox/faults` does: its kind, or the JSON with its details.
    /// Returns what is wrong with it; `nil` if nothing is.
    package func order(fault: String) -> String? { server.order(fault: fault) }

    /// Waits until the sandbox has stopped; cancelling the wait stops it.
    package func run() async throws {
        do {
            try await withTaskCancellationHandler {
                try await loop.value
            } onCancel: {
                loop.cancel()
            }
        } catch is CancellationError {
            // Stopping is how a sandbox ends.
        }
    }

    /// Breaks off what is under way, closes every connection and waits for the end.
    package func stop() async {
        loop.cancel()
        _ = await loop.result
    }
}
