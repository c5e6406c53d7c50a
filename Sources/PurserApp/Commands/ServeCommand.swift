import ArgumentParser
import Credentials
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the gateway and the console.",
        discussion: """
            Needs the key that calls are forwarded with in the environment. Prints one line when \
            both accept connections, and stops on SIGTERM or Ctrl-C when calls in flight are done.

            Example:
              OPENROUTER_API_KEY=sk-or-v1-… purser serve --listen 127.0.0.1:8787
            """)

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let settings = try ServeSettings(options, from: .process)
        guard let upstreamKey = settings.upstreamKey else {
            throw CommandFailure(
                .usage, "OPENROUTER_API_KEY is not set",
                hint: "make a key at https://openrouter.ai/settings/keys; to try Purser without "
                    + "an account: purser demo")
        }
        let assembly = Assembly(settings: settings, logger: ProgramLog.make())
        try await assembly.run(upstreamKey: upstreamKey) { running in
            let end = await EndSignal.listen()
            try Terminal.write(
                "purser: ready gateway=\(running.gatewayURL) console=\(running.consoleURL)\n")
            await end.wait()
        }
    }
}

/// The program's log: to standard error, so that standard output is for results.
enum ProgramLog {
    static func make() -> Logger {
        var logger = Logger(label: "purser") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        return logger
    }
}
