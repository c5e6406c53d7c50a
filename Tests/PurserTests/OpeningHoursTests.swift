import Purser
import Testing

struct OpeningHoursTests {
    private let berlin = Zone(
        name: "Europe/Berlin", firstOffsetSeconds: 3_600,
        transitions: [
            Zone.Transition(at: Timestamp("2026-03-29T01:00:00Z")!, offsetSeconds: 7_200),
            Zone.Transition(at: Timestamp("2026-10-25T01:00:00Z")!, offsetSeconds: 3_600),
        ])

    @Test(arguments: [
        // 2026-11-20 is a Friday.
        ("mon-fri 08:00-18:00", "2026-11-20T07:00:00Z", true),
        ("mon-fri 08:00-18:00", "2026-11-20T06:59:59Z", false),
        ("mon-fri 08:00-18:00", "2026-11-20T16:59:59Z", true),
        ("mon-fri 08:00-18:00", "2026-11-20T17:00:00Z", false),
        ("mon-fri 08:00-18:00", "2026-11-21T12:00:00Z", false),
        // In summer the wall clock is another hour ahead.
        ("fri 08:00-18:00", "2026-07-17T06:00:00Z", true),
        ("fri 08:00-18:00", "2026-07-17T16:00:00Z", false),
        // Over midnight belongs to the day on which it began.
        ("fri 22:00-06:00", "2026-11-21T04:59:00Z", true),
        ("fri 22:00-06:00", "2026-11-20T04:59:00Z", false),
        ("fri 22:00-06:00", "2026-11-20T21:00:00Z", true),
        // Round the week's end.
        ("sat-mon 10:00-11:00", "2026-11-23T09:30:00Z", true),
        ("sat-mon 10:00-11:00", "2026-11-24T09:30:00Z", false),
        ("10:00-11:00", "2026-11-24T09:30:00Z", true),
        ("00:00-24:00", "2026-11-24T22:59:59Z", true),
        ("mon 08:00-09:00, tue 10:00-11:00", "2026-11-24T09:30:00Z", true),
    ])
    func `hours are those on the wall`(text: String, instant: String, isOpen: Bool) throws {
        let hours = try #require(OpeningHours(text, zone: berlin))
        #expect(hours.contains(try #require(Timestamp(instant))) == isOpen)
    }

    @Test(arguments: [
        ("mon-fri 08:00-18:00", "2026-11-20T17:30:00Z", "2026-11-23T07:00:00Z"),
        ("mon-fri 08:00-18:00", "2026-11-20T03:00:30Z", "2026-11-20T07:00:00Z"),
        // The clock goes forward in between.
        ("sun 08:00-09:00", "2026-03-28T12:00:00Z", "2026-03-29T06:00:00Z"),
    ])
    func `the next opening is told`(text: String, instant: String, opening: String) throws {
        let hours = try #require(OpeningHours(text, zone: berlin))
        #expect(
            hours.opening(after: try #require(Timestamp(instant)))
                == Timestamp(opening))
    }

    @Test(arguments: [
        "mon-fri 08:00-18:00", "sat 10:00-14:00", "22:00-06:00", "sat-mon 00:00-24:00",
        "mon-fri 08:00-12:00, mon-fri 13:00-18:00",
    ])
    func `hours are written as they are read`(text: String) throws {
        #expect(try #require(OpeningHours(text, zone: .utc)).text == text)
    }

    @Test(arguments: [
        "", "mon", "08:00", "8:00-18:00", "08:00-25:00", "08:60-09:00", "24:00-08:00",
        "08:00-08:00", "monday 08:00-18:00", "mon-tue-wed 08:00-09:00", "mon 08:00-18:00,",
        "mon fri 08:00-09:00", "mon 08:00-18:00 now",
    ])
    func `what is no time of day is not read as one`(text: String) {
        #expect(OpeningHours(text, zone: .utc) == nil)
    }
}
