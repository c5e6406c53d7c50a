import ArgumentParser
import Management
import Purser

/// `purser budget list`
struct BudgetListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every budget with what is left of it.",
        discussion: """
            Also the limits of keys, soft limits, and raises with the last day they hold. Budgets \
            of people who left and of revoked keys are left out.

            Example:
              purser budget list --format json
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let windows = BudgetListCommand.windows(in: try database.open().spending())
        try Terminal.write(BudgetListing(of: windows).text(output.format))
    }

    /// The budgets and soft limits that can still concern a call, the organisation's first.
    static func windows(in spending: Spending) -> [WindowView] {
        let roster = spending.roster
        let keys = Set(roster.keys.filter { $0.revokedAt == nil }.map(\.id))
        let scopes = Set(roster.budgets.map(\.scope) + roster.softLimits.map(\.scope))
        return
            scopes
            .filter { scope in
                switch scope {
                case .organisation, .team: true
                case .member(let id): roster.member(id)?.removedAt == nil
                case .key(let id): keys.contains(id)
                }
            }
            .map { (scope: $0, name: roster.name(of: $0) ?? "") }
            .sorted {
                ($0.scope.kind, $0.name, $0.scope.rawID) < ($1.scope.kind, $1.name, $1.scope.rawID)
            }
            .flatMap { spending.budgets(of: $0.scope) }
    }
}
