import Console
import Credentials
import Foundation
import Gateway
import Logging
import NIOCore
import NIOPosix
import OpenRouter
import OpenRouterWire
import Purser
import SQLiteStorage
import Storage

/// Everything a serving process is made of; `serve`, `demo` and the tests build the same.
struct Assembly: Sendable {
    let settings: ServeSettings
    let logger: Logger

    /// Where a running assembly listens, and what those who started it may look into.
    struct Running: Sendable {
        var gatewayURL: String
        var consoleURL: String
        var core: GatewayCore
        var books: ServingBooks
    }

    /// How often the price list is fetched anew.
    private static let catalogueInterval = Duration.seconds(300)
    /// How soon after a failure.
    private static let catalogueRetryInterval = Duration.seconds(5)
    /// How often the ledger's health is looked at.
    private static let ledgerLooksPerSecond: Int64 = 10
    private static let ledgerLookInterval = Duration.milliseconds(100)
    /// How long calls in flight may go on after a stop.
    private static let graceSeconds = 30

    /// Serves until `wait` returns or the task is cancelled, then lets calls in flight finish.
    func run(
        upstreamKey: Secret, untilStopped wait: @escaping @Sendable (Running) async throws -> Void
    ) async throws {
        let books = try ServingBooks.open(
            path: settings.database, managementKey: settings.managementKey, logger: logger)
        let client = OpenRouterClient(
            baseURL: settings.upstream.url, key: upstreamKey.reveal(),
            certificatesFile: settings.upstream.trustedCertificatesFile)
        do {
            try await serve(books, client, upstreamKey: upstreamKey, untilStopped: wait)
        } catch {
            try await client.shutdown()
            books.close()
            throw error
        }
        try await client.shutdown()
        books.close()
    }

