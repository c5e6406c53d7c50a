import Testing
@testable import SimulationOracle

/// What the oracle makes of outcomes, bills, sums and late truth: I2 to I6.
extension OracleTests {
    // MARK: I2

    @Test func `what is forwarded is durable, by the running process, once, and still open`() {
        check(Self.under())
        check([Self.admitted(), .forwarded(id: "a")], breaks: .nothingLost)
        check(Self.under() + [.forwarded(id: "a")], breaks: .nothingLost)
        check(
            Self.booked() + [.crash, .restarted, .forwarded(id: "a")],
            breaks: .nothingLost)
        check(
            [Self.admitted(), Self.durable(), Self.released(), .forwarded(id: "a")],
            breaks: .nothingLost)
    }

    @Test func `each attempt ends once`() {
        check(Self.under() + [Self.settled(0), .quiescent])
        check(Self.under() + [.quiescent], breaks: .nothingLost)
        check(
            Self.call(cost: 40) + [.entryDurable(Self.entry(.settled, 0, .upstream, sequence: 1))],
            breaks: .nothingLost)
        check(
            Self.under() + [.entryDurable(Self.entry(.correction, 0, .generation))],
            breaks: .nothingLost)
        check([Self.admitted(), Self.settled(0)], breaks: .nothingLost)
    }

    @Test func `who waits is answered, with the day on which it asked`() {
        let waits = Observation.waits(Self.attempt())
        let tomorrow = Observation.clockDay(Self.day + 1)
        check([waits, .waitEnded(id: "a"), .quiescent])
        check([waits, tomorrow, Self.admitted(), Self.durable(), Self.released(), .quiescent])
        check([waits, .crash, .restarted, .quiescent])
        check([waits, .quiescent], breaks: .nothingLost)
        check([waits, waits], breaks: .nothingLost)
        check([Self.admitted(), waits], breaks: .nothingLost)
        check([.waitEnded(id: "a")], breaks: .nothingLost)
        check([waits, .waitEnded(id: "a"), .waitEnded(id: "a")], breaks: .nothingLost)
        check([tomorrow, waits], breaks: .windows)
        check([waits, .waitEnded(id: "a"), tomorrow, Self.admitted()], breaks: .windows)
        check([waits, tomorrow, Self.admitted(bound: 59)], breaks: .windows)
        check(
            [waits, tomorrow, Self.admitted("b", day: Self.day + 1), Self.admitted()],
            breaks: .windows)
    }

    @Test func `a whole answer was booked before, as it was told`() {
        let story = Self.under() + [Self.billed(40)]
        let told = Observation.replyWhole(id: "a", reportedCost: 40)
        check(story + [Self.settled(40), told])
        check(story + [Self.kept(), .replyWhole(id: "a", reportedCost: nil)])
        check(story + [told], breaks: .nothingLost)
        check(story + [.replyWhole(id: "a", reportedCost: nil)], breaks: .nothingLost)
        check(story + [Self.kept(), told], breaks: .nothingLost)
    }

    @Test func `the upstream bills what was forwarded, once`() {
        check([Self.admitted(), Self.durable(), Self.billed(40)], breaks: .nothingLost)
        check(Self.under() + [Self.billed(40), Self.billed(0)], breaks: .nothingLost)
    }

    @Test func `at rest the books are the bill, kept holds that nobody can look up apart`() {
        var oracle = Oracle(day: Self.day)
        let story = Self.under() + [Self.kept(), Self.billed(45)] + Self.call("b", cost: 40)
        let found = (story + [.quiescent]).flatMap { oracle.observe($0) }
        #expect(found.isEmpty)
        #expect(oracle.unresolved == .init(attempts: 1, booked: 60, billed: 45))

        check(Self.under() + [Self.kept(), Self.billed(60), .quiescent])
        // A bill above the bound is the bound's defect; to keep less than the bound is another.
        check(Self.under() + [Self.kept(), Self.billed(61), .quiescent])
        let less = violations(Self.under() + [Self.kept(59), Self.billed(60), .quiescent])
        #expect(less.map(\.invariant) == [.nothingInvented, .nothingLost])
    }

    /// The call was never on disk, so no attempt shows what is missing; only the whole sum does.
    @Test func `a bill without an attempt is missed at rest`() {
        let found = violations([.forwarded(id: "a"), Self.billed(40), .quiescent])
        #expect(found.map(\.invariant) == [.nothingLost, .nothingLost])
        #expect(found.map(\.step) == [1, 3])
    }

    // MARK: I3

