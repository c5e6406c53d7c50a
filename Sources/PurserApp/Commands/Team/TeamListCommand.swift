import ArgumentParser
import Purser
import Storage

/// `purser team list`
struct TeamListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the teams with their tiers.",
        discussion: """
            Example:
              purser team list --format csv
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let roster = try database.open().directory.roster()
        let teams = roster.teams.sorted { $0.name < $1.name }
        try Terminal.write(TeamListing(of: teams, roster).text(output.format))
    }
}
