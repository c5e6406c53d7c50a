import ArgumentParser
import Management
import Purser
import Storage
import Testing

@testable import PurserApp

struct CommandTests {
    /// Every command that does something, with its words.
    private static let commands = leaves(of: PurserCommand.self, words: ["purser"])

    private static func leaves(
        of command: any ParsableCommand.Type, words: [String]
    ) -> [(type: any ParsableCommand.Type, words: [String])] {
        let subcommands = command.configuration.subcommands
        guard !subcommands.isEmpty else { return [(command, words)] }
        return subcommands.flatMap { subcommand in
            leaves(
                of: subcommand, words: words + [subcommand.configuration.commandName ?? "?"])
        }
    }

    @Test func `every command explains itself with an example of itself`() {
        #expect(Self.commands.count >= 20)
        for command in Self.commands {
            let words = command.words.joined(separator: " ")
            let discussion = command.type.configuration.discussion
            #expect(discussion.contains("Example:\n"), "\(words)")
            #expect(discussion.contains("\(words)"), "\(words)")
            #expect(!command.type.configuration.abstract.isEmpty)
        }
    }

    @Test(arguments: [
        ("5", "5"), ("0.50", "0.5"), ("$5", "5"), (".5", "0.5"), ("0", "0"),
        ("0.0000001", "0.0000001"), ("1.0000000000019", "1.000000000001"),
        ("1000000", "1000000"),
    ])
    func `an amount of dollars is read to the picodollar`(text: String, amount: String) throws {
        #expect(try readLimit(text).description == amount)
    }

    @Test(arguments: ["", "$", "ten", "-5", "+5", "1e3", "1,000", "5 ", "1.2.3", "1000000.01"])
    func `anything else is no amount`(text: String) {
        #expect(throws: ValidationError.self) { try readLimit(text) }
    }

    @Test func `none removes a budget`() throws {
        let options = try BudgetOptions.parse(["--daily", "none", "--total", "$2"])
        #expect(options.changes.map(\.period) == [.daily, .total])
        #expect(options.changes.map(\.limit) == [nil, .dollars(2)])
    }

    @Test(arguments: [
        ["tier", "set", "x", "--models", "a/*", "--otherwise", "downgrade"],
        ["tier", "set", "x", "--models", "a,,b"], ["tier", "set", "x y", "--models", "*"],
        ["tier", "set", "x", "--models", "*", "--max-tokens", "0"],
        ["budget", "set", "--daily", "5"], ["budget", "set", "--org"],
        ["budget", "set", "--org", "--member", "a", "--daily", "5"],
        ["budget", "set", "--org", "--key", "aaaaaaaa", "--daily", "5"],
        ["budget", "set", "--org", "--daily", "5", "--until", "tomorrow"],
        ["budget", "set", "--org", "--daily", "5", "--until", "2026-02-30"],
        ["budget", "set", "--org", "--daily", "5", "--until", "2026-12-24", "--soft"],
        ["budget", "set", "--org", "--soft"], ["budget", "set", "--org", "--until", "2026-12-24"],
        ["budget", "show"], ["budget", "show", "--org", "--team", "a"],
        ["tier", "set", "x", "--models", "*", "--ceiling", "image"],
        ["tier", "set", "x", "--models", "*", "--ceiling", "hologram=1"],
        ["tier", "set", "x", "--models", "*", "--ceiling", "image=1,"],
        ["tier", "set", "x", "--models", "*", "--ceiling", "image=100000.01"],
        ["tier", "set", "x", "--models", "*", "--ceiling", "image=1", "--ceiling", "image=2"],
        ["ledger", "export", "--format", "table"], ["report", "--by", "colour"],
        ["key", "create"], ["key", "create", "--member", "a", "--limit-reset", "yearly"],
        ["sandbox", "--latency-ms", "-1"], ["nothing"],
    ])
    func `a command that makes no sense is a usage error`(arguments: [String]) {
        let error = #expect(throws: (any Error).self) {
            _ = try PurserCommand.parseAsRoot(arguments)
        }
        #expect(error.map { PurserCommand.exitCode(for: $0) } == .validationFailure)
    }

    @Test func `failures are told in one voice`() {
        let storage = CommandFailure(any: StorageFailure(.notFound, "there is no such key"))
        #expect(storage?.text == "purser: there is no such key\n")
        let management = CommandFailure(
            any: ManagementFailure(.notFound, "Key not found.", remedy: "Look again."))
        #expect(management?.text == "purser: key not found\nhint: look again\n")
        #expect(
            CommandFailure.usageText("Error: Missing value.\nUsage: purser")
                == "purser: missing value\nUsage: purser\n")
    }

    @Test(arguments: [
        ("2027-01-31", "2027-01-30T23:00:00Z"),
        ("2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"),
        ("2027-01-31T12:00:00+01:00", "2027-01-31T11:00:00Z"),
    ])
    func `a key expires with the day's first moment where the organisation is`(
        text: String, instant: String
    ) throws {
        let zone = try readZone("Europe/Berlin")
        let now = try readInstant("2026-11-21T00:00:00Z")
        #expect(try readExpiry(text, zone, now: now).description == instant)
        for text in ["soon", "2026-11-21", "2027-02-30"] {
            #expect(throws: CommandFailure.self) { try readExpiry(text, zone, now: now) }
        }
    }
}
