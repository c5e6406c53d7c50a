import ArgumentParser
import Management
import Purser
import Storage

/// `--member`, `--team`, `--org` and `--key`: whose budgets a command is about.
struct ScopeOptions: ParsableArguments {
    @Option(help: "A member's budgets.")
    var member: String?

    @Option(help: "A team's budgets, all its members together.", transform: readName)
    var team: String?

    @Flag(name: .customLong("org"), help: "The whole organisation's budgets.")
    var organisation = false

    @Option(
        help: ArgumentHelp(
            "A key's budgets: its hash or 8 digits of it, its label, or its name if no other has "
                + "it.", valueName: "hash"))
    var key: String?

    func validate() throws {
        let count = [member, team, key].compactMap { $0 }.count + (organisation ? 1 : 0)
        guard count == 1 else {
            throw ValidationError("name one of --member NAME, --team NAME, --org and --key HASH")
        }
    }

    /// The one that is meant; `nil` for a team that is not there yet.
    func find(in books: Books) throws -> Scope? {
        if let key {
            let keys = try books.management().keys(includeDisabled: true)
            return .key(try KeySelection.find(key, in: keys).key.id)
        }
        let roster = try books.directory.roster()
        if let member {
            guard let found = roster.member(named: member), found.removedAt == nil else {
                throw CommandFailure(.noMember(member))
            }
            return .member(found.id)
        }
        guard let team else { return .organisation }
        return roster.team(named: team).map { .team($0.id) }
    }
}
