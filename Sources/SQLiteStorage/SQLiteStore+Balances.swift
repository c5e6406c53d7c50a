import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    /// Added up from what each key spent by day, for the days and weeks, and by month, for the
    /// months and all time: so many rows as there are keys and months, whatever their calls.
    package func balances(from windows: Windows) throws(StorageFailure) -> [SpendRow] {
        try read(history) { db in
            var balances = Balances(from: windows)
            for row in try Row.fetchAll(
                db, sql: Balances.daysSQL,
                // A week may begin before its day, but no day before its week.
                arguments: [windows.week.firstDay])
            {
                balances.add(row["spent"], day: CivilDate(daysSinceEpoch: row["day"]), row)
            }
            for row in try Row.fetchAll(
                db, sql: Balances.monthsSQL, arguments: [windows.month.firstDay])
            {
                balances.add(row["spent"], .monthly, Window(firstDay: row["month"]), row)
            }
            for row in try Row.fetchAll(db, sql: Balances.totalSQL) {
                balances.add(row["spent"], .total, Window(firstDay: 0), row)
            }
            return try balances.rows
        }
    }
}

/// Spend by scope and window, added up from that of keys.
private struct Balances {
    private struct Place: Hashable {
        var scope: Scope
        var period: Period
        var window: Window
    }

    private let windows: Windows
    private var sums: [Place: Int128] = [:]

    init(from windows: Windows) {
        self.windows = windows
    }

    mutating func add(_ spent: Int64, day: CivilDate, _ row: Row) {
        for (period, first) in [(Period.daily, windows.day), (.weekly, windows.week)] {
            let window = period.window(holding: day)
            if window >= first { add(spent, period, window, row) }
        }
    }

    mutating func add(_ spent: Int64, _ period: Period, _ window: Window, _ row: Row) {
        let team: Int64 = row["team_id"]
        let scopes: [Scope] =
            [.organisation, .member(ID(row["member_id"])), .key(ID(row["key_id"]))]
            + (team == 0 ? [] : [.team(ID(team))])
        for scope in scopes {
            sums[Place(scope: scope, period: period, window: window), default: 0] += Int128(spent)
        }
    }

    var rows: [SpendRow] {
        get throws {
            try sums.map { place, sum in
                guard let spent = Int64(exactly: sum) else {
                    throw StorageFailure(.invalid, "a sum is beyond what an amount can hold")
                }
                return SpendRow(
                    scope: place.scope, period: place.period, window: place.window,
                    spent: USD(picodollars: spent))
            }
        }
    }

    // Days with nothing but refusals have spent nothing, and are left out.
    static let daysSQL = """
        SELECT day, member_id, team_id, key_id, sum(cost_picousd) AS spent
        FROM usage_day WHERE day >= ? AND requests > 0
        GROUP BY day, member_id, team_id, key_id
        """

    static let monthsSQL = """
        SELECT month_first_day AS month, member_id, team_id, key_id, spent_picousd AS spent
        FROM spend_month WHERE month_first_day >= ?
        """

    static let totalSQL = """
        SELECT member_id, team_id, key_id, sum(spent_picousd) AS spent
        FROM spend_month GROUP BY member_id, team_id, key_id
        """
}
