import ArgumentParser

/// `purser tier`
struct TierCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tier",
        abstract: "Say what people may use, and how much at a time.",
        discussion: """
            Example:
              purser tier set standard --models openai/gpt-4o-mini --otherwise downgrade
            """,
        subcommands: [
            TierSetCommand.self, TierListCommand.self, TierShowCommand.self,
            TierRemoveCommand.self, TierExamplesCommand.self,
        ])
}
