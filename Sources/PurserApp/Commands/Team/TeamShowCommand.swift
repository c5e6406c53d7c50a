import ArgumentParser
import Purser
import Storage

/// `purser team show`
struct TeamShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one team with its tier and its members.",
        discussion: """
            What it may spend is in: purser budget show --team NAME

            Example:
              purser team show platform
            """)

    @Argument(help: "The team.")
    var name: String

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let roster = try database.open().directory.roster()
        guard let team = roster.team(named: name) else { throw CommandFailure(.noTeam(name)) }
        try Terminal.write(TeamListing(of: [team], roster).text(of: team, output.format))
    }
}
