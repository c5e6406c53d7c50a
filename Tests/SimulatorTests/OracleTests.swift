import Testing

@testable import SimulationOracle

/// Short stories, told well and told with one thing wrong.
struct OracleTests {
    typealias Entry = Observation.Entry

    /// Day 20,777 is Friday, 20 November 2026.
    static let day = 20_777

    static func attempt(
        _ id: String = "a", bound: Int64 = 60, day: Int = day
    ) -> Observation.Attempt {
        .init(id: id, scopes: ["org", "ann"], bound: bound, day: day)
    }

    static func admitted(
        _ id: String = "a", bound: Int64 = 60, day: Int = day, under revision: Int = 1
    ) -> Observation {
        .admitted(attempt(id, bound: bound, day: day), judgedUnder: revision)
    }

    static func durable(
        _ id: String = "a", bound: Int64 = 60, day: Int = day, under revision: Int = 1
    ) -> Observation {
        .attemptDurable(attempt(id, bound: bound, day: day), judgedUnder: revision)
    }

    /// A call that gets into the books: its last fact is where room is judged.
    static func booked(
        _ id: String = "a", bound: Int64 = 60, day: Int = day, under revision: Int = 1
    ) -> [Observation] {
        [admitted(id, bound: bound, day: day, under: revision)]
            + [durable(id, bound: bound, day: day, under: revision)]
    }

    static func entry(
        _ kind: Entry.Kind, _ picodollars: Int64, _ source: Entry.Source, of id: String = "a",
        sequence: Int = 0
    ) -> Entry {
        .init(
            attempt: id, sequence: sequence, kind: kind, picodollars: picodollars, source: source)
    }

    static func settled(_ picodollars: Int64, of id: String = "a") -> Observation {
        .entryDurable(entry(.settled, picodollars, .upstream, of: id))
    }

    static func kept(_ picodollars: Int64 = 60, of id: String = "a") -> Observation {
        .entryDurable(entry(.kept, picodollars, .hold, of: id))
    }

    static func released(of id: String = "a") -> Observation {
        .entryDurable(entry(.released, 0, .none, of: id))
    }

    static func corrected(
        _ picodollars: Int64, of id: String = "a", sequence: Int = 1
    ) -> Observation {
        .entryDurable(entry(.correction, picodollars, .generation, of: id, sequence: sequence))
    }

    static func billed(_ picodollars: Int64, for id: String = "a") -> Observation {
        .billed(id: id, generation: "gen-\(id)", picodollars: picodollars)
    }

    static func limit(
        _ picodollars: Int64?, _ period: Observation.Period = .daily, revision: Int = 1
    ) -> Observation {
        .limit(scope: "ann", period: period, picodollars: picodollars, revision: revision)
    }

    static func raise(_ picodollars: Int64, through day: Int = day) -> Observation {
        .raise(scope: "ann", period: .daily, picodollars: picodollars, lastDay: day, revision: 1)
    }

    static func named(_ id: String = "a", _ generation: String? = nil) -> Observation {
        .generationDurable(id: id, generation: generation ?? "gen-\(id)")
    }

    static func balance(
        _ period: Observation.Period, _ firstDay: Int, _ picodollars: Int64
    ) -> Observation {
        .durableBalance(
            scope: "ann", period: period, firstDay: firstDay, picodollars: picodollars)
    }

    /// A call on its way, from its admission to the upstream.
    static func under(
        way id: String = "a", bound: Int64 = 60, day: Int = day
    ) -> [Observation] {
        booked(id, bound: bound, day: day) + [.forwarded(id: id)]
    }

    static func call(
        _ id: String = "a", bound: Int64 = 60, cost: Int64, day: Int = day
    ) -> [Observation] {
        under(way: id, bound: bound, day: day)
            + [billed(cost, for: id), settled(cost, of: id)]
            + [.replyWhole(id: id, reportedCost: cost)]
    }

    func violations(
        _ story: [Observation], from day: Int = day
    ) -> [Violation] {
        var oracle = Oracle(day: day)
        return story.flatMap { oracle.observe($0) }
    }

    /// Only the last observation may break something, and that must break just this.
    func check(
        _ story: [Observation], breaks invariant: Violation.Invariant? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let found = violations(story)
        let expected = invariant.map { ["\($0.rawValue) at \(story.count)"] } ?? []
        let told = found.map { "\($0.invariant.rawValue) at \($0.step)" }
        #expect(told == expected, "\(found)", sourceLocation: sourceLocation)
    }

