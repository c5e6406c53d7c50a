/// Reads decimal digits, as JSON and price lists write them, without passing through binary floats.
package enum DecimalText {
    /// How a digit beyond the grid is dropped.
    package enum Rounding: Sendable {
        /// Towards positive infinity: for holds, which must never be too small.
        case up
        /// To the nearest, ties to even: for amounts that were really billed.
        case halfEven
    }

    /// The most digits a literal may carry before it is refused; 2^127 has 39.
    package static let significantDigitsMax = 36

    /// The value of `text` times 10^`places`, as an integer.
    ///
    /// Accepts JSON's number grammar plus a leading `+` and missing digits on one side of the
    /// point, as price lists use them. Returns `nil` for anything else, and for a value that
    /// does not fit.
    package static func scaled(
        _ text: some Sequence<UInt8>, places: Int, rounding: Rounding
    ) -> Int128? {
        var reader = Reader()
        for byte in text {
            guard reader.take(byte) else { return nil }
        }
        return reader.value(places: places, rounding: rounding)
    }

    /// The value of `text` times 10^`places`, as an integer; see the sequence form.
    package static func scaled(_ text: String, places: Int, rounding: Rounding) -> Int128? {
        scaled(text.utf8, places: places, rounding: rounding)
    }

    /// Writes `value` / 10^`places` exactly, with no exponent; with trailing zeros if `padded`.
    package static func exact(_ value: Int128, places: Int, padded: Bool = false) -> String {
        var rest = value.magnitude
        var behind = places
        // Most values have few digits; the standard library writes 64 bits many times faster than
        // 128, and a short text without a place in memory of its own.
        if !padded, var short = UInt64(exactly: rest) {
            while behind > 0, short % 10 == 0 {
                short /= 10
                behind -= 1
            }
            rest = UInt128(short)
        }
        while !padded, behind > 0, rest % 10 == 0 {
            rest /= 10
            behind -= 1
        }
        let digits = UInt64(exactly: rest).map { String($0) } ?? String(rest)
        let zeros = max(0, behind + 1 - digits.utf8.count)
        var text: [UInt8] = []
        text.reserveCapacity(zeros + digits.utf8.count + 2)
        if value < 0 { text.append(UInt8(ascii: "-")) }
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: zeros))
        text.append(contentsOf: digits.utf8)
        if behind > 0 { text.insert(UInt8(ascii: "."), at: text.count - behind) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension DecimalText {
    /// One pass over the digits: mantissa, digits behind the point, exponent.
    private struct Reader {
        enum Place { case sign, whole, fraction, exponentSign, exponent }

        var place = Place.sign
        var isNegative = false
        var mantissa: Int128 = 0
        var significantDigits = 0
        var digitCount = 0
        var fractionDigits = 0
        var exponent = 0
        var isExponentNegative = false
        var exponentDigits = 0

        mutating func take(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                return takeDigit(Int(byte - UInt8(ascii: "0")))
            case UInt8(ascii: "-"), UInt8(ascii: "+"):
                return takeSign(isNegative: byte == UInt8(ascii: "-"))
            case UInt8(ascii: "."):
                guard place == .sign || place == .whole else { return false }
                place = .fraction
                return true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard place == .whole || place == .fraction, digitCount > 0 else { return false }
                place = .exponentSign
                return true
            default:
                return false
            }
        }

        mutating func takeSign(isNegative negative: Bool) -> Bool {
            switch place {
            case .sign where digitCount == 0 && !isNegative:
                isNegative = negative
                place = .whole
                return true
            case .exponentSign:
                isExponentNegative = negative
                place = .exponent
                return true
            case .sign, .whole, .fraction, .exponent:
                return false
            }
        }

        mutating func takeDigit(_ digit: Int) -> Bool {
            switch place {
            case .sign, .whole, .fraction:
                if place == .sign { place = .whole }
                digitCount += 1
                if place == .fraction { fractionDigits += 1 }
                if significantDigits > 0 || digit > 0 { significantDigits += 1 }
                guard significantDigits <= DecimalText.significantDigitsMax else { return false }
                mantissa = mantissa * 10 + Int128(digit)
                return true
            case .exponentSign, .exponent:
                place = .exponent
                exponentDigits += 1
                exponent = exponent * 10 + digit
                return exponent <= 9_999
            }
        }

        func value(places: Int, rounding: Rounding) -> Int128? {
            guard digitCount > 0 else { return nil }
            guard place != .exponentSign, place != .exponent || exponentDigits > 0 else {
                return nil
            }
            let power = places - fractionDigits + (isExponentNegative ? -exponent : exponent)
            let signed = isNegative ? -mantissa : mantissa
            return power >= 0
                ? Self.raised(signed, by: power)
                : Self.lowered(signed, by: -power, rounding: rounding)
        }

        static func raised(_ value: Int128, by power: Int) -> Int128? {
            guard value != 0 else { return 0 }
            var result = value
            for _ in 0..<power {
                let (product, overflow) = result.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                result = product
            }
            return result
        }

        static func lowered(_ value: Int128, by power: Int, rounding: Rounding) -> Int128 {
            // Beyond 38 places every value we can hold is less than half a unit.
            guard power <= 38, let divisor = raised(1, by: power) else {
                return rounding == .up && value > 0 ? 1 : 0
            }
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
            switch rounding {
            case .up:
                return remainder > 0 ? quotient + 1 : quotient
            case .halfEven:
                let distance = remainder.magnitude
                let rest = divisor.magnitude - distance
                let goesAway = distance > rest || (distance == rest && quotient % 2 != 0)
                return goesAway ? quotient + (value < 0 ? -1 : 1) : quotient
            }
        }
    }
}
