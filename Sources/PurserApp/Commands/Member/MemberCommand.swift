import ArgumentParser

/// `purser member`
struct MemberCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Add and remove people.",
        discussion: """
            Example:
              purser member add alice --tier standard --team platform --daily 5
            """,
        subcommands: [
            MemberAddCommand.self, MemberSetCommand.self, MemberListCommand.self,
            MemberShowCommand.self,
            MemberRemoveCommand.self,
        ])
}
