import OpenRouterWire
import Purser
import Storage

/// The ledger as a file for accounting, one line for each call, written as it is read.
struct LedgerExport: Sendable {
    var format: OutputFormat
    private var count = 0

    init(_ format: OutputFormat) {
        precondition(format != .table, "a ledger is too wide for a table")
        self.format = format
    }

    /// The text before the first call.
    var opening: String {
        format == .json ? "[" : CSV.line(LedgerExport.columns.map(\.name))
    }

    /// The text of one call.
    mutating func line(_ call: RecordedCall) -> String {
        count += 1
        let cells = LedgerExport.cells(call)
        guard format == .json else { return CSV.line(cells.map(\.plain)) }
        let object = Listing(LedgerExport.columns, rows: []).object(cells)
        return (count == 1 ? "\n" : ",\n") + object.text
    }

    /// The text behind the last call.
    var ending: String {
        guard format == .json else { return "" }
        return count == 0 ? "]\n" : "\n]\n"
    }

    private static let columns = [
        "id", "member", "team", "key", "model", "requested_model", "endpoint", "stream",
        "started_at", "settled_at", "state", "cost", "cost_source", "held", "prompt_tokens",
        "completion_tokens", "cached_tokens", "reasoning_tokens", "generation_id",
        "upstream_status", "app", "request_id", "cost_literal", "alias", "shadowed",
    ].map { Listing.Column($0, title: nil) }

    private static func cells(_ call: RecordedCall) -> [Listing.Cell] {
        let (attempt, tokens) = (call.attempt, call.tokens)
        return [
            .count(attempt.id.rawValue), .text(call.member), Listing.Cell(call.team),
            .text(call.keyHash), .text(attempt.model), .text(attempt.requestedModel),
            .text(attempt.endpoint), .flag(attempt.isStreamed), .text(attempt.at.sortable),
            Listing.Cell(call.settledAt?.sortable), .text(call.state.rawValue),
            .text(call.cost.description), Listing.Cell(sourceName(call.source)),
            .text(call.held.description), .count(tokens.prompt), .count(tokens.completion),
            .count(tokens.cached), .count(tokens.reasoning), Listing.Cell(call.generationID),
            Listing.Cell(call.upstreamStatus.map(Int64.init)), .text(attempt.app),
            .text(attempt.requestID), Listing.Cell(call.entries.last?.literal),
            Listing.Cell(attempt.alias), Listing.Cell(rules(attempt.shadowed)),
        ]
    }

    /// As `--shadow` takes them; `nil` for none.
    private static func rules(_ rules: [Rule]) -> String? {
        rules.isEmpty ? nil : rules.map(\.rawValue).joined(separator: ",")
    }

    /// The contract's word; `nil` where nothing was booked.
    private static func sourceName(_ source: Entry.Source?) -> String? {
        switch source {
        case .upstream: "upstream"
        case .generation: "generation"
        case .hold: "kept"
        case nil, .some(.none): nil
        }
    }
}