    private func serve(
        _ books: ServingBooks, _ client: OpenRouterClient, upstreamKey: Secret,
        untilStopped wait: @escaping @Sendable (Running) async throws -> Void
    ) async throws {
        let (questions, ask) = AsyncStream.makeStream(of: LateTruth.Question.self)
        let core = try await makeCore(books, client, upstreamKey) { attempt, entry in
            ask.yield(LateTruth.Question(attempt: attempt, entry: entry))
        }
        books.attach(core)
        for (attempt, entry) in try books.store.unresolvedAttempts() {
            ask.yield(LateTruth.Question(attempt: attempt, entry: entry))
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let gateway = try await listening(at: settings.listen, option: "--listen") {
            try await GatewayServer.start(
                host: settings.listen.host, port: settings.listen.port, core: core,
                desk: Desk(books: books, core: core, logger: logger), group: group)
        }
        let gatewayURL = Assembly.url(settings.listen.host, gateway.port)
        let (consolePorts, announcePort) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announcePort.finish() }
                try await listening(at: settings.console, option: "--console") {
                    try await ConsoleServer(
                        source: consoleSource(core, books, gatewayURL), logger: consoleLogger
                    ).run(host: settings.console.host, port: settings.console.port) {
                        announcePort.yield($0)
                    }
                }
            }
            tasks.addTask {
                await LateTruth(client: client, core: core, logger: logger).run(questions)
            }
            tasks.addTask { await refreshCatalogue(core, client, books) }
            if let port = await consolePorts.first(where: { _ in true }) {
                let running = Running(
                    gatewayURL: gatewayURL,
                    consoleURL: Assembly.url(settings.console.host, port), core: core,
                    books: books)
                let end = await untilFirst({ try await wait(running) }) {
                    try await watchLedger(books, core)
                }
                try await gateway.stop(graceSeconds: Assembly.graceSeconds)
                books.writeUnwritten()
                ask.finish()
                tasks.cancelAll()
                try end.get()
            }
            // A console that could not listen ends its task with the reason.
            while let result = await tasks.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
        try await group.shutdownGracefully()
    }

    /// Runs what binds a socket, and says in words why it could not.
    private func listening<Value>(
        at address: ListenAddress, option: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as IOError {
            let reason = String(cString: strerror(error.errnoCode)).lowercased()
            throw CommandFailure(
                .failed, "cannot listen at \(address.host):\(address.port): \(reason)",
                hint: "free the port, or choose another with \(option) 127.0.0.1:0")
        }
    }

    /// Runs both until one of them ends, which then ends the other.
    private func untilFirst(
        _ first: @escaping @Sendable () async throws -> Void,
        _ second: @escaping @Sendable () async throws -> Void
    ) async -> Result<Void, any Error> {
        await withTaskGroup(of: Result<Void, any Error>.self) { group in
            for body in [first, second] {
                group.addTask {
                    do { return .success(try await body()) } catch { return .failure(error) }
                }
            }
            let result = await group.next()
            group.cancelAll()
            return result ?? .success(())
        }
    }

    /// Ends the gateway if the ledger cannot be written for too long: better to be down, which
    /// everybody sees, than to hold outcomes in memory for hours.
    private func watchLedger(_ books: ServingBooks, _ core: GatewayCore) async throws {
        var failures: Int64 = 0
        var recoveries = books.recoveries
        while true {
            try await Task.sleep(for: Assembly.ledgerLookInterval)
            books.look(at: core)
            if books.recoveries != recoveries {
                recoveries = books.recoveries
                failures = 0
            }
            guard let failure = books.failure else {
                failures = 0
                if core.unwrittenCount > 0 { books.writeUnwritten() }
                continue
            }
            failures += 1
            guard failures > settings.ledgerSecondsMax * Assembly.ledgerLooksPerSecond else {
                continue
            }
            throw CommandFailure(
                .failed,
                "the ledger could not be written for \(settings.ledgerSecondsMax) s: \(failure)",
                hint: "mend the disk and start again; what the ledger could not take is in "
                    + books.emergency.path)
        }
    }

    /// Hummingbird calls it an error that it was asked to stop.
    private var consoleLogger: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }

    static func url(_ host: String, _ port: Int) -> String {
        "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension Assembly {
    private func makeCore(
        _ books: ServingBooks, _ client: OpenRouterClient, _ upstreamKey: Secret,
        onKept: @escaping @Sendable (Attempt, Entry) -> Void
    ) async throws -> GatewayCore {
        let now = ThisMachine.now()
        let late = try await books.writeEmergencies()
        if late > 0 {
            logger.notice(
                "outcomes that an earlier run could not write are in the books",
                metadata: ["count": "\(late)"])
        }
        let kept = try await books.keepOpenAttempts(at: now)
        if kept > 0 {
            logger.notice("attempts left open were kept as spent", metadata: ["count": "\(kept)"])
        }
        let roster = try books.roster()
        var gateway = GatewaySettings(upstream: settings.upstream, upstreamKey: upstreamKey)
        gateway.bodyBytesMax = settings.bodyBytesMax
        gateway.waitSecondsMax = settings.waitSecondsMax
        gateway.referer = settings.referer
        gateway.app = settings.title
        gateway.contact = settings.contact
        return GatewayCore(
            settings: gateway, ledger: books.ledger, roster: roster,
            catalogue: await fetchCatalogue(client, books) ?? .empty,
            book: try books.book(at: now, in: roster.zone),
            lastAttempt: try books.store.lastAttempt(), requestPrefix: ThisMachine.runName(),
            logger: logger, clock: ThisMachine.now, uptime: ThisMachine.uptime, onKept: onKept,
            onUnwritten: { entry, attempt in
                if books.emergency.append(entry, of: attempt) { return }
                logger.critical(
                    "an outcome is in memory alone",
                    metadata: [
                        "attempt": "\(entry.attempt.rawValue)", "amount": "\(entry.amount)",
                    ])
            })
    }

    private func fetchCatalogue(
        _ client: OpenRouterClient, _ books: ServingBooks
    ) async -> Catalogue? {
        do throws(OpenRouterClient.Failure) {
            let list = try await client.modelList()
            keep(list.body, in: books)
            return Catalogue(list.models)
        } catch {
            // Calls are refused until it comes; one that was fetched before stays in use.
            logger.warning("price list not fetched", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    /// Keeps a list that is new for commands, which judge and replay by it.
    private func keep(_ body: String, in books: ServingBooks) {
        do throws(StorageFailure) {
            guard try books.store.modelList()?.body != body else { return }
            try books.store.keepModelList(body, at: ThisMachine.now())
        } catch {
            // The gateway itself works by the list in memory.
            logger.warning("price list not kept", metadata: ["reason": "\(error)"])
        }
    }

    /// Keeps the price list fresh until cancelled.
    private func refreshCatalogue(
        _ core: GatewayCore, _ client: OpenRouterClient, _ books: ServingBooks
    ) async {
        while !Task.isCancelled {
            let pause =
                core.catalogue.isEmpty
                ? Assembly.catalogueRetryInterval : Assembly.catalogueInterval
            do {
                try await Task.sleep(for: pause)
            } catch {
                // Cancelled: the gateway stops.
                return
            }
            if let catalogue = await fetchCatalogue(client, books) {
                core.replaceCatalogue(catalogue)
            }
        }
    }

    private func consoleSource(
        _ core: GatewayCore, _ books: ServingBooks, _ gatewayURL: String
    ) -> ConsoleSource {
        ConsoleSource(
            unreadiness: {
                if core.isStopping { return "stopping" }
                if books.failure != nil || core.unwrittenCount > 0 {
                    return "the ledger cannot be written"
                }
                return core.catalogue.isEmpty ? "the price list is not there yet" : nil
            },
            metrics: {
                core.counters.all.map {
                    Metric(name: $0.name, help: $0.help, kind: .counter, value: $0.value)
                } + [
                    Metric(
                        name: "purser_holds", help: "Calls that hold money now.", kind: .gauge,
                        value: Int64(core.holdCount)),
                    Metric(
                        name: "purser_limited_calls",
                        help: "Calls with a rate limit that are under way now.", kind: .gauge,
                        value: Int64(core.limitedCallCount)),
                    Metric(
                        name: "purser_unwritten_entries",
                        help: "Entries that wait for the ledger to work again.", kind: .gauge,
                        value: Int64(core.unwrittenCount)),
                ]
            },
            gatewayURL: { gatewayURL })
    }
}

extension UpstreamAddress {
    /// The base URL, without a slash at its end.
    var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isTLS ? "https" : "http")://\(name):\(port)\(path)"
    }
}
