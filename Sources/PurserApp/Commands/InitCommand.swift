import ArgumentParser
import Credentials
import OpenRouterWire
import Purser
import Storage

/// `purser init`
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the database and the management key.",
        discussion: """
            The management key is shown once. Set PURSER_MANAGEMENT_KEY to bring one of your own. \
            A team without any tier begins with four: purser tier examples

            Example:
              purser init --database team.db --time-zone Europe/Berlin
            """)

    @OptionGroup var database: DatabaseOption

    @Option(
        help: ArgumentHelp(
            "Where the organisation's days begin, by IANA name. (default: UTC)",
            valueName: "zone"))
    var timeZone: String?

    @Flag(
        name: [.customLong("new-key"), .customLong("force")],
        help: "Mint one more management key; those there are stay valid.")
    var newKey = false

    @OptionGroup var output: FormatOption

    func run() throws {
        let source = SettingSource.process
        let file = try DatabaseFile(database.value(from: source))
        if let timeZone, Zone.named(timeZone) == nil {
            throw CommandFailure(
                .usage, "there is no time zone named \"\(timeZone)\"",
                hint: "use an IANA name, such as Europe/Berlin")
        }
        let books = try file.books()
        let isFirst = try books.directory.roster().managementDigests.isEmpty
        guard isFirst || newKey else {
            throw CommandFailure(
                .failed, "\(file.path) is already initialised",
                hint: "mint another management key with: purser init --new-key")
        }
        if timeZone != nil, try books.history.lastAttempt() > ID(0) {
            throw CommandFailure(
                .failed, "the time zone cannot change: the days of the books are divided by it",
                hint: "leave out --time-zone")
        }
        if let timeZone { try books.directory.setTimeZone(timeZone) }
        let isEmpty = try books.directory.roster().tiers.isEmpty
        let tiers = isFirst && isEmpty ? try TierExamples.add(to: books) : []
        let isBrought = source.value(of: .managementKey) != nil && !newKey
        let secret = isBrought ? nil : ThisMachine.mint(.management)
        if let secret { try books.directory.addManagementKey(secret.digest, at: books.now) }
        try Terminal.write(text(file, key: secret?.reveal(), tiers: tiers))
    }

    private func text(_ file: DatabaseFile, key: String?, tiers: [String]) -> String {
        switch output.format {
        case .json:
            ([
                "management_key": JSON(key), "tiers": .array(tiers.map(JSON.string)),
            ] as JSON).text + "\n"
        case .csv: CSV.line(["management_key"]) + CSV.line([key ?? ""])
        case .table:
            """
            The database is \(file.path).
            \(key.map { "\nmanagement key: \($0)\n\nIt is shown this once: keep it safe." }
                ?? "The management key is the one in PURSER_MANAGEMENT_KEY.")
            \(tiers.isEmpty ? "" : """

                There are tiers to begin with: \(tiers.joined(separator: ", ")).
                See what they allow with purser tier list, and change them as you like.

                """)
            Next:
              purser tier list
              purser member add alice \(tiers.contains("pro") ? "--tier pro " : "")--daily 5
              purser key create --member alice
              OPENROUTER_API_KEY=sk-or-v1-… purser serve

            """
        }
    }
}
