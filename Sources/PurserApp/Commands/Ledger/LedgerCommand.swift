import ArgumentParser

/// `purser ledger`
struct LedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Read the books, and check them.",
        discussion: """
            Example:
              purser ledger export --format csv > ledger.csv
              purser ledger verify
            """,
        subcommands: [LedgerExportCommand.self, LedgerVerifyCommand.self])
}
