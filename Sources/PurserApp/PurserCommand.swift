package import ArgumentParser
import Foundation
import Management
import Storage

/// The `purser` program.
package struct PurserCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "purser",
        abstract: "A team gateway in front of OpenRouter: keys, budgets, rules and exact books.",
        discussion: """
            Results go to standard output, errors to standard error. Exit codes: 0 done, 1 failed, \
            2 usage, 3 refused by policy or budget.

            Example:
              purser init
              purser member add alice --daily 5
              purser key create --member alice
            """,
        version: "0.1.0",
        subcommands: subcommands)

    /// In the order of the help.
    private static let subcommands: [any ParsableCommand.Type] = [
        DemoCommand.self, InitCommand.self, ServeCommand.self, TierCommand.self, TeamCommand.self,
        MemberCommand.self, KeyCommand.self, BudgetCommand.self, PolicyCommand.self,
        ReportCommand.self, UsageCommand.self, DashboardCommand.self, LedgerCommand.self,
        PlanCommand.self, ApplyCommand.self, SandboxCommand.self,
    ]

    package init() {}

    /// Runs what the command line asks for, and ends the process.
    package static func start() async -> Never {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Foundation.exit(0)
        } catch {
            end(with: error)
        }
    }

    /// Says what went wrong, and ends with the exit code that stands for it.
    private static func end(with error: any Error) -> Never {
        if let failure = CommandFailure(any: error) {
            Terminal.complain(failure.text)
            Foundation.exit(failure.code.rawValue)
        }
        // The results said it all.
        if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
        let text = fullMessage(for: error)
        let code = exitCode(for: error)
        guard code.isSuccess else {
            Terminal.complain(CommandFailure.usageText(text))
            Foundation.exit(
                (code == .validationFailure ? CommandFailure.Code.usage : .failed).rawValue)
        }
        print(text)
        Foundation.exit(0)
    }
}

extension CommandFailure {
    /// The failure that an error of the inner modules is to a person; `nil` for those of the
    /// command line itself.
    init?(any error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let failure as StorageFailure:
            self.init(.failed, failure.message, hint: CommandFailure.hint(failure.code))
        case let failure as ManagementFailure:
            self.init(
                .failed, CommandFailure.phrase(failure.message),
                hint: failure.remedy.map(CommandFailure.phrase))
        default: return nil
        }
    }

    /// What is written to standard error.
    var text: String {
        let hint = hint.map { "hint: \($0)\n" } ?? ""
        return "purser: \(Table.printable(message))\n\(hint)"
    }

    /// The parser's message in the form of our own.
    static func usageText(_ text: String) -> String {
        guard text.hasPrefix("Error: ") else { return text + "\n" }
        let rest = text.dropFirst("Error: ".count)
        let line = rest.prefix { $0 != "\n" }
        return "purser: \(phrase(String(line)))\(rest.dropFirst(line.count))\n"
    }

    /// A sentence without its capital and its full stop.
    private static func phrase(_ sentence: String) -> String {
        let body = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
        return body.prefix(1).lowercased() + body.dropFirst()
    }

    private static func hint(_ code: StorageFailure.Code) -> String? {
        switch code {
        case .unavailable: "name the right file with --database; check its permissions and the disk"
        case .invalid, .schemaTooNew, .inUse, .stale, .notFound, .alreadyExists: nil
        }
    }
}
