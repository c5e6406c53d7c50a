/// An IANA time zone as a value: its name and every change of its distance from UTC.
///
/// Ring 0 reads no zone database; the assembly makes one of these from the system's.
package struct Zone: Hashable, Sendable {
    /// From `at` on, local time is UTC plus `offsetSeconds`.
    package struct Transition: Hashable, Sendable {
        package var at: Timestamp
        package var offsetSeconds: Int

        package init(at: Timestamp, offsetSeconds: Int) {
            self.at = at
            self.offsetSeconds = offsetSeconds
        }
    }

    /// The IANA name, `Europe/Berlin`.
    package let name: String
    /// The offset before the first transition.
    package let firstOffsetSeconds: Int
    /// In rising order of `at`.
    package let transitions: [Transition]

    package init(name: String, firstOffsetSeconds: Int, transitions: [Transition]) {
        precondition(
            zip(transitions, transitions.dropFirst()).allSatisfy { $0.at < $1.at },
            "a zone's transitions rise")
        self.name = name
        self.firstOffsetSeconds = firstOffsetSeconds
        self.transitions = transitions
    }

    package static let utc = Zone(name: "UTC", firstOffsetSeconds: 0, transitions: [])

    /// Local time's distance from UTC at that instant, in seconds.
    package func offsetSeconds(at instant: Timestamp) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= instant { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffsetSeconds : transitions[low - 1].offsetSeconds
    }

    /// The calendar day on the wall at that instant.
    package func day(at instant: Timestamp) -> CivilDate {
        let local = instant.seconds + Int64(offsetSeconds(at: instant))
        return CivilDate(daysSinceEpoch: Int(local.dividedRoundingDown(by: 86_400)))
    }

    /// The first instant that belongs to `day`, also where the clock skips midnight.
    package func start(of day: CivilDate) -> Timestamp {
        let midnight = Int64(day.daysSinceEpoch) * 86_400
        // The offset that holds at the start is one of those near it; the earliest instant
        // that reads as this day or a later one is the start.
        var best: Timestamp?
        for guess in [midnight - 86_400, midnight, midnight + 86_400] {
            let offset = offsetSeconds(at: Timestamp(milliseconds: guess * 1_000))
            let candidate = Timestamp(milliseconds: (midnight - Int64(offset)) * 1_000)
            if self.day(at: candidate) == day, best.map({ candidate < $0 }) ?? true {
                best = candidate
            }
        }
        if let best { return best }
        // Midnight does not exist on this day: it begins at the transition that skips it.
        let skipping = transitions.first { self.day(at: $0.at) >= day }
        return skipping?.at ?? Timestamp(milliseconds: midnight * 1_000)
    }
}
