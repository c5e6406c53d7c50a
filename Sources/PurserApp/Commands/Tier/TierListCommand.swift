import ArgumentParser
import Purser
import Storage

/// `purser tier list`
struct TierListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tiers.",
        discussion: """
            Example:
              purser tier list --format json
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let tiers = try database.open().directory.roster().tiers.sorted { $0.name < $1.name }
        try Terminal.write(TierListing.text(of: tiers, output.format))
    }
}