    @Test(arguments: [
        (OracleTests.entry(.settled, 0, .upstream), true),
        (OracleTests.entry(.settled, 0, .generation), true),
        (OracleTests.entry(.settled, 0, .hold), false),
        (OracleTests.entry(.settled, 0, .none), false),
        (OracleTests.entry(.kept, 60, .hold), true),
        (OracleTests.entry(.kept, 60, .upstream), false),
        (OracleTests.entry(.kept, 59, .hold), false),
        (OracleTests.entry(.released, 0, .none), true),
        (OracleTests.entry(.released, 0, .hold), false),
        (OracleTests.entry(.released, 1, .none), false),
    ])
    func `an amount has a fitting source`(entry: Observation.Entry, isFine: Bool) {
        check(Self.under() + [.entryDurable(entry)], breaks: isFine ? nil : .nothingInvented)
    }

    @Test func `what is settled or released is what was billed, whichever comes first`() {
        check(Self.under() + [Self.billed(40), Self.settled(40), .quiescent])
        check(Self.under() + [Self.settled(40), Self.billed(40), .quiescent])
        check(Self.under() + [Self.billed(40), Self.settled(41)], breaks: .nothingInvented)
        check(Self.under() + [Self.settled(39), Self.billed(40)], breaks: .nothingInvented)
        check(Self.under() + [Self.billed(1), Self.released()], breaks: .nothingInvented)
        check(Self.under() + [Self.released(), Self.billed(1)], breaks: .nothingInvented)
        check(Self.under() + [Self.released(), Self.billed(0), .quiescent])
        // Never billed at all: the call breaks its promise, and with it the sum of all.
        let invented = violations(Self.under() + [Self.settled(40), .quiescent])
        #expect(invented.map(\.invariant) == [.nothingInvented, .nothingLost])
    }

    @Test func `a generation belongs to one attempt, and an attempt has one`() {
        let story = Self.under() + [Self.named()]
        check(story + [Self.named()])
        check(story + [Self.named("a", "gen-b")], breaks: .nothingInvented)
        check(story + Self.under(way: "b") + [Self.named("b", "gen-a")], breaks: .nothingInvented)
        check(
            story + [.billed(id: "a", generation: "gen-b", picodollars: 0)],
            breaks: .nothingInvented)
        check([Self.admitted(), Self.named()], breaks: .nothingInvented)
    }

    // MARK: I4

    @Test func `what is written again with the same words counts once`() {
        let story = Self.call(cost: 40) + [Self.settled(40), Self.durable()]
        check(story + [Self.balance(.daily, Self.day, 40), .restarted, .quiescent])
        check(Self.call(cost: 40) + [Self.settled(41)], breaks: .idempotent)
        check(Self.call(cost: 40) + [Self.durable(bound: 61)], breaks: .idempotent)
    }

    // MARK: I5

    @Test func `the store's sums are those of its entries`() {
        let story =
            Self.call(cost: 40)
            + [.clockDay(Self.day + 1)] + Self.call("b", cost: 7, day: Self.day + 1)
            + [.clockDay(Self.day + 3)]
            + Self.under(way: "c", day: Self.day + 3) + [Self.kept(of: "c")]
            + [Self.billed(5, for: "c"), Self.corrected(-55, of: "c")]
        let right = [
            Self.balance(.daily, Self.day, 40), Self.balance(.daily, Self.day + 1, 7),
            Self.balance(.daily, Self.day + 2, 0), Self.balance(.daily, Self.day + 3, 5),
            Self.balance(.weekly, 20_773, 47), Self.balance(.weekly, 20_780, 5),
            Self.balance(.monthly, 20_758, 52), Self.balance(.total, 0, 52),
        ]
        check(story + right + [.restarted, .quiescent])
        for balance in right {
            guard case .durableBalance(let scope, let period, let day, let sum) = balance else {
                continue
            }
            check(
                story + [
                    .durableBalance(
                        scope: scope, period: period, firstDay: day, picodollars: sum + 1)
                ], breaks: .windows)
        }
        for (period, day) in [
            (Observation.Period.weekly, 20_774), (.monthly, 20_759), (.daily, -1), (.weekly, -4),
        ] {
            let found = violations([Self.balance(period, day, 0)])
            #expect(found.map(\.invariant) == [.windows])
        }
        check([Self.balance(.weekly, -3, 0)])
    }

    @Test func `what the process believes at rest are the sums of its entries`() {
        func believed(
            _ period: Observation.Period, _ day: Int, _ spent: Int64, _ held: Int64 = 0
        ) -> Observation {
            .believedBalance(
                scope: "ann", period: period, firstDay: day, spent: spent, held: held)
        }
        let story = Self.call(cost: 40) + [.restarted]
        check(story + [believed(.daily, Self.day, 40), believed(.total, 0, 40)])
        check(story + [believed(.weekly, 20_773, 40), believed(.weekly, 20_780, 0)])
        check(story + [believed(.daily, Self.day, 80)], breaks: .windows)
        check(story + [believed(.daily, Self.day, 40, 1)], breaks: .windows)
        check(story + [believed(.weekly, 20_774, 40)], breaks: .windows)
        check(Self.booked() + [believed(.daily, Self.day, 0, 60)])
        check(Self.booked() + [believed(.daily, Self.day, 0)], breaks: .windows)
    }

