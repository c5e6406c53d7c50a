import ArgumentParser

/// `purser team`
struct TeamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "team",
        abstract: "Give whole teams a tier.",
        discussion: """
            Example:
              purser team set platform --tier pro
            """,
        subcommands: [TeamSetCommand.self, TeamListCommand.self, TeamShowCommand.self])
}
