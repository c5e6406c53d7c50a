import ArgumentParser
import Purser
import Storage

/// `purser member list`
struct MemberListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the members with their budgets.",
        discussion: """
            Example:
              purser member list --format csv
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let spending = try database.open().spending()
        let members = spending.roster.members
            .filter { $0.removedAt == nil }.sorted { $0.name < $1.name }
        try Terminal.write(MemberListing(of: members, spending).text(output.format))
    }
}
