import ArgumentParser
import Purser
import Storage

/// `purser member set`
struct MemberSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Give a member another tier or team.",
        discussion: """
            Without a tier of their own they have what their team has. A team that is new is made.

            Example:
              purser member set alice --tier pro --team platform
            """)

    @Argument(help: "The member.")
    var name: String

    @Option(help: "Which models they may use.", transform: readName)
    var tier: String?

    @Flag(help: "Take away their own tier.")
    var noTier = false

    @Option(help: "The team whose budget they share.", transform: readName)
    var team: String?

    @Flag(help: "Take them out of their team.")
    var noTeam = false

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        if noTier, tier != nil { throw ValidationError("--tier and --no-tier exclude each other") }
        if noTeam, team != nil { throw ValidationError("--team and --no-team exclude each other") }
        guard tier != nil || noTier || team != nil || noTeam else {
            throw ValidationError("say what to set: --tier, --no-tier, --team or --no-team")
        }
    }

    func run() throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        guard let member = roster.member(named: name), member.removedAt == nil else {
            throw CommandFailure(.noMember(name))
        }
        if let tier, roster.tier(named: tier) == nil { throw CommandFailure(.noTier(tier)) }
        var change = MemberChange()
        if tier != nil || noTier { change.tier = .set(tier) }
        if team != nil || noTeam { change.team = .set(team) }
        let changed = try books.directory.updateMember(name, change)
        let listing = MemberListing(of: [changed], try books.spending())
        try Terminal.write(listing.text(of: changed, output.format))
    }
}
