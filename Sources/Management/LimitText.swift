package import Purser

/// Reads the limit of a budget, as a person or a program wrote it.
package enum LimitText {
    package enum Fault: Error, Hashable, Sendable {
        case notANumber
        case negative
        case tooLarge
        /// Above zero, and nothing at all once rounded down.
        case tooSmall

        /// What stands behind the name of the field or option: `must not be negative`.
        package var phrase: String {
            switch self {
            case .notANumber: "must be an amount of dollars"
            case .negative: "must not be negative"
            case .tooSmall: "must be 0, or at least \(USD(picodollars: 1))"
            case .tooLarge: "must not be more than \(Budget.limitMax)"
            }
        }
    }

    /// The amount that `digits` stand for, rounded down to the picodollar: a budget never allows
    /// more than what was written.
    package static func parse(_ digits: String) throws(Fault) -> USD {
        let isNegative = digits.utf8.first == UInt8(ascii: "-")
        let magnitude = isNegative ? String(digits.dropFirst()) : digits
        // Rounding the negative up is rounding down; a second sign is refused by the reader.
        guard
            let negated = DecimalText.scaled("-" + magnitude, places: USD.places, rounding: .up)
        else { throw .notANumber }
        guard !isNegative || negated == 0 else { throw .negative }
        guard -negated <= Int128(Budget.limitMax.picodollars) else { throw .tooLarge }
        let isMore = DecimalText.scaled(magnitude, places: USD.places, rounding: .up) ?? 0 > 0
        guard negated != 0 || !isMore else { throw .tooSmall }
        return USD(picodollars: Int64(-negated))
    }
}
