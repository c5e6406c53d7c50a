import ArgumentParser
import Management

/// `purser dashboard`
struct DashboardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Show the team's keys with usage and limit, and the total.",
        discussion: """
            Example:
              purser dashboard --format json
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let keys = try database.open().management().keys(includeDisabled: true)
        try Terminal.write(Dashboard(of: keys).text(output.format))
    }
}
