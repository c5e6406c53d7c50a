import ArgumentParser
import Purser
import Storage

/// `purser member add`
struct MemberAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add somebody to the team.",
        discussion: """
            Without a tier every model is allowed; without a budget nothing limits the spend but \
            the team's and the organisation's. A team that is new is made.

            Example:
              purser member add alice --tier standard --team platform --daily 5 --monthly 60
            """)

    @Argument(help: "What the member is called.", transform: readName)
    var name: String

    @Option(help: "Which models they may use.", transform: readName)
    var tier: String?

    @Option(help: "The team whose budget they share.", transform: readName)
    var team: String?

    @OptionGroup(title: "Budgets") var budgets: BudgetOptions
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        if let tier, roster.tier(named: tier) == nil { throw CommandFailure(.noTier(tier)) }
        if let member = roster.member(named: name), member.removedAt == nil {
            throw CommandFailure(
                .failed, "there is a member named \"\(name)\" already",
                hint: "change their budget with: purser budget set --member \(name) --daily 5")
        }
        let member = try books.directory.addMember(name, team: team, tier: tier, at: books.now)
        for (period, limit) in budgets.changes {
            try books.directory.setBudget(.member(member.id), period, limit: limit)
        }
        let listing = MemberListing(of: [member], try books.spending())
        try Terminal.write(listing.text(of: member, output.format))
    }
}
