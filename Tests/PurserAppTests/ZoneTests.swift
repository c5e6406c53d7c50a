import Purser
import Testing

@testable import PurserApp

struct ZoneTests {
    @Test(arguments: [
        ("2026-03-29T00:59:59Z", 3_600), ("2026-03-29T01:00:00Z", 7_200),
        ("2026-10-25T00:59:59Z", 7_200), ("2026-10-25T01:00:00Z", 3_600),
        ("2025-01-01T00:00:00Z", 3_600), ("2040-07-01T00:00:00Z", 7_200),
    ])
    func `Berlin changes its clocks to the second`(instant: String, offset: Int) throws {
        let zone = try readZone("Europe/Berlin")
        #expect(zone.offsetSeconds(at: try readInstant(instant)) == offset)
    }

    @Test(arguments: [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)])
    func `a day in Berlin has as many hours as its clocks say`(day: String, hours: Int64) throws {
        let zone = try readZone("Europe/Berlin")
        let day = try readDay(day)
        let next = zone.start(of: day.adding(days: 1))
        #expect(next.seconds - zone.start(of: day).seconds == hours * 3_600)
    }

    @Test func `a zone without summer time has one offset`() throws {
        let zone = try readZone("Asia/Kolkata")
        #expect(zone.transitions.isEmpty && zone.firstOffsetSeconds == 19_800)
    }

    @Test func `a zone that pauses summer time for a month is followed`() throws {
        let zone = try readZone("Africa/Casablanca")
        let year = zone.transitions.filter { $0.at.description.hasPrefix("2027-") }
        #expect(year.map(\.offsetSeconds) == [0, 3_600])
    }

    @Test func `UTC needs no table`() {
        #expect(Zone.named("UTC") == .utc)
    }

    @Test(arguments: ["", "Foo/Bar", "GMT+3", "utc", "europe/berlin"])
    func `only IANA names are zones`(name: String) {
        #expect(Zone.named(name) == nil)
    }
}
