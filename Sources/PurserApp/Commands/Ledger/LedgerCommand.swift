import ArgumentParser

/// `purser ledger`
struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Read the books.",
        discussion: """
            Example:
              purser ledger export --format csv > ledger.csv
            """,
        subcommands: [LedgerExportCommand.self])
}
