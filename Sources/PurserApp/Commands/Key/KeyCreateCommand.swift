import ArgumentParser
import Management
import Purser
import Storage

/// `purser key create`
struct KeyCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a key for a member and show it once.",
        discussion: """
            A shared key serves several people, who tell themselves apart by the header \
            "X-Title: app:member" or by "user" in the body; --member answers for it. Nobody \
            checks the names, so the key's own tier, else its holder's, binds all of them.

            Example:
              purser key create --member alice --name laptop --limit 20 --limit-reset monthly
            """)

    @Option(help: "Who holds the key.")
    var member: String

    @Option(help: "What the key is called. (default: the member's name)", transform: readKeyName)
    var name: String?

    @Option(
        help: ArgumentHelp("The most the key itself may spend, in dollars.", valueName: "usd"),
        transform: readLimit)
    var limit: USD?

    @Option(help: "When the limit begins anew. (default: never)")
    var limitReset: LimitReset?

    @Option(
        help: ArgumentHelp(
            "When it expires: a day, from its first moment in the organisation's time zone, or "
                + "an instant such as 2027-01-31T12:00:00Z.", valueName: "date"))
    var expires: String?

    @Option(help: "The tier of the key itself, which comes before its holder's.")
    var tier: String?

    @Flag(help: "Several people will use it.")
    var shared = false

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard limit != nil || limitReset == nil else {
            throw ValidationError("--limit-reset needs a --limit that it resets")
        }
    }

    func run() throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        guard let holder = roster.member(named: member), holder.removedAt == nil else {
            throw CommandFailure(.noMember(member))
        }
        var fields = NewKeyFields(member: member, name: name)
        if let tier, roster.tier(named: tier) == nil { throw CommandFailure(.noTier(tier)) }
        fields.tier = tier
        fields.limit = limit
        fields.limitReset = limitReset?.period ?? .total
        fields.expiresAt = try expires.map { try readExpiry($0, roster.zone, now: books.now) }
        fields.isShared = shared
        try Terminal.write(
            MintedKeyText.text(try books.management().createKey(fields), output.format))
    }
}

/// The periods a key's limit may have.
enum LimitReset: String, CaseIterable, ExpressibleByArgument {
    case daily, weekly, monthly

    var period: Period {
        switch self {
        case .daily: .daily
        case .weekly: .weekly
        case .monthly: .monthly
        }
    }
}

/// Reads what a key is to be called.
func readKeyName(_ text: String) throws -> String {
    guard KeyName.isValid(text) else {
        throw ValidationError("a key's name is a line of at most \(KeyName.lengthMax) bytes")
    }
    return text
}

/// Reads a day in the organisation's zone, or an instant.
func readExpiry(
    _ text: String, _ zone: Zone, now: Timestamp
) throws(CommandFailure) -> Timestamp {
    let day = CivilDate(text).map(zone.start(of:))
    guard let instant = day ?? Timestamp(text) else {
        throw CommandFailure(
            .usage, "--expires must be a day or an instant, not \"\(text)\"",
            hint: "write 2027-01-31 or 2027-01-31T12:00:00Z")
    }
    guard instant > now else {
        throw CommandFailure(.usage, "--expires \(text) is in the past")
    }
    return instant
}
