import ArgumentParser
import Purser

/// `purser budget show`
struct BudgetShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one member's, team's or key's budgets, and what else binds them.",
        discussion: """
            Every period, limited or not, and then the budgets that the same calls must fit in \
            besides: for a member those of the organisation, their team and their keys. Why a \
            call was refused is in the row that is full: # is spent, + is held by calls in flight.

            Example:
              purser budget show --member alice
              purser budget show --org --format json
            """)

    @OptionGroup(title: "Whose") var owner: ScopeOptions
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let books = try database.open()
        guard let scope = try owner.find(in: books) else {
            throw CommandFailure(
                .failed, "there is no team named \"\(owner.team ?? "")\"",
                hint: "see which have budgets with: purser budget list")
        }
        try Terminal.write(
            BudgetOverview(of: scope, try books.spending()).text(output.format))
    }
}
