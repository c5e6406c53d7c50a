/// The most calls in any minute, tokens in any minute, and calls at once; `nil` for no such limit.
package struct RateLimit: Hashable, Sendable {
    package var requestsPerMinute: Int64?
    /// Prompt and output together, as the provider counts them.
    package var tokensPerMinute: Int64?
    package var parallel: Int64?

    package init(
        requestsPerMinute: Int64? = nil, tokensPerMinute: Int64? = nil, parallel: Int64? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.parallel = parallel
    }

    package var isEmpty: Bool { self == RateLimit() }
}

/// What a tier limits by the minute: all three hold for each call.
package struct RateLimits: Hashable, Sendable {
    /// Each key by itself.
    package var key = RateLimit()
    /// Each member by themselves, whichever key they use.
    package var member = RateLimit()
    /// Everybody in the tier together, shared fairly.
    package var tier = RateLimit()

    package init() {}

    package var isEmpty: Bool { self == RateLimits() }
}
