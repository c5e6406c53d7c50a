import ArgumentParser
import Purser
import Storage

/// `purser team set`
struct TeamSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a team, or give it another tier.",
        discussion: """
            A team's tier is for its members without one of their own.

            Example:
              purser team set platform --tier pro
            """)

    @Argument(help: "What the team is called.", transform: readName)
    var name: String

    @Option(help: "Which models its members may use.", transform: readName)
    var tier: String?

    @Flag(help: "Take its tier away.")
    var noTier = false

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard (tier != nil) != noTier else {
            throw ValidationError("say what to set: --tier or --no-tier")
        }
    }

    func run() throws {
        let books = try database.open()
        if let tier, try books.directory.roster().tier(named: tier) == nil {
            throw CommandFailure(.noTier(tier))
        }
        let team = try books.directory.setTeam(name, tier: tier)
        let listing = TeamListing(of: [team], try books.directory.roster())
        try Terminal.write(listing.text(of: team, output.format))
    }
}
