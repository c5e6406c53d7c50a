import ArgumentParser

/// `purser tier`
struct TierCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tier",
        abstract: "Say which models people may use.",
        discussion: """
            Example:
              purser tier set standard --models openai/gpt-4o-mini --otherwise downgrade
            """,
        subcommands: [TierSetCommand.self, TierListCommand.self, TierShowCommand.self])
}
