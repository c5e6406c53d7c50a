import HTTPTypes
import Hummingbird
package import Logging
import NIOCore

/// What the console asks the assembly.
package struct ConsoleSource: Sendable {
    /// Why calls cannot be served now, or `nil` if they can.
    package var unreadiness: @Sendable () -> String?
    /// The metrics as name, meaning, kind and value.
    package var metrics: @Sendable () -> [Metric]
    /// Where the gateway is.
    package var gatewayURL: @Sendable () -> String

    package init(
        unreadiness: @escaping @Sendable () -> String?, metrics: @escaping @Sendable () -> [Metric],
        gatewayURL: @escaping @Sendable () -> String
    ) {
        self.unreadiness = unreadiness
        self.metrics = metrics
        self.gatewayURL = gatewayURL
    }
}

/// One number of the metrics page.
package struct Metric: Hashable, Sendable {
    package enum Kind: String, Sendable { case counter, gauge }

    package var name: String
    package var help: String
    package var kind: Kind
    package var value: Int64

    package init(name: String, help: String, kind: Kind, value: Int64) {
        self.name = name
        self.help = help
        self.kind = kind
        self.value = value
    }

    /// The lines of the Prometheus text format.
    package var text: String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n\(name) \(value)\n"
    }
}

/// The console's port: health, readiness, metrics and a front page.
package struct ConsoleServer: Sendable {
    private let source: ConsoleSource
    private let logger: Logger

    package init(source: ConsoleSource, logger: Logger) {
        self.source = source
        self.logger = logger
    }

    /// Serves until the task is cancelled; tells `onReady` the port it listens on.
    package func run(
        host: String, port: Int, onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let application = Application(
            router: router(),
            configuration: .init(address: .hostname(host, port: port), serverName: "purser"),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            logger: logger)
        try await application.run()
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        let source = source
        router.get("/") { _, _ in
            ConsoleServer.page("text/html; charset=utf-8", FrontPage.html(source.gatewayURL()))
        }
        router.get("/healthz") { _, _ in ConsoleServer.page("text/plain", "ok\n") }
        router.get("/readyz") { _, _ in
            guard let reason = source.unreadiness() else {
                return ConsoleServer.page("text/plain", "ready\n")
            }
            return ConsoleServer.page("text/plain", reason + "\n", .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            ConsoleServer.page(
                "text/plain; version=0.0.4", source.metrics().map(\.text).joined())
        }
        return router
    }

    private static func page(
        _ type: String, _ text: String, _ status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
