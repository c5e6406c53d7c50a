/// The most a scope may spend in each window of a period.
package struct Budget: Hashable, Sendable {
    package var scope: Scope
    package var period: Period
    package var limit: USD
    /// A higher limit for a while; `nil` for none.
    package var raise: Raise?

    /// A higher limit that ends by itself.
    package struct Raise: Hashable, Sendable {
        package var limit: USD
        /// It holds to the end of this day, in the organisation's zone.
        package var lastDay: CivilDate

        package init(limit: USD, lastDay: CivilDate) {
            self.limit = limit
            self.lastDay = lastDay
        }
    }

    package init(scope: Scope, period: Period, limit: USD, raise: Raise? = nil) {
        self.scope = scope
        self.period = period
        self.limit = limit
        self.raise = raise
    }

    /// The highest limit that can be set; sums of spend stay far inside ``USD``.
    package static let limitMax = USD.dollars(1_000_000)

    /// The same budget with the limit that holds on `day`, and no raise to come.
    package func inForce(on day: CivilDate) -> Budget {
        Budget(scope: scope, period: period, limit: limit(on: day))
    }

    /// The limit that holds on `day`.
    package func limit(on day: CivilDate) -> USD {
        guard let raise, day <= raise.lastDay else { return limit }
        return max(limit, raise.limit)
    }
}

/// An amount from which on a scope is warned in each window of a period; it refuses nothing.
package struct SoftLimit: Hashable, Sendable {
    package var scope: Scope
    package var period: Period
    package var amount: USD

    package init(scope: Scope, period: Period, amount: USD) {
        self.scope = scope
        self.period = period
        self.amount = amount
    }
}
