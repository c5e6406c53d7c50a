import ArgumentParser

/// `purser key`
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make, replace, pause and withdraw keys.",
        discussion: """
            Example:
              purser key create --member alice --limit 20 --limit-reset monthly
            """,
        subcommands: [
            KeyCreateCommand.self, KeyListCommand.self, KeyRotateCommand.self,
            KeyDisableCommand.self, KeyEnableCommand.self, KeyRevokeCommand.self,
        ])
}
