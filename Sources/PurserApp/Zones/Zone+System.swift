import Foundation
import Purser

extension Zone {
    /// The zone of that IANA name, or `nil` if this machine knows none.
    static func named(_ name: String) -> Zone? {
        if name == Zone.utc.name { return .utc }
        // Foundation also takes offsets and other spellings, and calls them by another name.
        guard let zone = TimeZone(identifier: name), zone.identifier == name else { return nil }
        return Zone(zone)
    }

    private init(_ zone: TimeZone) {
        var offset = Zone.offset(of: zone, at: Zone.firstSecond)
        let first = offset
        var transitions: [Transition] = []
        for start in stride(
            from: Zone.firstSecond, to: Zone.lastSecond, by: Int(Zone.stepSeconds)
        ) {
            let end = start + Zone.stepSeconds
            let next = Zone.offset(of: zone, at: end)
            guard next != offset else { continue }
            transitions.append(
                Transition(
                    at: Timestamp(milliseconds: 0).adding(
                        seconds: Zone.change(in: zone, after: start, upTo: end)),
                    offsetSeconds: next))
            offset = next
        }
        self.init(name: zone.identifier, firstOffsetSeconds: first, transitions: transitions)
    }

    /// 2025-01-01 and 2065-01-01, in seconds since 1970: no budget is older than the first, and
    /// no one plans zones up to the second.
    private static let firstSecond: Int64 = 1_735_689_600
    private static let lastSecond: Int64 = 2_997_993_600

    /// Two weeks: no zone changes its clocks and changes them back in less. Foundation's own
    /// search for transitions leaves out those that are not about summer time.
    private static let stepSeconds: Int64 = 1_209_600

    private static func offset(of zone: TimeZone, at second: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second)))
    }

    /// The first second with the offset that holds at `end`, by halving.
    private static func change(in zone: TimeZone, after start: Int64, upTo end: Int64) -> Int64 {
        let after = offset(of: zone, at: end)
        var low = start
        var high = end
        while high - low > 1 {
            let middle = (low + high) / 2
            if offset(of: zone, at: middle) == after { high = middle } else { low = middle }
        }
        return high
    }
}
