import ArgumentParser
import Purser

/// `purser usage`
struct UsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show what each member has spent, holds and has left, and until when.",
        discussion: """
            Held is the most that calls in flight can cost.

            Example:
              purser usage --member alice
            """)

    @Option(help: "Only this member.")
    var member: String?

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let spending = try database.open().spending()
        let members: [Member]
        if let member {
            guard let found = spending.roster.member(named: member) else {
                throw CommandFailure(.noMember(member))
            }
            members = [found]
        } else {
            members = spending.roster.members
                .filter { $0.removedAt == nil }.sorted { $0.name < $1.name }
        }
        try Terminal.write(UsageListing(of: members, spending).text(output.format))
    }
}
