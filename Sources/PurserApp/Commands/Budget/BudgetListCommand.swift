import ArgumentParser
import Management
import Purser

/// `purser budget list`
struct BudgetListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every budget with what is left of it.",
        discussion: """
            Also the limits of keys. Budgets of people who left and of revoked keys are left out.

            Example:
              purser budget list --format json
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let spending = try database.open().spending()
        try Terminal.write(
            BudgetListing(of: inForce(spending.roster), spending).text(output.format))
    }

    /// The budgets that can still bind a call, the organisation's first.
    private func inForce(_ roster: Roster) -> [Budget] {
        let keys = Set(roster.keys.filter { $0.revokedAt == nil }.map(\.id))
        return roster.budgets
            .filter { budget in
                switch budget.scope {
                case .organisation, .team: true
                case .member(let id): roster.member(id)?.removedAt == nil
                case .key(let id): keys.contains(id)
                }
            }
            .map { (budget: $0, name: roster.name(of: $0.scope) ?? "") }
            .sorted {
                ($0.budget.scope.kind, $0.name, $0.budget.scope.rawID, $0.budget.period.rawValue)
                    < (
                        $1.budget.scope.kind, $1.name, $1.budget.scope.rawID,
                        $1.budget.period.rawValue
                    )
            }
            .map(\.budget)
    }
}
