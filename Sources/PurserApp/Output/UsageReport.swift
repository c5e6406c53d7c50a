import OpenRouterWire
import Purser
import Storage

/// Who or what spent how much in a period.
struct UsageReport: Sendable {
    var axis: ReportAxis
    var period: ReportPeriod
    var zone: String
    var rows: [UsageRow]
    /// What each row cost in the period before, by what identifies it.
    private var costBefore: [String: USD]
    /// The daily budgets of members, teams or keys, by what identifies their rows.
    private var dailyLimits: [String: USD]

    /// Members who are here and spent nothing are in it with zeros: silence is news too.
    init(
        by axis: ReportAxis, over period: ReportPeriod, usage: [UsageRow],
        before: [UsageRow] = [], roster: Roster
    ) {
        self.axis = axis
        self.period = period
        zone = roster.zone.name
        rows = usage
        costBefore = Dictionary(before.map { ($0.identity, $0.cost) }, uniquingKeysWith: +)
        dailyLimits = UsageReport.dailyLimits(by: axis, in: roster)
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
        case .json: listing.json.text + "\n"
        case .csv: listing.csv
        }
    }

    private var listing: Listing {
        let total = total
        return Listing(
            [
                Listing.Column(
                    axis.rawValue, title: axis == .week ? "week of" : axis.rawValue,
                    absent: axis == .team ? "(no team)" : "-"),
                // People read dollars in a column of their own; programs read plain decimals.
                Listing.Column("dollars", title: "cost", isField: false),
                Listing.Column("cost", title: nil),
                Listing.Column("share", title: "share"),
                Listing.Column("change", title: "change"),
                Listing.Column("requests", title: "requests"),
                Listing.Column("prompt_tokens", title: "tokens in"),
                Listing.Column("completion_tokens", title: "tokens out"),
                Listing.Column("refused", title: "refused"),
                Listing.Column("downgraded", title: "downgraded"),
                // People read of rules in shadow where there are any.
                Listing.Column("shadowed", title: total.shadowed > 0 ? "shadowed" : nil),
                Listing.Column("daily_limit", title: nil),
                Listing.Column("hash", title: nil, isField: axis == .key),
            ],
            rows: rows.map { cells($0, of: total.cost, before: costBefore[$0.identity]) },
            total: cells(
                total, of: total.cost, before: costBefore.values.reduce(.zero, +)))
    }

    private func cells(_ row: UsageRow, of whole: USD, before: USD?) -> [Listing.Cell] {
        [
            row.name.isEmpty ? .absent : .text(row.name), .money(row.cost),
            .text(row.cost.description),
            .share(UsageReport.thousandths(row.cost, of: whole)),
            change(from: before ?? .zero, to: row.cost), .count(row.requests),
            .count(row.promptTokens), .count(row.completionTokens), .count(row.refused),
            .count(row.downgraded), .count(row.shadowed),
            Listing.Cell(dailyLimits[row.identity].map(\.description)),
            Listing.Cell(row.keyHash),
        ]
    }

    /// Against the period before; absent where there was nothing to compare with, and for days
    /// and weeks, which are themselves the comparison.
    private func change(from before: USD, to now: USD) -> Listing.Cell {
        guard before > .zero, axis != .day, axis != .week else { return .absent }
        let sign: Int64 = now < before ? -1 : 1
        let difference = now < before ? before - now : now - before
        return .share(sign * UsageReport.thousandths(difference, of: before))
    }

    private static func dailyLimits(by axis: ReportAxis, in roster: Roster) -> [String: USD] {
        var limits: [String: USD] = [:]
        for budget in roster.budgets where budget.period == .daily {
            switch (axis, budget.scope) {
            case (.member, .member(let id)): limits[roster.member(id)?.name ?? ""] = budget.limit
            case (.team, .team(let id)): limits[roster.team(id)?.name ?? ""] = budget.limit
            case (.key, .key(let id)):
                limits[roster.keys.first { $0.id == id }?.digest.hex ?? ""] = budget.limit
            default: break
            }
        }
        return limits
    }

    /// Rounded half up; nothing of nothing is nothing.
    private static func thousandths(_ part: USD, of whole: USD) -> Int64 {
        guard whole > .zero else { return 0 }
        let doubled = Int128(part.picodollars) * 2_000 + Int128(whole.picodollars)
        return Int64(doubled / (Int128(whole.picodollars) * 2))
    }
}

extension UsageRow {
    /// Names are unique but for those of keys.
    fileprivate var identity: String { keyHash ?? name }
}
