/// What is spent and held in every window, twice: added up as the facts come, and counted anew from
/// the log of those facts when asked. A fact costs its own windows and nothing more.
struct Sums: Sendable {
    /// A stretch of days of one scope.
    struct Window: Hashable, Sendable {
        var scope: String
        var period: Observation.Period
        var firstDay: Int
    }

    struct Balance: Sendable {
        var window: Window
        var amount = Log.Amount()
        /// The last step at which the sum grew by what no admission could foresee.
        var grewAt = 0

        var sum: Int128 { amount.spent + amount.held }
    }

    /// The scopes and the day that attempts have in common.
    private struct Place: Hashable, Sendable {
        var scopes: [String]
        var day: Int
    }

    var balances: [Balance] = []
    var log = Log()
    private var calendar = WalkedCalendar()
    private var indices: [Window: Int] = [:]
    private var places: [Place: Int] = [:]
    private var windowsOfPlaces: [[Int]] = []
    /// For counting anew: each place with its windows of one day, and each scope's windows by first
    /// day, on the same day the longer one first.
    private var days: [(place: Int, window: Int)] = []
    private var walks: [String: [(period: Observation.Period, window: Int)]] = [:]

    /// The number of the scopes and the day.
    mutating func place(scopes: [String], day: Int) -> Int {
        let key = Place(scopes: scopes, day: day)
        if let place = places[key] { return place }
        let place = windowsOfPlaces.count
        var windows: [Int] = []
        for scope in scopes {
            for period in [Observation.Period.total, .monthly, .weekly, .daily] {
                let first = calendar.firstDay(of: period, containing: day)
                windows.append(index(.init(scope: scope, period: period, firstDay: first)))
            }
            days.append((place, windows[windows.count - 1]))
        }
        places[key] = place
        windowsOfPlaces.append(windows)
        return place
    }

    func windows(ofPlace place: Int) -> [Int] { windowsOfPlaces[place] }

    func amount(in window: Window) -> Log.Amount {
        indices[window].map { balances[$0].amount } ?? Log.Amount()
    }

    mutating func firstDay(of period: Observation.Period, containing day: Int) -> Int {
        calendar.firstDay(of: period, containing: day)
    }

    /// Moves money in each window of the place.
    mutating func add(_ amount: Log.Amount, place: Int, step: Int, isForeseen: Bool) {
        let isUnforeseen = !isForeseen && amount.spent + amount.held > 0
        for window in windowsOfPlaces[place] {
            balances[window].amount += amount
            if isUnforeseen { balances[window].grewAt = step }
        }
    }

    /// The windows whose sums differ from what the log says, in words.
    func disagreements() -> [String] {
        let counted = countAnew()
        return balances.indices.compactMap { index in
            guard balances[index].amount != counted[index] else { return nil }
            return "\(balances[index].window): added up \(balances[index].amount), "
                + "by the log \(counted[index])"
        }
    }

    /// Sums the log by days and walks each scope's windows by their first days: a day belongs to
    /// the week and the month that began last. So a month is the sum of its days by construction,
    /// and the calendar is not asked a second time.
    private func countAnew() -> [Log.Amount] {
        let amounts = log.amounts(places: windowsOfPlaces.count)
        var result = [Log.Amount](repeating: .init(), count: balances.count)
        for (place, window) in days { result[window] += amounts[place] }
        for walk in walks.values {
            var (all, month, week) = (0, 0, 0)
            for (period, window) in walk {
                switch period {
                case .total: all = window
                case .monthly: month = window
                case .weekly: week = window
                case .daily:
                    let day = result[window]
                    result[all] += day
                    result[month] += day
                    result[week] += day
                }
            }
        }
        return result
    }

    /// The number of the window; a new one is put where its first day belongs, nearly always last.
    private mutating func index(_ window: Window) -> Int {
        if let index = indices[window] { return index }
        let index = balances.count
        indices[window] = index
        balances.append(Balance(window: window))
        var walk = walks.removeValue(forKey: window.scope) ?? []
        var at = walk.count
        while at > 0, rank(window) < rank(balances[walk[at - 1].window].window) { at -= 1 }
        walk.insert((window.period, index), at: at)
        walks[window.scope] = walk
        return index
    }

    private func rank(_ window: Window) -> (Int, Int) {
        switch window.period {
        case .total: (.min, 0)
        case .monthly: (window.firstDay, 0)
        case .weekly: (window.firstDay, 1)
        case .daily: (window.firstDay, 2)
        }
    }
}
