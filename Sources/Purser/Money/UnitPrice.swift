/// What one token, image or call costs, in attodollars (10⁻¹⁸ USD).
///
/// Price lists go down to 23 places, finer than a picodollar; six more places keep the product
/// with a token count exact enough that rounding up once, at the end, stays below a picodollar.
package struct UnitPrice: Hashable, Sendable, Comparable {
    package var attodollars: Int128

    package init(attodollars: Int128) {
        self.attodollars = attodollars
    }

    /// Reads a price list's decimal text, rounded up; `nil` if malformed, negative or absurd.
    ///
    /// OpenRouter writes `-1` for "not known in advance", which is no price.
    package init?(_ text: String) {
        guard
            let scaled = DecimalText.scaled(text, places: UnitPrice.places, rounding: .up),
            scaled >= 0, scaled <= UnitPrice.attodollarsMax
        else { return nil }
        self.attodollars = scaled
    }

    package static let zero = UnitPrice(attodollars: 0)

    /// Digits behind the point.
    package static let places = 18

    /// A million dollars for one unit: no real price is near it, and products stay in range.
    private static let attodollarsMax: Int128 = 1_000_000_000_000_000_000_000_000

    /// The cost of `count` units, rounded up to a picodollar; `nil` beyond what ``USD`` carries.
    package func costRoundedUp(count: Int64) -> USD? {
        precondition(count >= 0, "a count of units is never negative")
        let (product, overflow) = attodollars.multipliedReportingOverflow(by: Int128(count))
        guard !overflow else { return nil }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: 1_000_000)
        return Int64(exactly: remainder > 0 ? quotient + 1 : quotient)
            .map(USD.init(picodollars:))
    }

    /// How many units `amount` buys, rounded down; the largest `Int64` when a unit is free.
    package func unitsAffordable(with amount: USD) -> Int64 {
        guard amount > .zero else { return 0 }
        guard attodollars > 0 else { return .max }
        let units = Int128(amount.picodollars) * 1_000_000 / attodollars
        return Int64(exactly: units) ?? .max
    }

    /// Dollars for a million units, as OpenRouter's `max_price` wants it: `3`, `0.15`.
    package var perMillion: String {
        DecimalText.exact(attodollars * 1_000_000, places: UnitPrice.places)
    }

    package static func < (left: UnitPrice, right: UnitPrice) -> Bool {
        left.attodollars < right.attodollars
    }
}

extension UnitPrice: CustomStringConvertible {
    /// All digits, dollars for one unit: `0.00000015`.
    package var description: String {
        DecimalText.exact(attodollars, places: UnitPrice.places)
    }
}
