import ArgumentParser
import Purser
import Storage

/// `purser tier show`
struct TierShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what one tier allows.",
        discussion: """
            Example:
              purser tier show standard
            """)

    @Argument(help: "The tier.")
    var name: String

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        guard let tier = try database.open().directory.roster().tier(named: name) else {
            throw CommandFailure(.noTier(name))
        }
        try Terminal.write(TierListing.text(of: tier, output.format))
    }
}
