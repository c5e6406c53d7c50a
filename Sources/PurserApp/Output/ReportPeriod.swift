import Purser

/// The days a report is about, both ends included.
struct ReportPeriod: Hashable, Sendable {
    /// As it was asked for: `week`, or `2026-11-01..2026-11-15`.
    var name: String
    var from: CivilDate
    var to: CivilDate

    /// The days before it: the month before a month, else as many days as it has.
    var before: ReportPeriod {
        var before = self
        before.to = from.adding(days: -1)
        before.from =
            name == "month"
            ? before.to.monthStart : from.adding(days: from.daysSinceEpoch - to.daysSinceEpoch - 1)
        return before
    }

    /// Reads `day`, `week`, `month` or `FROM..TO`; the first three are the calendar's that
    /// hold `today`.
    init?(_ text: String, today: CivilDate) {
        name = text
        switch text {
        case "day":
            from = today
            to = today
        case "week":
            from = today.weekStart
            to = from.adding(days: 6)
        case "month":
            from = today.monthStart
            to = today.nextMonthStart.adding(days: -1)
        default:
            // Dates have no points, so the first two that stand together divide them.
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty, let from = CivilDate(String(parts[0])),
                let to = CivilDate(String(parts[2])), from <= to
            else { return nil }
            self.from = from
            self.to = to
        }
    }
}
