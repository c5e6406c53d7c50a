import Purser

/// What it costs the processor that a call takes its place in the rates and gives it up, when keys,
/// members and their tier are limited in calls, in tokens and in calls at once.
///
/// The members come in random order, a thousand a second, so that within a minute all of them are
/// there; what they did before the last minute is forgotten meanwhile.
struct RateBench {
    static let sizes = [10, 1_000, 10_000]
    private static let calls = 100_000
    private static let callsBefore = 100_000
    /// A thousand a second is less than this in a minute, and twice what the short have.
    private static let enough: Int64 = 1_000_000
    private static let short: Int64 = 30_000

    private let claims: [RateClaim]
    private var book = RateBook()
    private var now = Timestamp(milliseconds: 0)
    private var last: Int64 = 0

    /// - Parameter isShort: whether the members want twice as many calls as their tier has.
    init(members: Int, isShort: Bool) {
        func limit(_ requests: Int64) -> RateLimit {
            RateLimit(
                requestsPerMinute: requests, tokensPerMinute: requests * 1_000, parallel: requests)
        }
        var tier = Tier(id: ID(1), name: "t", models: [])
        tier.rates.key = limit(RateBench.enough)
        tier.rates.member = limit(RateBench.enough)
        tier.rates.tier = limit(isShort ? RateBench.short : RateBench.enough)
        let now = now
        let keys = (1...members).map { number in
            Key(
                id: ID(Int64(number)), digest: KeyDigest(words: (UInt64(number), 0, 0, 0)),
                name: "k", label: "l", member: ID(Int64(number)), createdAt: now)
        }
        let roster = Roster(
            revision: 1, zone: .utc, teams: [], tiers: [tier],
            members: (1...members).map { number in
                Member(id: ID(Int64(number)), name: "m\(number)", tier: tier.id, createdAt: now)
            }, keys: keys, budgets: [], managementDigests: [])
        claims = keys.map { key in
            guard case .caller(let caller) = roster.resolve(key.digest, memberName: nil, at: now),
                let claim = RateClaim(caller, tokens: 700)
            else { preconditionFailure("every key has a member, and their tier has limits") }
            return claim
        }
        for _ in 0..<RateBench.callsBefore { call(Int.random(in: claims.indices)) }
    }

    /// Nanoseconds of processor time for one call.
    mutating func round() -> Int {
        let order = (0..<RateBench.calls).map { _ in Int.random(in: claims.indices) }
        let start = processorTime()
        for index in order { call(index) }
        return (processorTime() - start) / RateBench.calls
    }

    private mutating func call(_ index: Int) {
        now.milliseconds += 1
        last += 1
        if case .taken = book.take(claims[index], for: ID(last), at: now) {
            book.finish(ID(last), tokens: 500, at: now)
        }
    }
}