    // MARK: The calendar

    @Test(arguments: [
        (0, -3, 0), (3, -3, 0), (4, 4, 0), (30, 25, 0), (31, 25, 31), (58, 53, 31), (59, 53, 59),
        // 29 February and 1 March 2000; 2100 has no 29th: 28 February and 1 March.
        (11_016, 11_015, 10_988), (11_017, 11_015, 11_017),
        (47_540, 47_534, 47_513), (47_541, 47_541, 47_541),
        // Friday, 20 November 2026; 31 December 2026; Friday, 1 January 2027.
        (20_777, 20_773, 20_758), (20_818, 20_815, 20_788), (20_819, 20_815, 20_819),
    ])
    func `weeks begin on Monday and months on the first`(day: Int, monday: Int, first: Int) {
        var calendar = WalkedCalendar()
        #expect(calendar.firstDay(of: .weekly, containing: day) == monday)
        #expect(calendar.firstDay(of: .monthly, containing: day) == first)
        #expect(calendar.firstDay(of: .daily, containing: day) == day)
    }

    @Test func `four centuries have 4,800 months and touch 20,872 weeks`() {
        var calendar = WalkedCalendar()
        // From Saturday, 1 January 2000 to Friday, 31 December 2399.
        let days = 10_957..<(10_957 + 146_097)
        let months = Set(days.map { calendar.firstDay(of: .monthly, containing: $0) })
        let weeks = Set(days.map { calendar.firstDay(of: .weekly, containing: $0) })
        #expect(months.count == 4_800 && weeks.count == 20_872)
        #expect(calendar.firstDay(of: .monthly, containing: 10_957 + 146_097) == 157_054)
    }

    // MARK: I1

    @Test func `a call fits until the last picodollar`() {
        check([Self.limit(100)] + Self.call(cost: 40) + Self.booked("b", bound: 60))
        check(
            [Self.limit(100)] + Self.call(cost: 40) + Self.booked("b", bound: 61),
            breaks: .neverOver)
    }

    @Test func `what is held on disk or by the dead counts`() {
        let others: [[Observation]] = [
            Self.booked(), Self.under(way: "a"), Self.booked() + [.crash, .restarted],
            Self.under(way: "a") + [.crash, .restarted, Self.kept()],
            [Self.admitted(), .crash, .attemptResurfaced(Self.attempt())],
        ]
        for story in others {
            check([Self.limit(100)] + story + Self.booked("b", bound: 40))
            check([Self.limit(100)] + story + Self.booked("b", bound: 41), breaks: .neverOver)
        }
    }

    @Test func `what is in memory alone counts only when it is durable`() {
        let both = [Self.limit(100), Self.admitted(), Self.admitted("b", bound: 41)]
        check(both + [Self.durable("b", bound: 41)])
        check(both + [Self.durable("b", bound: 41), Self.durable()], breaks: .neverOver)
        // What frees the money stands before what uses it in the queue to the disk.
        let freed = [Self.limit(100)] + Self.under() + [Self.admitted("b", bound: 90)]
        check(freed + [Self.billed(10), Self.settled(10), Self.durable("b", bound: 90)])
        check(freed + [Self.billed(10), Self.durable("b", bound: 90)], breaks: .neverOver)
    }

    @Test func `what is returned, released or forgotten counts no more`() {
        let others: [[Observation]] = [
            [Self.admitted(), .heldReturned(id: "a")], [Self.admitted(), .crash, .restarted],
            Self.booked() + [Self.released()],
            Self.under() + [Self.kept(), Self.billed(0), Self.corrected(-60)],
            [Self.admitted(), .crash, .attemptResurfaced(Self.attempt()), Self.released()],
        ]
        for story in others {
            check([Self.limit(60)] + story + Self.booked("b", bound: 60))
            check([Self.limit(60)] + story + Self.booked("b", bound: 61), breaks: .neverOver)
        }
    }

    @Test(arguments: [
        (Observation.Period.daily, 1), (.weekly, 3), (.monthly, 11), (.total, 400),
    ])
    func `a window is empty on its first day and not before`(
        period: Observation.Period, days: Int
    ) {
        let story = [Self.limit(100, period)] + Self.call(cost: 60)
        let before = Self.day + days - 1
        check(
            story + [.clockDay(before)] + Self.booked("b", bound: 41, day: before),
            breaks: .neverOver)
        let after = Self.day + days
        check(
            story + [.clockDay(after)] + Self.booked("b", bound: 41, day: after),
            breaks: period == .total ? .neverOver : nil)
    }

