import ArgumentParser
import Logging
import OpenRouterSandbox

/// `purser sandbox`
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a stand-in for OpenRouter, to try and test programs without an account.",
        discussion: """
            It prints its address and its two keys, and serves until it is interrupted. What it \
            bills is at /sandbox/state; faults are ordered at /sandbox/faults.

            Example:
              purser sandbox --listen 127.0.0.1:8789 --seed 7 --latency-ms 200
            """)

    @Option(
        help: ArgumentHelp(
            "Where it listens; port 0 picks a free one.", valueName: "host:port"))
    var listen = "127.0.0.1:8789"

    @Option(
        help: ArgumentHelp(
            "The same seed gives the same keys, ids and answers.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("The pause before each answer begins.", valueName: "milliseconds"))
    var latencyMs = 0

    @Option(
        help: ArgumentHelp("The pause before each chunk of a stream.", valueName: "milliseconds"))
    var chunkMs = 0

    @Option(
        help: ArgumentHelp(
            "How long a finished generation cannot be looked up.", valueName: "milliseconds"))
    var generationLagMs = 500

    @Option(
        help: ArgumentHelp(
            "A fault to begin with, by its kind or as the JSON of /sandbox/faults; may be given "
                + "several times.", valueName: "fault"))
    var fault: [String] = []

    @Option(
        help: ArgumentHelp(
            "The ordinary key; it opens nothing but this sandbox. (default: from the seed)",
            valueName: "secret"))
    var key: String?

    @Option(
        help: ArgumentHelp("The management key. (default: from the seed)", valueName: "secret"))
    var managementKey: String?

    func validate() throws {
        for pause in [latencyMs, chunkMs, generationLagMs] where pause < 0 {
            throw ValidationError("a pause must not be negative")
        }
    }

    func run() async throws {
        let address = try ListenAddress(SettingValue(listen, from: "--listen"))
        let sandbox = try await start(at: address)
        for fault in fault {
            guard let complaint = sandbox.order(fault: fault) else { continue }
            await sandbox.stop()
            throw CommandFailure(
                .usage, "--fault \"\(fault)\": \(complaint)",
                hint: #"write a kind, such as no_usage, or {"kind":"status","status":429}"#)
        }
        let end = await EndSignal.listen()
        try Terminal.write(
            "purser: sandbox ready url=\(sandbox.url) key=\(sandbox.key) "
                + "management=\(sandbox.managementKey)\n")
        await end.wait()
        await sandbox.stop()
    }

    private func start(at address: ListenAddress) async throws -> RunningSandbox {
        var logger = Logger(label: "purser.sandbox") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        do {
            return try await SandboxServer.start(
                host: address.host, port: address.port,
                settings: SandboxSettings(
                    seed: seed, latency: .milliseconds(latencyMs),
                    chunkInterval: .milliseconds(chunkMs),
                    generationLag: .milliseconds(generationLagMs), key: key,
                    managementKey: managementKey),
                now: ThisMachine.now, logger: logger)
        } catch {
            throw CommandFailure(
                .failed, "the sandbox cannot listen at \(listen): \(error)",
                hint: "free the port, or choose another with --listen 127.0.0.1:0")
        }
    }
}
