import ArgumentParser
import Purser
import Storage

/// `purser member show`
struct MemberShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one member with tier, team and budgets.",
        discussion: """
            Also somebody who has left. What they have spent is in: purser usage --member NAME

            Example:
              purser member show alice
            """)

    @Argument(help: "The member.")
    var name: String

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let spending = try database.open().spending()
        guard let member = spending.roster.member(named: name) else {
            throw CommandFailure(.noMember(name))
        }
        try Terminal.write(MemberListing(of: [member], spending).text(of: member, output.format))
    }
}
