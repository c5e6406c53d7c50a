import OpenRouterWire
import Purser
import Storage

/// Who or what spent how much in a period.
struct UsageReport: Sendable {
    var axis: ReportAxis
    var period: ReportPeriod
    var zone: String
    var rows: [UsageRow]

    /// Members who are here and spent nothing are in it with zeros: silence is news too.
    init(
        by axis: ReportAxis, over period: ReportPeriod, usage: [UsageRow], roster: Roster
    ) {
        self.axis = axis
        self.period = period
        zone = roster.zone.name
        rows = usage
        guard axis == .member else { return }
        let seen = Set(usage.map(\.name))
        rows += roster.members
            .filter { $0.removedAt == nil && !seen.contains($0.name) }
            .map { UsageRow(name: $0.name) }
            .sorted { $0.name < $1.name }
    }

    var total: UsageRow {
        var sum = UsageRow(name: "total")
        for row in rows { sum.add(row) }
        return sum
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table:
            """
            Spend by \(axis.rawValue), \(period.from) to \(period.to) (\(zone))

            \(listing.table)
            """
        case .json: json.text + "\n"
        case .csv: listing.csv
        }
    }

    private var json: JSON {
        let listing = listing
        let total = total
        return [
            "by": .string(axis.rawValue), "period": .string(period.name),
            "from": .string(period.from.description), "to": .string(period.to.description),
            "time_zone": .string(zone), "rows": listing.json,
            "total": listing.object(cells(total, of: total.cost)),
        ]
    }

    private var listing: Listing {
        let total = total
        return Listing(
            [
                Listing.Column(
                    "name", title: axis == .week ? "week of" : axis.rawValue,
                    absent: axis == .team ? "(no team)" : "-"),
                Listing.Column("requests", title: "requests"),
                Listing.Column("prompt_tokens", title: "tokens in"),
                Listing.Column("completion_tokens", title: "tokens out"),
                Listing.Column("cost", title: "cost"),
                Listing.Column("share", title: "share", isField: false),
                Listing.Column("refused", title: "refused"),
                Listing.Column("downgraded", title: "downgraded"),
            ],
            rows: rows.map { cells($0, of: total.cost) }, total: cells(total, of: total.cost))
    }

    private func cells(_ row: UsageRow, of whole: USD) -> [Listing.Cell] {
        [
            .text(row.name), .count(row.requests), .count(row.promptTokens),
            .count(row.completionTokens), .money(row.cost),
            .share(UsageReport.thousandths(row.cost, of: whole)),
            .count(row.refused), .count(row.downgraded),
        ]
    }

    /// Rounded half up; nothing of nothing is nothing.
    private static func thousandths(_ part: USD, of whole: USD) -> Int64 {
        guard whole > .zero else { return 0 }
        let doubled = Int128(part.picodollars) * 2_000 + Int128(whole.picodollars)
        return Int64(doubled / (Int128(whole.picodollars) * 2))
    }
}
