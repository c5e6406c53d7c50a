/// One thing that a tier can say about a call.
///
/// The raw values are what people type and programs read: `--shadow models,price`.
package enum Rule: String, CaseIterable, Hashable, Sendable {
    /// When calls may be made.
    case hours
    /// Whether a call must say which application it is for.
    case attribution
    /// Which models may run.
    case models
    /// The dearest price of a token.
    case price
    /// What may be bought beside text.
    case extras
    /// Which providers may serve, and whether they may keep what they are sent.
    case providers
    /// The most output tokens.
    case maxTokens = "max-tokens"
    /// The most thinking.
    case effort
    /// The most one call may cost.
    case requestCost = "request-cost"
    case requestsPerMinute = "requests-per-minute"
    case tokensPerMinute = "tokens-per-minute"
    /// Calls at once.
    case parallel
}
