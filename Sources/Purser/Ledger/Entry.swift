/// How an attempt ended, or what was learned of it later. Entries are appended, never edited.
package struct Entry: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// The upstream said what it cost.
        case settled
        /// Nothing was billed.
        case released
        /// The outcome is unknown: the whole hold counts as spent until the truth arrives.
        case kept
        /// Late truth: the difference to what was booked before.
        case correction
    }

    /// Where an amount came from.
    package enum Source: String, CaseIterable, Sendable {
        /// The answer's `usage.cost`.
        case upstream
        /// OpenRouter's record of the generation.
        case generation
        /// The bound that was held.
        case hold
        /// Nothing was forwarded or billed.
        case none
    }

    package var attempt: ID<Attempt>
    /// Its place among the attempt's entries: 0 is the outcome, corrections count from 1. Two
    /// entries of one attempt in one place are one entry, so writing one again is nothing.
    package var sequence: Int64
    package var at: Timestamp
    package var kind: Kind
    /// What is added to the books; negative only for a correction.
    package var amount: USD
    /// The digits the provider sent, for reconciliation; `nil` if the amount is ours.
    package var literal: String?
    package var source: Source
    /// `nil` if the upstream never named one.
    package var generationID: String?
    package var tokens: TokenCounts
    /// The status of the upstream's answer; `nil` if none came.
    package var upstreamStatus: Int?

    package init(
        attempt: ID<Attempt>, sequence: Int64 = 0, at: Timestamp, kind: Kind, amount: USD,
        literal: String? = nil, source: Source, generationID: String? = nil,
        tokens: TokenCounts = TokenCounts(),
        upstreamStatus: Int? = nil
    ) {
        precondition(kind == .correction || amount >= .zero, "only corrections may be negative")
        precondition((sequence > 0) == (kind == .correction), "an outcome comes first")
        self.attempt = attempt
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.amount = amount
        self.literal = literal
        self.source = source
        self.generationID = generationID
        self.tokens = tokens
        self.upstreamStatus = upstreamStatus
    }
}

/// The tokens of one call, as the provider counts them.
package struct TokenCounts: Hashable, Sendable {
    package var prompt: Int64 = 0
    package var completion: Int64 = 0
    /// Those of the prompt that came from a cache.
    package var cached: Int64 = 0
    /// Those of the completion that nobody sees.
    package var reasoning: Int64 = 0

    package init(
        prompt: Int64 = 0, completion: Int64 = 0, cached: Int64 = 0, reasoning: Int64 = 0
    ) {
        self.prompt = prompt
        self.completion = completion
        self.cached = cached
        self.reasoning = reasoning
    }

    package static func + (left: TokenCounts, right: TokenCounts) -> TokenCounts {
        TokenCounts(
            prompt: left.prompt + right.prompt, completion: left.completion + right.completion,
            cached: left.cached + right.cached, reasoning: left.reasoning + right.reasoning)
    }
}

/// A call that was turned away, for the report.
package struct RefusedCall: Hashable, Sendable {
    package var at: Timestamp
    package var day: CivilDate
    package var key: ID<Key>
    package var member: ID<Member>
    package var team: ID<Team>?
    package var model: String
    package var code: String

    package init(
        at: Timestamp, day: CivilDate, key: ID<Key>, member: ID<Member>, team: ID<Team>?,
        model: String, code: String
    ) {
        self.at = at
        self.day = day
        self.key = key
        self.member = member
        self.team = team
        self.model = model
        self.code = code
    }
}
