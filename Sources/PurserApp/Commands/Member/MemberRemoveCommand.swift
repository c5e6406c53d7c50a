import ArgumentParser
import Purser
import Storage

/// `purser member remove`
struct MemberRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "End somebody's access and revoke their keys.",
        discussion: """
            What they spent stays in the books.

            Example:
              purser member remove alice
            """)

    @Argument(help: "The member.")
    var name: String

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let books = try database.open()
        guard let member = try books.directory.roster().member(named: name),
            member.removedAt == nil
        else { throw CommandFailure(.noMember(name)) }
        try books.directory.removeMember(name, at: books.now)
        let spending = try books.spending()
        let removed = spending.roster.member(named: name) ?? member
        try Terminal.write(
            MemberListing(of: [removed], spending).text(of: removed, output.format))
    }
}
