import Purser
import Testing

struct TimeTests {
    @Test(arguments: [
        ("2026-11-21T03:56:00Z", 1_795_233_360_000), ("1970-01-01", 0),
        ("2025-02-19T20:52:27.363244+00:00", 1_739_998_347_363),
        ("2026-03-29T02:30:00+02:00", 1_774_744_200_000), ("1969-12-31T23:59:59Z", -1_000),
    ])
    func `an instant is read in both forms that OpenRouter writes`(text: String, value: Int64) {
        #expect(Timestamp(text)?.milliseconds == value)
    }

    /// A settled call seemed to end before it began, when it began on a full second.
    @Test func `sortable texts are in the order of their instants`() {
        let instants = [-1, 0, 1, 999, 1_000, 1_250].map { Timestamp(milliseconds: $0) }
        #expect(instants.map(\.sortable) == instants.map(\.sortable).sorted())
        #expect(instants[1].sortable == "1970-01-01T00:00:00.000Z")
        #expect(instants.allSatisfy { Timestamp($0.sortable) == $0 && Timestamp("\($0)") == $0 })
    }

    @Test(arguments: [
        "2026-02-30", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
        "tomorrow", "2026-1-1", "2026-01-01T00:00Z",
    ])
    func `what is no instant is not read as one`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `every day has a date that leads back to it`() {
        for days in -150_000...150_000 {
            #expect(CivilDate(daysSinceEpoch: days).daysSinceEpoch == days)
        }
    }

    @Test(arguments: [
        ("2026-11-21", "2026-11-16", "2026-11-01"), ("2027-01-01", "2026-12-28", "2027-01-01"),
        ("2024-02-29", "2024-02-26", "2024-02-01"), ("1969-12-31", "1969-12-29", "1969-12-01"),
    ])
    func `weeks begin on Monday, months on the first`(day: String, week: String, month: String)
        throws
    {
        let day = try #require(CivilDate(day))
        #expect(day.weekStart.description == week)
        #expect(day.monthStart.description == month)
    }

    /// Berlin in 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC.
    private var berlin: Zone {
        Zone(
            name: "Europe/Berlin", firstOffsetSeconds: 3_600,
            transitions: [
                .init(at: Timestamp(milliseconds: 1_774_746_000_000), offsetSeconds: 7_200),
                .init(at: Timestamp(milliseconds: 1_792_890_000_000), offsetSeconds: 3_600),
            ])
    }

    @Test(arguments: [
        ("2026-03-29", 23), ("2026-10-25", 25), ("2026-03-28", 24), ("2026-10-26", 24),
    ])
    func `a day has 23, 24 or 25 hours`(day: String, hours: Int64) throws {
        let day = try #require(CivilDate(day))
        let start = berlin.start(of: day)
        let end = try #require(Period.daily.end(after: day, in: berlin))
        #expect(end.milliseconds - start.milliseconds == hours * 3_600_000)
        #expect(berlin.day(at: start) == day)
        #expect(berlin.day(at: Timestamp(milliseconds: start.milliseconds - 1)) != day)
    }

    @Test func `a day whose midnight is skipped begins where the clock lands`() throws {
        // At midnight on 6 September 2026 this clock goes forward by an hour.
        let change = try #require(Timestamp("2026-09-06T04:00:00Z"))
        let zone = Zone(
            name: "Test/Skip", firstOffsetSeconds: -14_400,
            transitions: [.init(at: change, offsetSeconds: -10_800)])
        let day = try #require(CivilDate("2026-09-06"))
        #expect(zone.start(of: day) == change)
        #expect(zone.day(at: change) == day)
    }

    @Test func `I5 the days of a month add up to it`() throws {
        var day = try #require(CivilDate("2026-01-01"))
        while day < CivilDate(year: 2027, month: 1, day: 1)! {
            let windows = Windows(holding: day)
            #expect(windows[.daily].firstDay == Int32(day.daysSinceEpoch))
            #expect(windows[.monthly].firstDay == Int32(day.monthStart.daysSinceEpoch))
            #expect(windows[.total].firstDay == 0)
            day = day.adding(days: 1)
        }
    }
}
