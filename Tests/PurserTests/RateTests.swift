import TestSupport
import Testing

@testable import Purser

/// What a minute may hold: each limit by itself.
struct RateTests {
    private let town = RateDesk()

    private func instant(_ seconds: Int64, _ milliseconds: Int64 = 0) -> Timestamp {
        Timestamp(milliseconds: seconds * 1_000 + milliseconds)
    }

    private func times(
        _ count: Int, _ caller: Caller, at now: Timestamp, tokens: Int64 = 0
    ) -> Int {
        (0..<count).count { _ in town.ask(caller, tokens: tokens, at: now).isTaken }
    }

    @Test func `who has no limit is neither refused nor remembered`() {
        town.tier.rates = RateLimits()
        #expect(RateClaim(town.caller(1), tokens: 10) == nil)
    }

    @Test func `the call after the last is refused, and allowed a minute after the first`() {
        town.tier.rates.member.requestsPerMinute = 3
        let alice = town.caller(1)
        #expect(times(2, alice, at: instant(100)) == 2)
        #expect(times(2, alice, at: instant(110)) == 1)
        let refused = town.ask(alice, at: instant(110))
        #expect(
            refused.shortfall
                == RateShortfall(
                    rule: .requestsPerMinute, owner: "member member-1", limit: 3, used: 3,
                    wanted: 1, retryAfterSeconds: 51))
        #expect(times(1, alice, at: instant(160, 99)) == 0)
        #expect(times(3, alice, at: instant(160, 100)) == 2)
    }

    @Test func `a limit of one key is not one of its member's others`() {
        town.tier.rates.key.requestsPerMinute = 1
        #expect(times(2, town.caller(1, key: 1), at: instant(5)) == 1)
        #expect(times(2, town.caller(1, key: 2), at: instant(5)) == 1)
        town.tier.rates.member.requestsPerMinute = 3
        #expect(times(1, town.caller(1, key: 3), at: instant(6)) == 1)
    }

    @Test func `a limit of a member holds over all keys`() {
        town.tier.rates.member.requestsPerMinute = 2
        let taken = (1...5).count { key in
            town.ask(town.caller(1, key: key), at: instant(5)).isTaken
        }
        #expect(taken == 2)
        #expect(times(1, town.caller(2, key: 9), at: instant(5)) == 1)
    }

    @Test func `a call that one limit refuses takes nothing from another`() {
        town.tier.rates.key.requestsPerMinute = 5
        town.tier.rates.member.parallel = 1
        let alice = town.caller(1)
        let first = town.ask(alice, at: instant(1))
        for _ in 0..<20 { #expect(town.ask(alice, at: instant(1)).shortfall?.rule == .parallel) }
        town.finish(first.attempt, tokens: 0, at: instant(2))
        for _ in 0..<4 {
            let call = town.ask(alice, at: instant(2))
            #expect(call.isTaken)
            town.finish(call.attempt, tokens: 0, at: instant(2))
        }
        #expect(town.ask(alice, at: instant(2)).shortfall?.rule == .requestsPerMinute)
    }

    @Test func `what was given back is free at once, and only once`() {
        town.tier.rates.member = RateLimit(
            requestsPerMinute: 1, tokensPerMinute: 100, parallel: 1)
        let alice = town.caller(1)
        let first = town.ask(alice, tokens: 100, at: instant(1))
        #expect(!town.ask(alice, tokens: 1, at: instant(1)).isTaken)
        town.giveBack(first.attempt, at: instant(1))
        town.giveBack(first.attempt, at: instant(1))
        town.finish(first.attempt, tokens: 100, at: instant(1))
        #expect(times(2, alice, at: instant(1), tokens: 100) == 1)
        #expect(town.book.inFlightCount == 1)
    }

    @Test func `what was given back a minute later gives nothing more`() {
        town.tier.rates.member.requestsPerMinute = 1
        let alice = town.caller(1)
        let first = town.ask(alice, at: instant(1))
        let second = town.ask(alice, at: instant(70))
        #expect(second.isTaken)
        town.giveBack(first.attempt, at: instant(71))
        #expect(times(1, alice, at: instant(71)) == 0)
    }

    @Test func `the provider's count takes the place of the estimate`() {
        town.tier.rates.member.tokensPerMinute = 1_000
        let alice = town.caller(1)
        let first = town.ask(alice, tokens: 900, at: instant(1))
        #expect(town.ask(alice, tokens: 200, at: instant(2)).shortfall?.used == 900)
        town.finish(first.attempt, tokens: 300, at: instant(3))
        let second = town.ask(alice, tokens: 700, at: instant(3))
        #expect(second.isTaken)
        // Nobody said how many there were: they stay as many as there may have been.
        town.finish(second.attempt, tokens: nil, at: instant(4))
        #expect(times(1, alice, at: instant(5), tokens: 1) == 0)
    }

    @Test func `more tokens than were expected keep the next call out`() {
        town.tier.rates.member.tokensPerMinute = 1_000
        let alice = town.caller(1)
        let first = town.ask(alice, tokens: 10, at: instant(1))
        town.finish(first.attempt, tokens: 5_000, at: instant(2))
        let refused = town.ask(alice, tokens: 1, at: instant(3))
        #expect(refused.shortfall?.used == 5_000)
        #expect(refused.shortfall?.retryAfterSeconds == 60)
    }

    @Test func `the tokens of a long call count until a minute after its end`() {
        town.tier.rates.member.tokensPerMinute = 1_000
        let alice = town.caller(1)
        let first = town.ask(alice, tokens: 1_000, at: instant(0))
        #expect(town.ask(alice, tokens: 1, at: instant(300)).shortfall?.retryAfterSeconds == 2)
        town.finish(first.attempt, tokens: 1_000, at: instant(301))
        #expect(town.ask(alice, tokens: 1, at: instant(301)).shortfall?.retryAfterSeconds == 60)
        #expect(times(1, alice, at: instant(361), tokens: 1) == 0)
        #expect(times(1, alice, at: instant(361, 100), tokens: 1) == 1)
    }

    @Test func `a call of more tokens than a minute has is never allowed`() {
        town.tier.rates.key.tokensPerMinute = 500
        town.tier.rates.tier.tokensPerMinute = 400
        let call = town.ask(town.caller(1), tokens: 401, at: instant(1))
        #expect(
            call.verdict
                == .never(
                    RateShortfall(
                        rule: .tokensPerMinute, owner: "tier t", limit: 400, used: 0, wanted: 401,
                        retryAfterSeconds: 60)))
        #expect(times(1, town.caller(1), at: instant(1), tokens: 400) == 1)
    }

    @Test func `no number of tokens is too large to be counted`() {
        town.tier.rates.key = RateLimit(requestsPerMinute: 3, tokensPerMinute: .max)
        let alice = town.caller(1)
        let first = town.ask(alice, tokens: .max, at: instant(1))
        town.finish(first.attempt, tokens: .max, at: instant(1))
        town.finish(
            town.ask(alice, tokens: .max, at: instant(1)).attempt, tokens: nil, at: instant(1))
        #expect(times(2, alice, at: instant(1), tokens: .max) == 1)
    }

    @Test func `of several limits the one with the longest wait is named`() {
        town.tier.rates.member = RateLimit(requestsPerMinute: 1, parallel: 1)
        town.tier.rates.key.tokensPerMinute = 10
        #expect(times(1, town.caller(1), at: instant(1), tokens: 10) == 1)
        let refused = town.ask(town.caller(1), tokens: 10, at: instant(1))
        #expect(refused.shortfall?.rule == .requestsPerMinute)
        #expect(refused.shortfall?.retryAfterSeconds == 60)
    }

    @Test func `a limit in shadow says what it would have said, and refuses nothing`() {
        town.tier.rates.member = RateLimit(requestsPerMinute: 1, tokensPerMinute: 5, parallel: 3)
        town.tier.shadowed = [.requestsPerMinute, .tokensPerMinute]
        let alice = town.caller(1)
        #expect(town.ask(alice, tokens: 3, at: instant(1)).verdict == .taken(shadowed: []))
        let second = town.ask(alice, tokens: 9, at: instant(1))
        guard case .taken(let shadowed) = second.verdict else {
            Issue.record("a limit in shadow refused a call")
            return
        }
        #expect(shadowed.map(\.rule) == [.requestsPerMinute, .tokensPerMinute])
        #expect(times(2, alice, at: instant(1)) == 1)
        #expect(town.standings(for: alice, at: instant(1)).requests == nil)
    }

    @Test func `whoever is quiet for a minute is forgotten, but not their calls`() {
        town.tier.rates.key.parallel = 1
        town.tier.rates.tier.requestsPerMinute = 10_000
        for member in Int64(1)...100 {
            let call = town.ask(town.caller(member), at: instant(1_000 + member))
            #expect(call.isTaken)
            if member != 50 { town.finish(call.attempt, tokens: 0, at: instant(1_101)) }
        }
        // A key and a share for each, and the tier.
        #expect(town.book.scopeCount == 201)
        _ = town.ask(town.caller(101), at: instant(1_161))
        #expect(town.book.scopeCount == 203)
        _ = town.ask(town.caller(101), at: instant(1_162))
        #expect(town.book.scopeCount == 5)
        #expect(!town.ask(town.caller(50), at: instant(9_000)).isTaken)
        #expect(town.book.inFlightCount == 2)
    }

    @Test func `clocks that are read in another order than they arrive do no harm`() {
        town.tier.rates.member.requestsPerMinute = 2
        #expect(times(1, town.caller(1), at: instant(100)) == 1)
        #expect(times(2, town.caller(1), at: instant(99, 900)) == 1)
        #expect(times(1, town.caller(1), at: instant(160)) == 0)
        #expect(times(3, town.caller(1), at: instant(160, 100)) == 2)
    }

    @Test func `a caller is told how the tightest limit stands`() {
        town.tier.rates.key = RateLimit(requestsPerMinute: 10, tokensPerMinute: 700)
        town.tier.rates.member = RateLimit(requestsPerMinute: 4)
        let alice = town.caller(1)
        let fresh = town.standings(for: alice, at: instant(1))
        #expect(fresh.requests == RateBook.Standing(limit: 4, remaining: 4, resetSeconds: 0))
        #expect(fresh.tokens == RateBook.Standing(limit: 700, remaining: 700, resetSeconds: 0))
        let call = town.ask(alice, tokens: 300, at: instant(1))
        town.finish(call.attempt, tokens: 250, at: instant(21))
        let used = town.standings(for: alice, at: instant(31))
        #expect(used.requests == RateBook.Standing(limit: 4, remaining: 3, resetSeconds: 31))
        #expect(used.tokens == RateBook.Standing(limit: 700, remaining: 450, resetSeconds: 51))
    }
}