    /// 29 March and 25 October 2026: the clock is changed at one in the morning, UTC.
    @Test(arguments: [
        (1_774_738_800_000, 20_541, -1), (1_774_746_000_000, 20_541, 0),
        (1_774_818_000_000, 20_541, 0), (1_774_821_600_000, 20_542, -1),
        (1_792_879_200_000, 20_751, -1), (1_792_890_000_000, 20_751, 0),
        (1_792_965_600_000, 20_751, 0), (1_792_969_200_000, 20_752, -1),
        (1_798_758_000_000, 20_819, -1),
        (3_600_000 * 23, 1, -1),
    ])
    func `a day in Berlin begins at its own midnight`(instant: Int64, day: Int, change: Int) {
        var calendar = WalkedCalendar()
        #expect(calendar.dayInBerlin(at: instant) == day)
        #expect(calendar.dayInBerlin(at: instant - 1) == day + change)
    }

    @Test func `the day of an admission is the calendar's and never goes back`() {
        let tomorrow = Observation.clockDay(Self.day + 1)
        let back = Observation.clockDay(Self.day)
        check([tomorrow, Self.admitted(day: Self.day + 1)])
        check([tomorrow, Self.admitted(day: Self.day)], breaks: .windows)
        check([Self.admitted(day: Self.day + 1)], breaks: .windows)
        // Having seen tomorrow, a process may stay there; having used it, it must.
        check([tomorrow, back, Self.admitted(day: Self.day + 1)])
        check([tomorrow, back, Self.admitted(day: Self.day)])
        let used = [tomorrow, Self.admitted(day: Self.day + 1)]
        check(used + [back, Self.admitted("b", day: Self.day + 1)])
        check(used + [back, Self.admitted("b", day: Self.day)], breaks: .windows)
        // What was only in memory, or cost nothing, is forgotten; where money was spent is not.
        check(used + [back, .crash, .restarted, Self.admitted("b", day: Self.day)])
        let written = used + [Self.durable(day: Self.day + 1), back, .crash]
        check(written + [Self.released(), .restarted, Self.admitted("b", day: Self.day)])
        check(
            written + [Self.kept(), .restarted, Self.admitted("b", day: Self.day)],
            breaks: .windows)
        check(
            used + [Self.durable(day: Self.day + 1), Self.kept(), back, .crash, .restarted]
                + [Self.admitted("b", day: Self.day)], breaks: .windows)
    }

    // MARK: I6

    @Test func `a correction is the next entry and makes the sum the truth`() {
        let story = Self.under() + [Self.named(), Self.kept()]
        check(story + [Self.billed(45), Self.corrected(-15), .quiescent])
        check(story + [Self.corrected(-15), Self.billed(45), .quiescent])
        check(story + [Self.billed(45), Self.corrected(-14)], breaks: .lateTruth)
        check(story + [Self.corrected(-14), Self.billed(45)], breaks: .lateTruth)
        check(story + [Self.billed(60), .quiescent])
        check(story + [Self.billed(45), Self.corrected(-15, sequence: 2)], breaks: .lateTruth)
        check(story + [Self.billed(45), Self.corrected(-15, sequence: -1)], breaks: .lateTruth)
        // The generation is on disk, so the truth could be had: the attempt and the sum say so.
        let late = violations(story + [Self.billed(45), .quiescent])
        #expect(late.map(\.invariant) == [.lateTruth, .nothingLost])
    }

    @Test func `what was durable is there as it was, once, after every crash`() {
        let story = Self.call(cost: 40) + [Self.admitted("b"), .crash, .restarted]
        let attempt = Self.attempt()
        let line = Self.entry(.settled, 40, .upstream)
        let other = Self.entry(.settled, 41, .upstream)
        check(story + [.ledgerRead(attempts: [attempt], entries: [line])])
        for (attempts, entries) in [
            ([], [line]), ([attempt], []), ([attempt, Self.attempt("b")], [line]),
            ([attempt], [line, Self.entry(.settled, 40, .upstream, sequence: 1)]),
        ] {
            check(
                story + [.ledgerRead(attempts: attempts, entries: entries)], breaks: .lateTruth)
        }
        check(
            story + [.ledgerRead(attempts: [attempt, attempt], entries: [line])],
            breaks: .idempotent)
        check(
            story + [.ledgerRead(attempts: [attempt], entries: [line, line])],
            breaks: .idempotent)
        let edited = violations(story + [.ledgerRead(attempts: [attempt], entries: [other])])
        #expect(edited.map(\.invariant) == [.lateTruth, .lateTruth])
    }
}
