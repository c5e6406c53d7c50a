import ArgumentParser
import Purser
import Storage

/// `purser tier remove`
struct TierRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a tier that nobody has.",
        discussion: """
            Give those who have it another one first: purser member set, purser team set.

            Example:
              purser tier remove trial
            """)

    @Argument(help: "The tier.")
    var name: String

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        guard let tier = roster.tier(named: name) else { throw CommandFailure(.noTier(name)) }
        let holders = roster.holders(of: tier.id)
        guard holders.isEmpty else {
            throw CommandFailure(
                .failed, "tier \(name) is in use by \(holders.joined(separator: ", "))",
                hint: "give them another one with: purser member set NAME --tier T, "
                    + "purser team set NAME --tier T")
        }
        try books.directory.removeTier(name)
        try Terminal.write(TierListing.text(of: tier, output.format))
    }
}

extension Roster {
    /// Whom the tier may not be taken from unseen, in words.
    func holders(of tier: ID<Tier>) -> [String] {
        teams.filter { $0.tier == tier }.map { "team \($0.name)" }
            + members.filter { $0.tier == tier && $0.removedAt == nil }.map {
                "member \($0.name)"
            }
            + keys.filter { $0.tier == tier && $0.revokedAt == nil }.map { "key \($0.name)" }
    }
}