/// A town to refer to, so that what changes it can stand in an expectation.
private final class RateDesk {
    private var town = RateTown()

    var tier: Tier {
        get { town.tier }
        set { town.tier = newValue }
    }

    var book: RateBook { town.book }

    func caller(_ member: Int64, key: Int64? = nil) -> Caller { town.caller(member, key: key) }

    func ask(_ caller: Caller, tokens: Int64 = 0, at instant: Timestamp) -> RateTown.Call {
        town.ask(caller, tokens: tokens, at: instant)
    }

    func finish(_ attempt: ID<Attempt>, tokens: Int64?, at instant: Timestamp) {
        town.book.finish(attempt, tokens: tokens, at: instant)
    }

    func giveBack(_ attempt: ID<Attempt>, at instant: Timestamp) {
        town.book.giveBack(attempt, at: instant)
    }

    func standings(
        for caller: Caller, at instant: Timestamp
    ) -> (requests: RateBook.Standing?, tokens: RateBook.Standing?) {
        RateClaim(caller, tokens: 0).map { town.book.standings(for: $0, at: instant) }
            ?? (nil, nil)
    }
}

/// A tier, its members, and their rates.
struct RateTown {
    struct Call {
        var attempt: ID<Attempt>
        var verdict: RateBook.Verdict

        var isTaken: Bool { if case .taken = verdict { true } else { false } }

        var shortfall: RateShortfall? {
            if case .short(let shortfall) = verdict { shortfall } else { nil }
        }
    }

    var tier = Tier(id: ID(7), name: "t", models: [])
    var book = RateBook()
    private var lastAttempt: Int64 = 0

    func caller(_ member: Int64, key: Int64? = nil) -> Caller {
        let then = Timestamp(milliseconds: 0)
        let key = key ?? member
        return Caller(
            key: Key(
                id: ID(key), digest: KeyDigest(words: (0, 0, 0, UInt64(key))), name: "key-\(key)",
                label: "", member: ID(member), createdAt: then),
            member: Member(id: ID(member), name: "member-\(member)", createdAt: then), team: nil,
            tier: tier, scopes: [], budgets: [], softLimits: [])
    }

    mutating func ask(_ caller: Caller, tokens: Int64 = 0, at instant: Timestamp) -> Call {
        lastAttempt += 1
        guard let claim = RateClaim(caller, tokens: tokens) else {
            preconditionFailure("the test's tier has no limit")
        }
        return Call(
            attempt: ID(lastAttempt),
            verdict: book.take(claim, for: ID(lastAttempt), at: instant))
    }
}
