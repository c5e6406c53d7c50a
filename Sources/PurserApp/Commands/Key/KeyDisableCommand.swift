import ArgumentParser
import Storage

/// `purser key disable`
struct KeyDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Pause a key.",
        discussion: """
            Example:
              purser key disable 3f9a01c2
            """)

    @OptionGroup var argument: KeyArgument

    func run() throws {
        try argument.update { $0.isDisabled = .set(true) }
    }
}
