import ArgumentParser
import Storage

/// `purser key enable`
struct KeyEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Let a paused key go on.",
        discussion: """
            Example:
              purser key enable 3f9a01c2
            """)

    @OptionGroup var argument: KeyArgument

    func run() throws {
        try argument.update { $0.isDisabled = .set(false) }
    }
}
