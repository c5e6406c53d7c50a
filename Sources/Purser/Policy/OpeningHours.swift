/// When calls may be made, on the wall clock of a time zone.
package struct OpeningHours: Hashable, Sendable {
    /// From one time of day to another on certain weekdays; what goes over midnight belongs to
    /// the day on which it began.
    package struct Span: Hashable, Sendable {
        /// 0 is Monday.
        package var weekdays: Set<Int>
        /// Minutes after midnight: when it begins.
        package var from: Int
        /// Minutes after midnight: when it is over. Not above `from` means the next day.
        package var to: Int

        package init(weekdays: Set<Int>, from: Int, to: Int) {
            self.weekdays = weekdays
            self.from = from
            self.to = to
        }
    }

    /// At least one.
    package var spans: [Span]
    package var zone: Zone

    /// `nil` without a span.
    package init?(spans: [Span], zone: Zone) {
        guard !spans.isEmpty else { return nil }
        self.spans = spans
        self.zone = zone
    }

    /// Whether calls may be made at that instant.
    package func contains(_ instant: Timestamp) -> Bool {
        let local = instant.seconds + Int64(zone.offsetSeconds(at: instant))
        let days = local.dividedRoundingDown(by: 86_400)
        let minute = Int(local - days * 86_400) / 60
        // 1970-01-01 was a Thursday.
        let weekday = Int((days + 3) - (days + 3).dividedRoundingDown(by: 7) * 7)
        return spans.contains { span in
            if span.from < span.to {
                return span.weekdays.contains(weekday) && (span.from..<span.to).contains(minute)
            }
            return span.weekdays.contains(weekday) && minute >= span.from
                || span.weekdays.contains((weekday + 6) % 7) && minute < span.to
        }
    }

    /// The next full minute from which calls may be made; `nil` if none comes within nine days.
    package func opening(after instant: Timestamp) -> Timestamp? {
        var candidate = instant.seconds.dividedRoundingDown(by: 60) * 60
        for _ in 0..<(9 * 24 * 60) {
            candidate += 60
            let next = Timestamp(milliseconds: candidate * 1_000)
            if contains(next) { return next }
        }
        return nil
    }
}

extension OpeningHours {
    private static let weekdayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// Reads `mon-fri 08:00-18:00, sat 10:00-14:00`; `nil` for anything else.
    package init?(_ text: String, zone: Zone) {
        var spans: [Span] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let span = Span(part) else { return nil }
            spans.append(span)
        }
        self.init(spans: spans, zone: zone)
    }

    /// As it is typed: `mon-fri 08:00-18:00`.
    package var text: String { spans.map(\.text).joined(separator: ", ") }
}

extension OpeningHours.Span {
    fileprivate init?(_ text: Substring) {
        let words = text.split(separator: " ")
        guard let clock = words.last, (1...2).contains(words.count) else { return nil }
        let times = clock.split(separator: "-", omittingEmptySubsequences: false)
        guard times.count == 2, let from = Self.minutes(times[0]), from < 1_440,
            let to = Self.minutes(times[1]), from != to
        else { return nil }
        var weekdays = Set(0...6)
        if words.count == 2 {
            guard let named = Self.weekdays(words[0]) else { return nil }
            weekdays = named
        }
        self.init(weekdays: weekdays, from: from, to: to)
    }

    /// Reads `mon-fri`, also round the week's end: `sat-mon`.
    private static func weekdays(_ text: Substring) -> Set<Int>? {
        let ends = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
            .map { OpeningHours.weekday(String($0)) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1]
        else { return nil }
        return Set((0...((last - first + 7) % 7)).map { (first + $0) % 7 })
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60,
            hour * 60 + minute <= 1_440
        else { return nil }
        return hour * 60 + minute
    }

    fileprivate var text: String {
        let clock = [from, to].map { "\(padded($0 / 60, 2)):\(padded($0 % 60, 2))" }
            .joined(separator: "-")
        guard weekdays.count < 7 else { return clock }
        // The weekday whose predecessor is not among them begins the run.
        let first = weekdays.sorted().first { !weekdays.contains(($0 + 6) % 7) } ?? 0
        let last = (first + weekdays.count - 1) % 7
        let names = OpeningHours.weekdayName(first)
        return (first == last ? names : "\(names)-\(OpeningHours.weekdayName(last))") + " \(clock)"
    }
}

extension OpeningHours {
    fileprivate static func weekday(_ name: String) -> Int? { weekdayNames.firstIndex(of: name) }

    fileprivate static func weekdayName(_ weekday: Int) -> String { weekdayNames[weekday] }
}
