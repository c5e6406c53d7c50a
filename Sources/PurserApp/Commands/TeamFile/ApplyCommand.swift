import ArgumentParser
import Purser
import Storage

/// `purser apply`
struct ApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make the team what a file says.",
        discussion: """
            All of the file or nothing; a second time changes nothing. What the file does not \
            name is left alone. See first what it would change: purser plan

            Example:
              purser apply team.yaml
            """)

    @OptionGroup var source: TeamFileArgument
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    /// Somebody else would have to change the directory as often within these few milliseconds.
    private static let attemptsMax = 5

    func run() throws {
        let file = try source.read()
        let books = try database.open()
        let plan = try apply(file, to: books)
        try books.warnOfUnlisted(in: plan.tiers)
        try Terminal.write(TeamPlanListing.text(of: plan, output.format))
    }

    /// What is told is what was done: a plan that others overtook is made again.
    private func apply(_ file: TeamFile, to books: Books) throws -> TeamPlan {
        var attempts = 0
        while true {
            attempts += 1
            let plan = try source.plan(file, on: books)
            do {
                try books.directory.apply(plan.changes, under: plan.revision, at: books.now)
                return plan
            } catch {
                guard error.code == .stale, attempts < ApplyCommand.attemptsMax else { throw error }
            }
        }
    }
}
