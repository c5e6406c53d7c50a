import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    /// Days and weeks come in order, a week by the date of its Monday; everything else comes the
    /// dearest first. Calls of no team have an empty name. Two keys may share a name and still
    /// have a row each.
    package func usage(
        by axis: ReportAxis, from: CivilDate, to: CivilDate
    ) throws(StorageFailure) -> [UsageRow] {
        try read(history) { db in
            let rows = try Row.fetchAll(
                db, sql: UsageQuery.sql(by: axis),
                arguments: [from.daysSinceEpoch, to.daysSinceEpoch])
            switch axis {
            case .member, .team, .model:
                return rows.map { UsageQuery.line($0, name: $0["name"]) }
            case .key:
                return try rows.map { row in
                    var line = UsageQuery.line(row, name: row["name"])
                    line.keyHash = try row.digest("digest").hex
                    return line
                }
            case .day:
                return rows.map { UsageQuery.line($0, name: UsageQuery.day($0).description) }
            case .week:
                return UsageQuery.weeks(of: rows)
            }
        }
    }
}

/// What a report asks the daily roll-up.
private enum UsageQuery {
    /// Two days are bound. Each text is whole, so that it can be read and searched for.
    static func sql(by axis: ReportAxis) -> String {
        switch axis {
        case .member:
            """
            SELECT member.name AS name, \(sums)
            FROM usage_day JOIN member ON member.id = usage_day.member_id
            WHERE day BETWEEN ? AND ? GROUP BY member.id ORDER BY cost DESC, name
            """
        case .team:
            """
            SELECT coalesce(team.name, '') AS name, \(sums)
            FROM usage_day LEFT JOIN team ON team.id = usage_day.team_id
            WHERE day BETWEEN ? AND ? GROUP BY team.id ORDER BY cost DESC, name
            """
        case .key:
            """
            SELECT key.name AS name, key.digest AS digest, \(sums)
            FROM usage_day JOIN key ON key.id = usage_day.key_id
            WHERE day BETWEEN ? AND ? GROUP BY key.id ORDER BY cost DESC, name, key.id
            """
        case .model:
            """
            SELECT model AS name, \(sums)
            FROM usage_day
            WHERE day BETWEEN ? AND ? GROUP BY model ORDER BY cost DESC, name
            """
        case .day, .week:
            """
            SELECT day, \(sums)
            FROM usage_day
            WHERE day BETWEEN ? AND ? GROUP BY day ORDER BY day
            """
        }
    }

    static func line(_ row: Row, name: String) -> UsageRow {
        var line = UsageRow(name: name)
        line.requests = row["requests"]
        line.promptTokens = row["prompt_tokens"]
        line.completionTokens = row["completion_tokens"]
        line.cost = USD(picodollars: row["cost"])
        line.refused = row["refused"]
        line.downgraded = row["downgraded"]
        line.shadowed = row["shadowed"]
        return line
    }

    static func day(_ row: Row) -> CivilDate {
        CivilDate(daysSinceEpoch: row["day"])
    }

    /// Adds up days, which come in order, by the week they lie in.
    static func weeks(of days: [Row]) -> [UsageRow] {
        var weeks: [UsageRow] = []
        for row in days {
            let name = day(row).weekStart.description
            if weeks.last?.name != name { weeks.append(UsageRow(name: name)) }
            weeks[weeks.count - 1].add(line(row, name: name))
        }
        return weeks
    }

    private static let sums = """
        sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
        sum(completion_tokens) AS completion_tokens, sum(cost_picousd) AS cost,
        sum(refused) AS refused, sum(downgraded) AS downgraded, sum(shadowed) AS shadowed
        """
}
