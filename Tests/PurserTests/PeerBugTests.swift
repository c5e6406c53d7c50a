import Purser
import Testing

/// What other gateways got wrong with windows, zones and calendars, one test for each bug; each
/// comment begins with the thread of the other project in which somebody described it.
struct PeerBugTests {
    private let key = Scope.key(ID(1))

    private func windows(_ day: String) throws -> Windows {
        Windows(holding: try #require(CivilDate(day)))
    }

    /// A call of that cost that has ended.
    private func spend(_ cost: USD, on day: String, id: Int64, in book: inout Book) throws {
        let claim = Claim(
            scopes: [.organisation, key], budgets: [], day: try #require(CivilDate(day)),
            bound: cost)
        #expect(book.hold(claim, for: ID(id)) == .held)
        book.settle(ID(id), cost: cost)
    }

    private func outcome(
        of bound: USD, on day: String, limit: USD, _ period: Period, in book: inout Book
    ) throws -> ClaimOutcome {
        let budget = Budget(scope: key, period: period, limit: limit)
        let claim = Claim(
            scopes: [.organisation, key], budgets: [budget], day: try #require(CivilDate(day)),
            bound: bound)
        return book.hold(claim, for: ID(1_000))
    }

    /// The last moment of a window, the first of the next, and the period.
    static let edges = [
        ("2026-12-31", "2027-01-01", Period.daily), ("2026-12-27", "2026-12-28", .weekly),
        ("2026-11-30", "2026-12-01", .monthly), ("2024-02-29", "2024-03-01", .monthly),
    ]

    /// LiteLLM 29576: the monthly reset set the spend in the database to zero, a second copy in
    /// the cache kept the sum of all time, and people were refused for days.
    @Test(arguments: edges, [false, true])
    func `a window that is used up leaves nothing behind in the next one`(
        edge: (last: String, first: String, period: Period), isRestarted: Bool
    ) throws {
        let limit = USD.dollars(5)
        var book = Book()
        if isRestarted {
            for day in ["2023-01-01", edge.last] {
                for period in Period.allCases {
                    let window = try windows(day)[period]
                    book.load(limit, scope: key, period: period, window: window)
                }
            }
        } else {
            try spend(limit, on: edge.last, id: 1, in: &book)
        }
        let cent = USD(picodollars: 10_000_000_000)
        let before = try outcome(of: cent, on: edge.last, limit: limit, edge.period, in: &book)
        guard case .exceeded = before else {
            Issue.record("\(before) with everything spent")
            return
        }
        #expect(
            try outcome(of: limit, on: edge.first, limit: limit, edge.period, in: &book) == .held)
        #expect(book.balance(key, .total, at: try windows(edge.first)).spent == limit)
    }

