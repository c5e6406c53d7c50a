import ArgumentParser
import Storage

/// `purser ledger export`
struct LedgerExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write every call in the ledger, the oldest first.",
        discussion: """
            Costs are exact decimals; cost_literal has the digits that the upstream sent. A call \
            in flight is held, one whose outcome is unknown is kept and counts as spent.

            Example:
              purser ledger export --format csv > ledger.csv
            """)

    @OptionGroup var database: DatabaseOption

    @Option(help: "json: an array with one call a line; csv: the same names in the first line.")
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
        try history.calls { call in
            text += export.line(call)
            guard text.utf8.count >= LedgerExportCommand.chunkBytes else { return }
            try Terminal.write(text)
            text = ""
        }
        try Terminal.write(text + export.ending)
    }

    /// Few enough system calls, and little enough memory, whatever the ledger's length.
    private static let chunkBytes = 65_536
}