    @Test func `a window that is over by what nobody could foresee takes nothing more`() {
        let over: [[Observation]] = [
            Self.call(bound: 60, cost: 110),
            Self.under() + [Self.kept(), Self.billed(110), Self.corrected(50)],
            Self.call(cost: 60) + [Self.limit(59, revision: 2)],
            Self.call(cost: 60)
                + [Self.admitted("c", bound: 41), .heldReturned(id: "c")]
                + [.attemptResurfaced(Self.attempt("c", bound: 41))],
        ]
        for story in over {
            check([Self.limit(100)] + story)
            check(
                [Self.limit(100)] + story + Self.booked("b", bound: 1, under: 2),
                breaks: .neverOver)
        }
    }

    @Test func `a month that is over because a raise ended takes nothing more`() {
        let tomorrow = Self.day + 1
        let story =
            [Self.limit(100, .monthly)]
            + [
                .raise(
                    scope: "ann", period: .monthly, picodollars: 10, lastDay: Self.day, revision: 1)
            ] + Self.call(bound: 110, cost: 110) + [.clockDay(tomorrow), .restarted]
        check(story)
        check(story + Self.booked("b", bound: 0, day: tomorrow), breaks: .neverOver)
    }

    @Test func `what was admitted before the unforeseen may become durable`() {
        let story = [Self.limit(100)] + Self.under() + [Self.admitted("b", bound: 40)]
        check(story + [Self.billed(70), Self.settled(70), Self.durable("b", bound: 40)])
        let other = [Self.limit(100)] + Self.under() + [Self.admitted("c", bound: 40)]
        check(
            other + [.heldReturned(id: "c"), Self.admitted("b", bound: 40)]
                + [.attemptResurfaced(Self.attempt("c", bound: 40)), Self.durable("b", bound: 40)])
    }

    @Test func `only what was gone turns up again, and it is not forwarded`() {
        let gone = [Self.admitted(), .heldReturned(id: "a")]
        let again = Observation.attemptResurfaced(Self.attempt())
        check(gone + [again, Self.released(), .quiescent])
        check(gone + [again, .quiescent], breaks: .nothingLost)
        check(Self.booked() + [again], breaks: .nothingLost)
        check(
            [Self.limit(60)] + gone + [.crash, again, .restarted, .forwarded(id: "a")],
            breaks: .nothingLost)
        let forwarded = violations([Self.admitted(), .forwarded(id: "a"), again])
        #expect(forwarded.map(\.step) == [2, 3])
    }

    @Test func `a raise holds through its last day`() {
        let story = [Self.limit(50), Self.raise(10, through: Self.day + 1)]
        let (last, after) = (Self.day + 1, Self.day + 2)
        check(story + [.clockDay(last)] + Self.booked(day: last))
        check(story + [.clockDay(last)] + Self.booked(bound: 61, day: last), breaks: .neverOver)
        check(story + [.clockDay(after)] + Self.booked(day: after), breaks: .neverOver)
    }

    @Test func `a limit that is raised, lowered or taken away holds from its revision on`() {
        let story = [Self.limit(50), Self.limit(60, revision: 2), Self.limit(nil, revision: 3)]
        check(story.prefix(1) + Self.booked(bound: 50, under: 1))
        check(story.prefix(1) + Self.booked(bound: 51, under: 1), breaks: .neverOver)
        check(story.prefix(2) + Self.booked(bound: 60, under: 2))
        check(story.prefix(2) + Self.booked(bound: 61, under: 2), breaks: .neverOver)
        check(story + Self.booked(bound: 61, under: 3))
        check(
            story + [Self.admitted(bound: 61, under: 3), Self.durable(bound: 61, under: 4)])
        check(story + Self.booked(under: 2), breaks: .neverOver)
        // Judged again without being given back, and found to fit when it does not. That another
        // call settles meanwhile, within its bound, is no excuse.
        let lowered = [Self.admitted("b", bound: 40), Self.limit(50, revision: 2)]
        check(
            [Self.limit(100)] + Self.under() + lowered
                + [Self.billed(50), Self.settled(50), Self.durable("b", bound: 40, under: 2)],
            breaks: .neverOver)
        check([Self.limit(50, revision: 2), Self.limit(60, revision: 1)], breaks: .neverOver)
    }

