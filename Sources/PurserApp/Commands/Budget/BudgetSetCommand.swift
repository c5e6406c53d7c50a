import ArgumentParser
import Purser
import Storage

/// `purser budget set`
struct BudgetSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set or remove budgets of a member, a team or the organisation.",
        discussion: """
            Budgets that are not named stay. A call must fit in every budget that applies to it.

            Example:
              purser budget set --member alice --daily 5 --monthly none
            """)

    @Option(help: "A member's budgets.")
    var member: String?

    @Option(help: "A team's budgets, all its members together.", transform: readName)
    var team: String?

    @Flag(name: .customLong("org"), help: "The whole organisation's budgets.")
    var organisation = false

    @OptionGroup(title: "Budgets") var budgets: BudgetOptions
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        let count = (member == nil ? 0 : 1) + (team == nil ? 0 : 1) + (organisation ? 1 : 0)
        guard count == 1 else {
            throw ValidationError("name one of --member NAME, --team NAME and --org")
        }
        guard !budgets.changes.isEmpty else {
            throw ValidationError("name at least one of --daily, --weekly, --monthly and --total")
        }
    }

    func run() throws {
        let books = try database.open()
        let scope = try scope(in: books)
        for (period, limit) in budgets.changes {
            try books.directory.setBudget(scope, period, limit: limit)
        }
        let spending = try books.spending()
        try Terminal.write(
            BudgetListing(of: spending.roster.budgets(of: scope), spending).text(output.format))
    }

    private func scope(in books: Books) throws -> Scope {
        let roster = try books.directory.roster()
        if let member {
            guard let found = roster.member(named: member), found.removedAt == nil else {
                throw CommandFailure(.noMember(member))
            }
            return .member(found.id)
        }
        guard let team else { return .organisation }
        if roster.team(named: team) == nil {
            Terminal.complain("purser: team \(team) is new and has no members yet\n")
        }
        return .team(try books.directory.team(named: team).id)
    }
}
