import ArgumentParser

/// `purser budget`
struct BudgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Say how much members, teams, keys and everybody may spend.",
        discussion: """
            Example:
              purser budget set --team platform --monthly 500
            """,
        subcommands: [BudgetSetCommand.self, BudgetListCommand.self, BudgetShowCommand.self])
}