    @Test func `an attempt becomes durable as it was admitted`() {
        check([Self.limit(60), Self.admitted(), Self.durable()])
        check([Self.limit(60), Self.durable()], breaks: .neverOver)
        check([Self.limit(60), Self.admitted(), Self.durable(bound: 59)], breaks: .neverOver)
        check(
            [Self.limit(60), Self.admitted(), .heldReturned(id: "a"), Self.durable()],
            breaks: .neverOver)
        // What is on disk counts, not what was in memory.
        let other = violations(
            [Self.limit(60), Self.admitted(), Self.durable(bound: 59)]
                + Self.booked("b", bound: 1) + [.restarted] + Self.booked("c", bound: 1))
        #expect(other.map(\.step) == [3, 8])
        // Nobody admitted it, and it does not fit: two promises broken at once.
        let found = violations([Self.limit(60), Self.durable(bound: 61)])
        #expect(found.map(\.invariant) == [.neverOver, .neverOver])
    }

    @Test func `a hold is made once, returned once, and is not negative`() {
        check([Self.admitted(bound: 0)])
        check([Self.admitted(bound: -1)], breaks: .neverOver)
        check([Self.admitted(), Self.admitted()], breaks: .neverOver)
        check([Self.admitted(), .heldReturned(id: "a"), Self.admitted()])
        check(Self.booked() + [.heldReturned(id: "a")], breaks: .neverOver)
        check([.heldReturned(id: "a")], breaks: .neverOver)
        check([Self.admitted(), .heldReturned(id: "a"), .restarted, .quiescent])
        check([Self.admitted(), .quiescent], breaks: .neverOver)
    }

    @Test func `who is turned away for money is told the limit in force, and has no room`() {
        let story = [Self.limit(100), Self.raise(10)] + Self.call(cost: 40)
        func told(
            limit: Int64 = 110, spent: Int64 = 40, bound: Int64 = 71, day: Int = Self.day,
            under revision: Int = 1
        ) -> Observation {
            .shortfall(
                .init(
                    scope: "ann", period: .daily, day: day, limit: limit, spent: spent,
                    bound: bound), judgedUnder: revision)
        }
        check(story + [told()])
        check(story + [told(bound: 70)], breaks: .neverOver)
        check(story + [told(limit: 100)], breaks: .neverOver)
        check(story + [told(limit: 100, day: Self.day + 1)])
        check(story + [Self.limit(90, revision: 2), told()])
        check(story + [Self.limit(90, revision: 2), told(under: 2)], breaks: .neverOver)
        check([told()], breaks: .neverOver)
    }

    // MARK: The oracle itself

    @Test func `the sums are counted anew at each restart and every thousand observations`() {
        for doubt in [
            [Observation.restarted], Array(repeating: .clockDay(Self.day), count: 994),
        ] {
            var oracle = Oracle(day: Self.day)
            for fact in Self.call(cost: 40) { _ = oracle.observe(fact) }
            oracle.sums.balances[0].amount.spent += 1
            let first = doubt.dropLast().flatMap { oracle.observe($0) }
            let last = doubt.suffix(1).flatMap { oracle.observe($0) }
            #expect(first.isEmpty && last.map(\.invariant) == [.oracle])
            oracle.sums.balances[0].amount.spent -= 1
            oracle.sums.balances[3].amount.held -= 1
            let held = oracle.observe(.restarted)
            #expect(held.map(\.invariant) == [.oracle])
        }
    }

    @Test func `days may come in any order when they are counted anew`() {
        let (saturday, monday) = (Self.day + 1, Self.day + 3)
        check(
            Self.call(cost: 40)
                + [.clockDay(monday), Self.admitted("b", day: monday), .clockDay(saturday), .crash]
                + Self.call("c", cost: 7, day: saturday) + [.restarted])
    }

    @Test func `admissions and refusals are counted`() {
        var oracle = Oracle(day: Self.day)
        for fact in [Self.admitted(), .refused(reason: "budget"), .refused(reason: "budget")] {
            #expect(oracle.observe(fact).isEmpty)
        }
        #expect(oracle.admissions == 1 && oracle.refusals == ["budget": 2])
    }
}
