import OpenRouterWire
import Storage

/// What an audit found, as the command shows it.
struct AuditReport: Sendable {
    private let audit: Audit
    private let findings: [Finding]

    /// As many as anybody reads; a file that is wrong throughout has one for each of its rows.
    static let findingsMax = 1_000

    /// The words that say what was checked.
    static let checks = Finding.Check.allCases.map(\.rawValue).joined(separator: ", ")

    init(_ audit: Audit, _ findings: [Finding]) {
        self.audit = audit
        self.findings = findings
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: audit.findings == 0 ? agreement : listing.table + more
        case .csv: listing.csv
        case .json: json.text + "\n"
        }
    }

    /// How often, and whether that is all that is shown.
    var places: String {
        audit.findings == 1 ? "1 place" : "\(audit.findings) places"
    }

    /// For a person, beside a result that may well be in order.
    var alarm: String {
        let calls = audit.aboveBound == 1 ? "1 call" : "\(audit.aboveBound) calls"
        return "purser: \(calls) cost more than was held: the bound was too low\n"
    }

    private var agreement: String {
        "\(audit.attempts) attempts, \(audit.entries) entries, \(audit.balances) balances: "
            + "all agree\n"
    }

    private var more: String {
        let rest = audit.findings - Int64(findings.count)
        return rest > 0 ? "and \(rest) more\n" : ""
    }

    private var json: JSON {
        [
            "agrees": .bool(audit.findings == 0), "attempts": JSON(audit.attempts),
            "entries": JSON(audit.entries), "balances": JSON(audit.balances),
            "above_bound": JSON(audit.aboveBound), "findings_count": JSON(audit.findings),
            "findings": listing.json,
        ]
    }

    private var listing: Listing {
        func cell(_ text: String) -> Listing.Cell { text.isEmpty ? .absent : .text(text) }
        return Listing(
            [
                Listing.Column("check", title: "check"), Listing.Column("place", title: "place"),
                Listing.Column("expected", title: "expected", absent: "(nothing)"),
                Listing.Column("found", title: "found", absent: "(nothing)"),
            ],
            rows: findings.map {
                [.text($0.check.rawValue), .text($0.place), cell($0.expected), cell($0.found)]
            })
    }
}