    /// LiteLLM 34492: a budget that was added to a key of long standing blocked it on the spot,
    /// because all that the key had ever spent was compared with it.
    @Test(arguments: [Period.daily, .weekly, .monthly])
    func `a budget for an old key counts what its window has seen`(period: Period) throws {
        var book = Book()
        let days = ["2026-06-30", "2026-09-01", "2026-10-31", "2026-11-21"]
        for (index, day) in days.enumerated() {
            try spend(.dollars(100), on: day, id: Int64(index), in: &book)
        }
        let limit = USD.dollars(101)
        #expect(
            try outcome(of: .dollars(1), on: "2026-11-21", limit: limit, period, in: &book)
                == .held)
        let more = try windows("2026-11-21")
        #expect(
            book.headroom(in: [Budget(scope: key, period: period, limit: limit)], at: more)
                == .zero)
    }

    /// Aico 366: where a counter of the period was missing, the code took the lifetime's in its
    /// place and raised a limit far above what was paid for.
    @Test(arguments: [Period.daily, .weekly, .monthly])
    func `a window of which nothing is known is empty, and never offers more than its limit`(
        period: Period
    ) throws {
        var book = Book()
        let earlier = try windows("2026-06-30")
        for loaded in Period.allCases {
            book.load(.dollars(700), scope: key, period: loaded, window: earlier[loaded])
        }
        let now = try windows("2026-11-21")
        let budget = Budget(scope: key, period: period, limit: .dollars(5))
        #expect(book.balance(key, period, at: now) == Book.Slot(window: now[period]))
        #expect(book.headroom(in: [budget], at: now) == .dollars(5))
        #expect(book.headroomAfterFlight(in: [budget], at: now) == .dollars(5))
        // Nor does a correction of what was spent then make room now.
        book.correct(by: .zero - .dollars(600), in: [key], earlier)
        #expect(book.headroom(in: [budget], at: now) == .dollars(5))
        #expect(book.balance(key, .total, at: now).spent == .dollars(100))
    }

    /// Hours from UTC, as far as they go either way, and one with minutes.
    static let offsets = [-11 * 3_600, -8 * 3_600, 0, 20_700, 14 * 3_600]

    private func zone(_ offset: Int) -> Zone {
        Zone(name: "Test/\(offset)", firstOffsetSeconds: offset, transitions: [])
    }

    /// LiteLLM 27780: for somebody who was not in UTC a day showed nine times what it had cost,
    /// because the days before and after were counted along.
    @Test(arguments: offsets)
    func `a call is in one day, and a day has the calls of its 24 hours`(offset: Int) throws {
        let zone = zone(offset)
        let start = zone.start(of: try #require(CivilDate("2026-11-19")))
        var days: [CivilDate: Int] = [:]
        for half in 0..<(5 * 48) {
            days[zone.day(at: start.adding(seconds: Int64(half) * 1_800)), default: 0] += 1
        }
        #expect(days.count == 5)
        #expect(days.values.allSatisfy { $0 == 48 })
        #expect(zone.day(at: start.adding(seconds: -1)).description == "2026-11-18")
    }

    /// LiteLLM 41363: west of UTC "today" lacked the evening, which had been filed under tomorrow;
    /// the budget of the day began anew at four in the afternoon.
    @Test(arguments: offsets)
    func `the evening belongs to the day that began in the morning`(offset: Int) throws {
        let zone = zone(offset)
        let today = try #require(CivilDate("2026-11-21"))
        let start = zone.start(of: today)
        for (hour, minute) in [(0, 0), (9, 0), (16, 30), (22, 15), (23, 59)] {
            let now = start.adding(seconds: Int64(hour * 3_600 + minute * 60))
            #expect(zone.day(at: now) == today)
            #expect(Windows(holding: zone.day(at: now)) == Windows(holding: today))
            #expect(
                Period.daily.end(after: zone.day(at: now), in: zone)
                    == start.adding(seconds: 86_400))
        }
    }

    /// LiteLLM 15142: the end of a key was computed with the calendar of its budget, so that a key
    /// for a month, made on the last of one, was dead the next day.
    @Test(arguments: Period.allCases)
    func `a key lives until its own instant, whatever its budget resets`(period: Period) throws {
        let made = try #require(Timestamp("2026-10-31T18:00:00Z"))
        let end = try #require(Timestamp("2026-11-30T18:00:00Z"))
        let digest = KeyDigest(words: (1, 2, 3, 4))
        let key = Key(
            id: ID(1), digest: digest, name: "month", label: "sk-purser-...", member: ID(1),
            expiresAt: end, createdAt: made, limitReset: period)
        for hour in 0..<(30 * 24) {
            #expect(key.refusal(at: made.adding(seconds: Int64(hour) * 3_600)) == nil)
        }
        #expect(key.refusal(at: Timestamp(milliseconds: end.milliseconds - 1)) == nil)
        #expect(key.refusal(at: end) == .keyExpired(at: end))
        #expect(key.refusal(at: end.adding(seconds: 40 * 86_400)) == .keyExpired(at: end))
    }
}
