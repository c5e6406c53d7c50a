/// How long a budget's window lasts, on the calendar of the organisation's time zone.
package enum Period: UInt8, CaseIterable, Hashable, Sendable {
    /// From midnight to midnight.
    case daily = 1
    /// From Monday to Monday.
    case weekly = 2
    /// From the first to the first.
    case monthly = 3
    /// For ever: never resets.
    case total = 4

    /// The word people type and read.
    package var name: String {
        switch self {
        case .daily: "daily"
        case .weekly: "weekly"
        case .monthly: "monthly"
        case .total: "total"
        }
    }

    package init?(name: String) {
        guard let match = Period.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// The window that holds `day`, as the number of its first day since 1970; 0 for ``total``.
    ///
    /// A pure function of the day: no job opens or closes windows.
    package func window(holding day: CivilDate) -> Window {
        switch self {
        case .daily: Window(firstDay: Int32(day.daysSinceEpoch))
        case .weekly: Window(firstDay: Int32(day.weekStart.daysSinceEpoch))
        case .monthly: Window(firstDay: Int32(day.monthStart.daysSinceEpoch))
        case .total: Window(firstDay: 0)
        }
    }

    /// The first instant after the window that holds `day`; `nil` for ``total``.
    package func end(after day: CivilDate, in zone: Zone) -> Timestamp? {
        switch self {
        case .daily: zone.start(of: day.adding(days: 1))
        case .weekly: zone.start(of: day.weekStart.adding(days: 7))
        case .monthly: zone.start(of: day.nextMonthStart)
        case .total: nil
        }
    }
}

/// One calendar window of a period.
package struct Window: Hashable, Sendable, Comparable {
    /// Days since 1970-01-01 of the window's first day.
    package var firstDay: Int32

    package init(firstDay: Int32) {
        self.firstDay = firstDay
    }

    package static func < (left: Window, right: Window) -> Bool {
        left.firstDay < right.firstDay
    }
}

/// The windows of every period that hold one instant.
package struct Windows: Hashable, Sendable {
    package var day: Window
    package var week: Window
    package var month: Window

    package init(holding day: CivilDate) {
        self.day = Period.daily.window(holding: day)
        week = Period.weekly.window(holding: day)
        month = Period.monthly.window(holding: day)
    }

    package subscript(period: Period) -> Window {
        switch period {
        case .daily: day
        case .weekly: week
        case .monthly: month
        case .total: Window(firstDay: 0)
        }
    }
}
