/// A call, as far as its tier limits it by the minute.
package struct RateClaim: Sendable {
    /// The most that a call can be counted at, far above any real one: sums of it stay in range.
    private static let tokensMax: Int64 = 1 << 40

    /// What it may come to until the provider has counted.
    package let tokens: Int64
    let member: ID<Member>
    let tier: ID<Tier>
    /// The limits there are, the narrowest first.
    let limits: [(scope: RateScope, limit: RateLimit)]
    private let caller: Caller

    /// `nil` where nothing is limited.
    package init?(_ caller: Caller, tokens: Int64) {
        guard let tier = caller.tier, !tier.rates.isEmpty else { return nil }
        self.tokens = RateClaim.countable(tokens)
        self.caller = caller
        member = caller.member.id
        self.tier = tier.id
        limits = [
            (.key(caller.key.id), tier.rates.key), (.member(caller.member.id), tier.rates.member),
            (.tier(tier.id), tier.rates.tier),
        ].filter { !$0.1.isEmpty }
    }

    static func countable(_ tokens: Int64) -> Int64 { min(max(0, tokens), tokensMax) }

    /// Everything it counts in.
    var scopes: [RateScope] {
        limits.map(\.scope) + (limits.last?.scope == .tier(tier) ? [.share(tier, member)] : [])
    }

    func isShadowed(_ rule: Rule) -> Bool { caller.tier?.shadowed.contains(rule) ?? false }

    /// Whose a scope is, in words.
    func owner(of scope: RateScope) -> String {
        switch scope {
        case .key: "key \(caller.key.name)"
        case .member, .share: "member \(caller.member.name)"
        case .tier: "tier \(caller.tier?.name ?? "")"
        }
    }
}
