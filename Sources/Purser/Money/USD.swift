/// An exact amount of US dollars, in picodollars (10⁻¹² USD).
///
/// `Int64` carries 9.2 million dollars either way; arithmetic that would pass that traps rather
/// than wraps. There is no division and no conversion from binary floats.
package struct USD: Hashable, Sendable, Comparable, AdditiveArithmetic {
    package var picodollars: Int64

    package init(picodollars: Int64) {
        self.picodollars = picodollars
    }

    /// Reads the digits a provider or a person wrote, rounded half to even at the twelfth place.
    ///
    /// `nil` if `text` is not a decimal number or is beyond what an `Int64` carries.
    package init?(_ text: String) {
        self.init(digits: text.utf8)
    }

    /// Reads ASCII digits; see ``init(_:)``.
    package init?(digits: some Sequence<UInt8>) {
        guard
            let scaled = DecimalText.scaled(digits, places: USD.places, rounding: .halfEven),
            let picodollars = Int64(exactly: scaled)
        else { return nil }
        self.picodollars = picodollars
    }

    /// Whole dollars, for limits named in code and tests.
    package static func dollars(_ count: Int64) -> USD {
        USD(picodollars: count * 1_000_000_000_000)
    }

    /// The most one call may cost: beyond any real one, and small enough that sums of those in
    /// flight stay far from what an `Int64` carries.
    package static let callCostMax = USD.dollars(100_000)

    /// Whether a call can have cost that.
    package static func isPlausibleCost(_ cost: USD) -> Bool {
        (.zero...callCostMax).contains(cost)
    }

    package static let zero = USD(picodollars: 0)

    /// Digits behind the point that a picodollar grid has.
    package static let places = 12

    package static func + (left: USD, right: USD) -> USD {
        USD(picodollars: left.picodollars + right.picodollars)
    }

    package static func - (left: USD, right: USD) -> USD {
        USD(picodollars: left.picodollars - right.picodollars)
    }

    package static func < (left: USD, right: USD) -> Bool {
        left.picodollars < right.picodollars
    }
}

extension USD: CustomStringConvertible {
    /// All digits, no exponent, no sign of currency: `0.00000315`.
    package var description: String {
        DecimalText.exact(Int128(picodollars), places: USD.places)
    }

    /// For people: `$12.34`, and below a cent as many digits as it takes, `$0.00000315`.
    package var dollars: String {
        let exact = description
        let sign = exact.hasPrefix("-") ? "-" : ""
        let digits = sign.isEmpty ? exact : String(exact.dropFirst())
        guard let point = digits.firstIndex(of: ".") else { return "\(sign)$\(digits).00" }
        let whole = digits[..<point]
        let fraction = digits[digits.index(after: point)...]
        if fraction.count < 2 { return "\(sign)$\(whole).\(fraction)0" }
        return "\(sign)$\(whole).\(fraction)"
    }
}
