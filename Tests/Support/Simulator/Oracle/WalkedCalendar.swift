/// A calendar that knows one thing: which day comes after another. It walks from 1970-01-01, a
/// Thursday, with a finger on the wall calendar, and notes where weeks and months began.
package struct WalkedCalendar: Sendable {
    private var mondays: [Int] = []
    private var firsts: [Int] = []
    /// The last Sundays of March and October, in turn: the days on which clocks are changed.
    private var changes: [Int] = []
    private var year = 1970
    private var month = 1
    private var dayOfMonth = 1
    private var weekday = 4  // 1 is Monday
    private var monday = -3
    private var first = 0

    package init() {}

    private static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// The day on which the period that contains the day began.
    mutating func firstDay(of period: Observation.Period, containing day: Int) -> Int {
        precondition(day >= 0, "the calendar begins in 1970")
        while mondays.count <= day { writeDown() }
        switch period {
        case .daily: return day
        case .weekly: return mondays[day]
        case .monthly: return firsts[day]
        case .total: return 0
        }
    }

    /// The day that a wall clock in Berlin shows, by the law and not by a table: from one in the
    /// morning (UTC) of the last Sunday of March to that of October it is two hours ahead of UTC,
    /// else one.
    package mutating func dayInBerlin(at milliseconds: Int64) -> Int {
        precondition(milliseconds >= 0, "the calendar begins in 1970")
        let hours = Int(milliseconds / 3_600_000)
        while mondays.count <= hours / 24 { writeDown() }
        var count = changes.count
        while count > 0, changes[count - 1] * 24 + 1 > hours { count -= 1 }
        return (hours + (count.isMultiple(of: 2) ? 1 : 2)) / 24
    }

    /// Notes the day under the finger and moves on by one.
    private mutating func writeDown() {
        mondays.append(monday)
        firsts.append(first)
        if weekday == 7, month == 3 || month == 10, dayOfMonth > 24 {
            changes.append(mondays.count - 1)
        }
        let next = mondays.count
        weekday += 1
        if weekday > 7 {
            weekday = 1
            monday = next
        }
        dayOfMonth += 1
        guard dayOfMonth > lengthOfMonth else { return }
        dayOfMonth = 1
        first = next
        month += 1
        guard month > 12 else { return }
        month = 1
        year += 1
    }

    private var lengthOfMonth: Int {
        let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
        return month == 2 && isLeap ? 29 : WalkedCalendar.lengths[month - 1]
    }
}
