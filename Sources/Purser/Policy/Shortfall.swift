/// The budget that stopped a call, with its numbers.
package struct BudgetShortfall: Hashable, Sendable {
    package var scope: Scope
    /// Whose budget it is, in words: `member alice`.
    package var owner: String
    package var period: Period
    package var limit: USD
    package var spent: USD
    package var held: USD
    /// What this call could have cost at most.
    package var bound: USD
    /// When the window ends; `nil` if it never does.
    package var resetsAt: Timestamp?
    /// Whether only other calls in flight stood in the way.
    package var isInFlight: Bool

    package init(
        scope: Scope, owner: String, period: Period, limit: USD, spent: USD, held: USD,
        bound: USD, resetsAt: Timestamp?, isInFlight: Bool
    ) {
        self.scope = scope
        self.owner = owner
        self.period = period
        self.limit = limit
        self.spent = spent
        self.held = held
        self.bound = bound
        self.resetsAt = resetsAt
        self.isInFlight = isInFlight
    }
}

/// The rate limit that stopped a call, with its numbers.
package struct RateShortfall: Hashable, Sendable {
    /// One of the rules that limit a rate.
    package var rule: Rule
    /// Whose limit it is, in words: `member alice`.
    package var owner: String
    package var limit: Int64
    /// What is used of it, calls in flight included.
    package var used: Int64
    /// What this call would have added.
    package var wanted: Int64
    /// Whether the limit had room left that is kept for others who share it.
    package var isShared: Bool
    /// Seconds after which there is room again, as far as can be told now.
    package var retryAfterSeconds: Int

    package init(
        rule: Rule, owner: String, limit: Int64, used: Int64, wanted: Int64,
        isShared: Bool = false, retryAfterSeconds: Int
    ) {
        self.rule = rule
        self.owner = owner
        self.limit = limit
        self.used = used
        self.wanted = wanted
        self.isShared = isShared
        self.retryAfterSeconds = retryAfterSeconds
    }
}
