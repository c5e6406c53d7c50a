import ArgumentParser
import Purser
import Storage

/// `purser plan`
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what a file of tiers, teams and members would change.",
        discussion: """
            Changes nothing. What the file does not name is left alone.

            Example:
              purser plan team.yaml
            """)

    @OptionGroup var source: TeamFileArgument
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let file = try source.read()
        let books = try database.open()
        let plan = try source.plan(file, on: books)
        try books.warnOfUnlisted(in: plan.tiers)
        try Terminal.write(TeamPlanListing.text(of: plan, output.format))
    }
}
