import Purser
import Testing

@testable import PurserApp

struct ReportPeriodTests {
    @Test(arguments: [
        ("day", "2026-11-21", "2026-11-21", "2026-11-21"),
        ("week", "2026-11-21", "2026-11-16", "2026-11-22"),
        ("week", "2026-11-16", "2026-11-16", "2026-11-22"),
        ("week", "2026-11-22", "2026-11-16", "2026-11-22"),
        // A week belongs to two years, and a month ends when its last day does.
        ("week", "2027-01-01", "2026-12-28", "2027-01-03"),
        ("month", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("month", "2028-02-03", "2028-02-01", "2028-02-29"),
        ("month", "2026-02-03", "2026-02-01", "2026-02-28"),
        ("2026-11-01..2026-11-15", "2026-11-21", "2026-11-01", "2026-11-15"),
        ("2026-12-31..2027-01-01", "2026-11-21", "2026-12-31", "2027-01-01"),
        ("2026-11-05..2026-11-05", "2026-11-21", "2026-11-05", "2026-11-05"),
    ])
    func `a period is the calendar's that holds today, or two days`(
        text: String, today: String, from: String, to: String
    ) throws {
        let period = try #require(
            ReportPeriod(text, today: try readDay(today)))
        #expect(period.from.description == from && period.to.description == to)
    }

    @Test(arguments: [
        "", "year", "Week", "2026-11-01", "2026-11-02..2026-11-01", "2026-11-01..",
        "..2026-11-01", "2026-11-01...2026-11-02", "2026-02-30..2026-03-01",
        "2026-11-01..2026-11-02..2026-11-03",
    ])
    func `anything else is no period`(text: String) throws {
        let today = try readDay("2026-11-21")
        #expect(ReportPeriod(text, today: today) == nil)
    }

    @Test(arguments: [
        // Half an hour after midnight in Berlin is the day before in UTC, in summer two hours.
        ("2026-11-20T23:30:00Z", "2026-11-21", "2026-11-20"),
        ("2026-07-01T22:30:00Z", "2026-07-02", "2026-07-01"),
        ("2026-12-31T23:00:00Z", "2027-01-01", "2026-12-31"),
    ])
    func `today is the organisation's`(instant: String, berlin: String, utc: String) throws {
        let now = try readInstant(instant)
        #expect(try readZone("Europe/Berlin").day(at: now).description == berlin)
        #expect(Zone.utc.day(at: now).description == utc)
    }
}
