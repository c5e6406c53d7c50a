import ArgumentParser
import Credentials
import Gateway
import Logging
import NIOCore
import NIOPosix
import OpenRouter
import OpenRouterSandbox
import OpenRouterWire
import Purser
import SQLiteStorage
import Storage

/// Everything at once: a sandbox, a gateway, a sample team, its traffic and the report.
struct Demo: Sendable {
    var database: String
    /// Whether it ends after the report.
    var endsAfterReport: Bool
    var logger: Logger

    /// The contract's ports where they are free, so that what is printed can be bookmarked.
    private static let ports = (gateway: 8_787, console: 8_788, sandbox: 8_789)

    /// Returns whether the books agreed with the bill.
    func run() async throws -> Bool {
        try Terminal.write(
            "Purser demo: no account, no network. Starting the sandbox and the gateway.\n")
        let sandbox = try await SandboxServer.start(
            host: "127.0.0.1", port: await Demo.freePort(Demo.ports.sandbox),
            settings: SandboxSettings(
                latency: .milliseconds(20), chunkInterval: .milliseconds(1),
                generationLag: .milliseconds(200)),
            now: ThisMachine.now, logger: logger)
        let managementKey = ThisMachine.mint(.management)
        let options = try ServeOptions.parse([
            "--database", database, "--upstream", sandbox.url,
            "--listen", "127.0.0.1:\(await Demo.freePort(Demo.ports.gateway))",
            "--console", "127.0.0.1:\(await Demo.freePort(Demo.ports.console))",
        ])
        let settings = try ServeSettings(
            options,
            from: SettingSource(environment: ["PURSER_MANAGEMENT_KEY": managementKey.reveal()]))
        let agreement = Agreement()
        do {
            try await Assembly(settings: settings, logger: logger).run(
                upstreamKey: Secret(sandbox.key)
            ) { running in
                let end = await EndSignal.listen()
                let agrees = try await play(running, sandbox, managementKey)
                await agreement.set(agrees)
                if !endsAfterReport { await end.wait() }
            }
        } catch {
            await sandbox.stop()
            throw error
        }
        await sandbox.stop()
        return await agreement.agrees
    }

    /// What the play found out, carried out of the assembly.
    private actor Agreement {
        private(set) var agrees = false

        func set(_ agrees: Bool) {
            self.agrees = agrees
        }
    }

    private func play(
        _ running: Assembly.Running, _ sandbox: RunningSandbox, _ managementKey: Secret
    ) async throws -> Bool {
        let base = running.gatewayURL + "/api/v1"
        for person in DemoScript.people { try running.books.store.setTier(person.tier) }
        let keys = try await makeTeam(base, managementKey)
        try Terminal.write("\nThree people, three tiers, three daily budgets:\n")
        for person in DemoScript.people {
            let models = person.tier.models.map(\.text).joined(separator: ", ")
            try Terminal.write(
                "  \(person.name): $\(person.daily) a day, \(person.tier.name) (\(models))\n")
        }
        try Terminal.write(
            "\nTheir calls, over HTTP (+ answered, > downgraded, x refused):\n")
        try await sendCalls(base, keys)
        return try report(running, sandbox, base: base, keys: keys, managementKey)
    }

    private func makeTeam(
        _ base: String, _ managementKey: Secret
    ) async throws -> [String: String] {
        let client = OpenRouterClient(baseURL: base, key: managementKey.reveal())
        var keys: [String: String] = [:]
        for person in DemoScript.people {
            let body: JSON = [
                "name": .string(person.name), "team": .string(person.team),
                "tier": .string(person.tier.name), "budgets": ["daily": .number(person.daily)],
            ]
            let answer = try await client.send("POST", "/keys", body: body.text)
            guard answer.status == 201, let key = answer.json?["key"]?.string else {
                try await client.shutdown()
                throw CommandFailure(.failed, "the demo could not make a key for \(person.name)")
            }
            keys[person.name] = key
        }
        try await client.shutdown()
        return keys
    }

    private func sendCalls(_ base: String, _ keys: [String: String]) async throws {
        for call in DemoScript.calls {
            let client = OpenRouterClient(baseURL: base, key: keys[call.member] ?? "")
            do throws(OpenRouterClient.Failure) {
                let line = try await DemoTraffic(client: client).send(call)
                try? Terminal.write(line + "\n")  // A closed terminal does not end the demo.
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
        }
    }
}

extension Demo {
    private func report(
        _ running: Assembly.Running, _ sandbox: RunningSandbox, base: String,
        keys: [String: String], _ managementKey: Secret
    ) throws -> Bool {
        let store = running.books.store
        let roster = try store.roster()
        let today = roster.zone.day(at: ThisMachine.now())
        if let week = ReportPeriod("week", today: today) {
            let usage = try store.usage(by: .member, from: week.from, to: week.to)
            let report = UsageReport(by: .member, over: week, usage: usage, roster: roster)
            try Terminal.write("\n" + report.text(.table))
        }
        let ledger = try store.total()
        let bill = sandbox.bill()
        let verdict = ledger == bill ? "The books agree" : "THE BOOKS DISAGREE"
        try Terminal.write(
            "\n\(verdict): ledger $\(ledger), sandbox's bill $\(bill), "
                + "difference $\(ledger - bill)\n")
        try Terminal.write(
            """

            gateway         \(base)
            console         \(running.consoleURL)/
            sandbox         \(sandbox.url)
            alice's key     \(keys["alice-backend"] ?? "")
            management key  \(managementKey.reveal())
            database        \(database)

            Try it:
            curl \(base)/chat/completions -H "Authorization: Bearer \(keys["alice-backend"] ?? "")" \
            -H "Content-Type: application/json" \
            -d '{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"Hello!"}]}'

            """)
        if !endsAfterReport { try Terminal.write("\nServing until Ctrl-C.\n") }
        return ledger == bill
    }

    /// The port if nobody has it, else 0, which picks a free one.
    private static func freePort(_ port: Int) async -> Int {
        do {
            let probe = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: "127.0.0.1", port: port).get()
            try await probe.close()
            return port
        } catch {
            // Somebody listens there: not an error, only a reason to go elsewhere.
            return 0
        }
    }
}
