/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Sendable, Comparable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        milliseconds.dividedRoundingDown(by: 1_000)
    }

    package func adding(seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds + seconds * 1_000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC, with milliseconds only where there are some: `2026-11-21T03:56:00Z`.
    package var description: String {
        text(withMilliseconds: milliseconds % 1_000 != 0)
    }

    /// The same, always with milliseconds, so that texts sort as the instants do.
    package var sortable: String { text(withMilliseconds: true) }

    private func text(withMilliseconds hasFraction: Bool) -> String {
        let day = CivilDate(daysSinceEpoch: Int(seconds.dividedRoundingDown(by: 86_400)))
        let second = Int(seconds - Int64(day.daysSinceEpoch) * 86_400)
        let fraction = Int(milliseconds - seconds * 1_000)
        let clock = [second / 3_600, second / 60 % 60, second % 60]
            .map { padded($0, 2) }.joined(separator: ":")
        return "\(day)T\(clock)\(hasFraction ? "." + padded(fraction, 3) : "")Z"
    }

    /// Reads ISO 8601 with `Z` or a numeric offset, or a bare date as midnight UTC.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, let day = CivilDate(String(text.prefix(10))) else { return nil }
        var milliseconds = Int64(day.daysSinceEpoch) * 86_400_000
        if bytes.count > 10 {
            guard let clock = ClockText.milliseconds(bytes[10...]) else { return nil }
            milliseconds += clock
        }
        self.init(milliseconds: milliseconds)
    }
}

/// The part of an ISO 8601 instant behind the date.
private enum ClockText {
    /// Milliseconds to add to midnight UTC; `nil` if malformed.
    static func milliseconds(_ text: ArraySlice<UInt8>) -> Int64? {
        var rest = text
        guard let mark = rest.popFirst(), mark == UInt8(ascii: "T") || mark == UInt8(ascii: " "),
            let hour = number(&rest, digits: 2), hour < 24, skip(":", &rest),
            let minute = number(&rest, digits: 2), minute < 60, skip(":", &rest),
            let second = number(&rest, digits: 2), second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(".", &rest) {
            var scale: Int64 = 100
            var digits = 0
            while let byte = rest.first, let digit = digitValue(byte) {
                fraction += Int64(digit) * scale
                scale /= 10
                digits += 1
                rest.removeFirst()
            }
            guard digits > 0 else { return nil }
        }
        guard let offset = offsetMinutes(rest) else { return nil }
        let minutes = Int64(hour * 60 + minute - offset)
        return (minutes * 60 + Int64(second)) * 1_000 + fraction
    }

    private static func offsetMinutes(_ text: ArraySlice<UInt8>) -> Int? {
        var rest = text
        guard let sign = rest.popFirst() else { return nil }
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hour = number(&rest, digits: 2), hour < 24
        else { return nil }
        _ = skip(":", &rest)
        guard let minute = number(&rest, digits: 2), minute < 60, rest.isEmpty else { return nil }
        return (hour * 60 + minute) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func skip(_ scalar: Unicode.Scalar, _ text: inout ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: scalar) else { return false }
        text.removeFirst()
        return true
    }

    private static func number(_ text: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let byte = text.popFirst(), let digit = digitValue(byte) else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private static func digitValue(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            ? Int(byte - UInt8(ascii: "0")) : nil
    }
}

/// `value` with leading zeros to at least `width` digits.
package func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension FixedWidthInteger where Self: SignedInteger {
    /// Division that rounds towards negative infinity, so that days before 1970 work.
    package func dividedRoundingDown(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
