import ArgumentParser
import Storage

/// `purser ledger export`
struct LedgerExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write every entry of the ledger, the oldest first.",
        discussion: """
            Amounts are exact; cost_literal has the digits that the upstream sent.

            Example:
              purser ledger export --format csv > ledger.csv
            """)

    @OptionGroup var database: DatabaseOption

    @Option(help: "json: an array with one entry a line; csv: the same names in the first line.")
    var format: OutputFormat = .json

    func validate() throws {
        guard format != .table else {
            throw ValidationError("a ledger is exported as json or csv")
        }
    }

    func run() throws {
        let history = try database.open().history
        var export = LedgerExport(format)
        var text = export.opening
        try history.entries { row in
            text += export.line(row)
            guard text.utf8.count >= LedgerExportCommand.chunkBytes else { return }
            try Terminal.write(text)
            text = ""
        }
        try Terminal.write(text + export.ending)
    }

    /// Few enough system calls, and little enough memory, whatever the ledger's length.
    private static let chunkBytes = 65_536
}
