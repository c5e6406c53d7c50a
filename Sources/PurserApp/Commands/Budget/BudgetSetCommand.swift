import ArgumentParser
import Purser
import Storage

/// `purser budget set`
struct BudgetSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Set, raise or remove budgets of a member, a team, the organisation or a key.",
        discussion: """
            Budgets that are not named stay. A call must fit in every budget that applies to it. \
            With --until the amounts are raises: they hold to the end of that day in the \
            organisation's time zone and then end by themselves; none ends one at once. With \
            --soft the amounts warn and refuse nothing: answers carry X-Purser-Budget-Warning \
            from then on.

            Example:
              purser budget set --member alice --daily 5 --monthly none
              purser budget set --team platform --monthly 800 --until 2026-12-24
              purser budget set --org --monthly 4000 --soft
              purser budget set --key 3f9a01c2 --total 20
            """)

    @OptionGroup(title: "Whose") var owner: ScopeOptions
    @OptionGroup(title: "Budgets") var budgets: BudgetOptions

    @Option(
        help: ArgumentHelp(
            "Raise the budgets to these amounts to the end of this day.", valueName: "date"),
        transform: readDay)
    var until: CivilDate?

    @Flag(help: "Warn from these amounts on, and refuse nothing.")
    var soft = false

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard !budgets.changes.isEmpty else {
            throw ValidationError("name at least one of --daily, --weekly, --monthly and --total")
        }
        guard until == nil || !soft else {
            throw ValidationError("--until raises budgets and --soft sets soft limits: use one")
        }
    }

    func run() throws {
        let books = try database.open()
        let found = try owner.find(in: books)
        let changes = try changes(of: found, in: books)
        let scope = try found ?? newTeam(in: books)
        for change in changes { try change.make(for: scope, in: books.directory) }
        let spending = try books.spending()
        try Terminal.write(BudgetListing(of: spending.budgets(of: scope)).text(output.format))
    }

    /// All of them are known to be possible before the first is made.
    private func changes(of scope: Scope?, in books: Books) throws -> [BudgetChange] {
        if soft { return budgets.changes.map { .softLimit($0.period, $0.limit) } }
        guard let until else { return budgets.changes.map { .limit($0.period, $0.limit) } }
        let spending = try books.spending()
        let roster = spending.roster
        return try RaiseRequest(
            amounts: budgets.changes, lastDay: until,
            budgets: scope.map { roster.budgets(of: $0) } ?? [],
            owner: scope.map { roster.describe($0) } ?? "team \(owner.team ?? "")",
            today: spending.today, zone: roster.zone.name
        ).changes()
    }

    private func newTeam(in books: Books) throws -> Scope {
        guard let team = owner.team else { preconditionFailure("only a team can be new") }
        Terminal.complain("purser: team \(team) is new and has no members yet\n")
        return .team(try books.directory.team(named: team).id)
    }
}
