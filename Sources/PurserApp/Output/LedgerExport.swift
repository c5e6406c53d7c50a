import OpenRouterWire
import Purser
import Storage

/// The ledger as a file for accounting, one line for each entry, written as it is read.
struct LedgerExport: Sendable {
    var format: OutputFormat
    private var count = 0

    init(_ format: OutputFormat) {
        precondition(format != .table, "a ledger is too wide for a table")
        self.format = format
    }

    /// The text before the first entry.
    var opening: String {
        format == .json ? "[" : CSV.line(LedgerExport.columns.map(\.name))
    }

    /// The text of one entry.
    mutating func line(_ row: LedgerRow) -> String {
        count += 1
        let cells = LedgerExport.cells(row)
        guard format == .json else { return CSV.line(cells.map(\.plain)) }
        let object = Listing(LedgerExport.columns, rows: []).object(cells)
        return (count == 1 ? "\n" : ",\n") + object.text
    }

    /// The text behind the last entry.
    var ending: String {
        guard format == .json else { return "" }
        return count == 0 ? "]\n" : "\n]\n"
    }

    private static let columns = [
        "id", "attempt", "request_id", "at", "kind", "cost", "cost_literal", "source", "member",
        "key_hash", "team", "model", "requested_model", "app", "generation_id", "prompt_tokens",
        "completion_tokens", "streamed",
    ].map { Listing.Column($0, title: nil) }

    private static func cells(_ row: LedgerRow) -> [Listing.Cell] {
        let (entry, attempt) = (row.entry, row.attempt)
        return [
            .count(row.id), .count(attempt.id.rawValue), .text(attempt.requestID),
            .instant(entry.at), .text(entry.kind.rawValue), .money(entry.amount),
            Listing.Cell(entry.literal), .text(entry.source.rawValue), .text(row.member),
            .text(row.keyHash), Listing.Cell(row.team), .text(attempt.model),
            .text(attempt.requestedModel), .text(attempt.app), Listing.Cell(entry.generationID),
            .count(entry.promptTokens), .count(entry.completionTokens),
            .flag(attempt.isStreamed),
        ]
    }
}
