import ArgumentParser

/// `purser policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Ask what the rules do: to one call, or to those of the past.",
        discussion: """
            Example:
              purser policy explain --member alice --model openai/gpt-4o
            """,
        subcommands: [PolicyExplainCommand.self, PolicyReplayCommand.self])
}
