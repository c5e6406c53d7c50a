import Metering
import OpenRouterWire
import Purser
import Testing

/// What a tier would have done to calls of the past.
struct ReplayTests {
    private let catalogue = Catalogue([
        row("a/large", prompt: "0.000003", completion: "0.000015"),
        row("a/small", prompt: "0.000001", completion: "0.000002"),
        row("b/free", prompt: "0", completion: "0"),
    ])
    private let noon = Timestamp("2026-11-21T12:00:00Z")!

    private static func row(_ id: String, prompt: String, completion: String) -> ListedModel {
        ListedModel([
            "id": .string(id),
            "pricing": ["prompt": .string(prompt), "completion": .string(completion)],
        ])!
    }

    private func tier(_ models: String..., change: (inout Tier) -> Void = { _ in }) -> Tier {
        var tier = Tier(id: ID(9), name: "t", models: models.compactMap(ModelPattern.init))
        change(&tier)
        return tier
    }

    /// A call of alice's that cost 0.0045: 1,000 tokens in, 100 out, on a/large, held at 1 dollar.
    private func call(
        _ id: Int64 = 1, second: Int64 = 0, lasting: Int64 = 1, member: Int64 = 1,
        cost: String? = "0.0045", completion: Int64 = 100,
        change: (inout Attempt) -> Void = { _ in }
    ) -> RecordedCall {
        var attempt = Attempt(
            id: ID(id), requestID: "r\(id)", at: noon.adding(seconds: second), key: ID(member),
            member: ID(member), team: nil, requestedModel: "a/large", model: "a/large", app: "app",
            isStreamed: false, bound: .dollars(1), day: CivilDate(daysSinceEpoch: 20_778))
        change(&attempt)
        let entry = cost.map {
            Entry(
                attempt: ID(id), at: attempt.at.adding(seconds: lasting), kind: .settled,
                amount: USD($0)!, source: .upstream,
                tokens: TokenCounts(prompt: 1_000, completion: completion))
        }
        return RecordedCall(
            attempt: attempt, member: member == 1 ? "alice" : "bob", team: nil, keyHash: "",
            entries: entry.map { [$0] } ?? [])
    }

    private var roster: Roster {
        let ids: [Int64] = [1, 2]
        return Roster(
            revision: 1, zone: .utc, teams: [], tiers: [],
            members: ids.map { Member(id: ID($0), name: "m\($0)", createdAt: noon) },
            keys: ids.map {
                Key(
                    id: ID($0), digest: KeyDigest(words: (UInt64($0), 0, 0, 0)), name: "k\($0)",
                    label: "", member: ID($0), createdAt: noon)
            }, budgets: [], managementDigests: [])
    }

    private func effects(_ tier: Tier, _ call: RecordedCall) -> [String] {
        var replay = Replay(tier, catalogue: catalogue, roster: roster)
        return replay.take(call).map { "\($0.outcome) \($0.rule.rawValue) \($0.saved)" }
    }

    @Test func `a call that the tier lets through as it was is left alone`() {
        var replay = Replay(tier("a/*"), catalogue: catalogue, roster: roster)
        #expect(replay.take(call()) == [])
        #expect(replay.total == Replay.Tally(calls: 1, cost: USD("0.0045")!))
        #expect(replay.byRule == [:] && replay.examples == [])
        #expect(replay.byMember == ["alice": replay.total])
    }

    @Test func `a model outside the tier is blocked and saves what it cost, to the last digit`() {
        #expect(effects(tier("b/*"), call()) == ["blocked models 0.0045"])
        #expect(
            effects(tier("b/*"), call(cost: "0.000000000001")) == ["blocked models 0.000000000001"])
        #expect(effects(tier { $0.deniedModels = [ModelPattern("a/*")!] }, call()).count == 1)
    }

    @Test func `a downgrade saves what the same tokens cost less, never less than nothing`() {
        let lenient = tier("a/small") { $0.otherwise = .downgrade }
        // 1,000 × 0.000001 + 100 × 0.000002 = 0.0012.
        #expect(effects(lenient, call()) == ["downgraded models 0.0033"])
        #expect(effects(lenient, call(cost: "0.001")) == ["downgraded models 0"])
        #expect(effects(lenient, call(cost: nil)) == ["downgraded models 0"])
        let ran = call { $0.model = "a/small" }
        #expect(effects(lenient, ran) == [])
        #expect(effects(tier("a/large"), ran) == ["changed models 0"])
    }

    @Test func `prices too high, and prices that nobody knows, are the price rule's`() {
        let cheap = tier { $0.completionPriceMax = UnitPrice("0.00001") }
        #expect(effects(cheap, call()) == ["blocked price 0.0045"])
        #expect(effects(cheap, call { $0.requestedModel = "a/small" }) == ["changed models 0.0033"])
    }

    @Test func `an alias is judged by what it stands for now, and blocked where it is none`() {
        let aliased = call { $0.alias = "fast" }
        #expect(effects(tier { $0.aliases = ["fast": "a/large"] }, aliased) == [])
        #expect(
            effects(tier { $0.aliases = ["fast": "a/small"] }, aliased) == ["changed models 0.0033"]
        )
        #expect(effects(tier(), aliased) == ["blocked models 0.0045"])
    }

    @Test func `a model that is gone from the list is counted and not judged`() {
        var replay = Replay(tier("b/*"), catalogue: catalogue, roster: roster)
        #expect(replay.take(call { $0.requestedModel = "gone/model" }) == [])
        #expect(replay.total.unlisted == 1 && replay.total.blocked == 0)
    }

    @Test func `hours and attribution come before models`() {
        let closed = tier("b/*") { $0.hours = OpeningHours("mon-fri 08:00-18:00", zone: .utc) }
        #expect(effects(closed, call()) == ["blocked hours 0.0045"])
        let asking = tier("b/*") { $0.requiresAttribution = true }
        #expect(effects(asking, call { $0.app = "" }) == ["blocked attribution 0.0045"])
        #expect(effects(asking, call()) == ["blocked models 0.0045"])
    }

    @Test(arguments: [
        ("0.99", false, ["blocked request-cost 0.0045"]), ("1", false, []),
        ("0.99", true, ["changed request-cost 0"]),
        ("0.004", true, ["changed request-cost 0.0005"]),
    ])
    func `a call is too dear by what was held for it`(
        max: String, clamps: Bool, expected: [String]
    ) {
        let tier = tier {
            $0.requestCostMax = USD(max)
            $0.clampsOutput = clamps
        }
        #expect(effects(tier, call()) == expected)
    }

    @Test func `an answer that is too long is cut, also behind a downgrade`() {
        // 60 × 0.000015.
        #expect(effects(tier { $0.outputTokensMax = 40 }, call()) == ["changed max-tokens 0.0009"])
        #expect(effects(tier { $0.outputTokensMax = 100 }, call()) == [])
        let both = tier("a/small") {
            $0.otherwise = .downgrade
            $0.outputTokensMax = 40
        }
        #expect(
            effects(both, call()) == ["downgraded models 0.0033", "changed max-tokens 0.00012"])
        var replay = Replay(both, catalogue: catalogue, roster: roster)
        replay.take(call())
        #expect(replay.total.saved == USD("0.00342") && replay.total.downgraded == 1)
        #expect(replay.total.changed == 0 && replay.byRule.count == 2)
        let cheap = call(cost: "0.0001")
        #expect(effects(tier { $0.outputTokensMax = 1 }, cheap) == ["changed max-tokens 0.0001"])
    }

    @Test func `rates count those who were let through, minute by minute`() {
        let twice = tier { $0.rates.member.requestsPerMinute = 2 }
        var replay = Replay(twice, catalogue: catalogue, roster: roster)
        // Alice at 0, 1, 2 and 61.2; bob has his own.
        let calls = [
            call(1), call(2, second: 1), call(3, second: 2), call(4, second: 2, member: 2),
            call(5, second: 62),
        ]
        #expect(
            calls.map { replay.take($0).first?.rule } == [nil, nil, .requestsPerMinute, nil, nil])
        #expect(replay.byMember["alice"]?.blocked == 1 && replay.total.saved == USD("0.0045"))
    }

    @Test func `calls at once are those that had not ended, and what is blocked takes no place`() {
        let one = tier("a/large") { $0.rates.key.parallel = 1 }
        var replay = Replay(one, catalogue: catalogue, roster: roster)
        let calls = [
            call(1, lasting: 10), call(2, second: 5), call(3, second: 10),
            call(4, second: 12) { $0.requestedModel = "b/free" }, call(5, second: 12),
        ]
        #expect(
            calls.map { replay.take($0).first?.rule } == [nil, .parallel, nil, .models, nil])
    }

    @Test func `tokens in a minute, and more of them in one call than in any`() {
        let tier = tier { $0.rates.member.tokensPerMinute = 2_000 }
        var replay = Replay(tier, catalogue: catalogue, roster: roster)
        #expect(replay.take(call(1)) == [])
        #expect(replay.take(call(2, second: 5)).first?.rule == .tokensPerMinute)
        let large = replay.take(call(3, second: 200, completion: 5_000))
        #expect(large.first?.outcome == .blocked && large.first?.rule == .tokensPerMinute)
    }

    @Test func `a rule in shadow touches nothing, and that is said`() {
        let shadowed = tier("b/*") {
            $0.outputTokensMax = 1
            $0.requestCostMax = .zero
            $0.requiresAttribution = true
            $0.hours = OpeningHours("mon 08:00-18:00", zone: .utc)
            $0.rates.member.requestsPerMinute = 1
            $0.shadowed = Set(Rule.allCases)
        }
        var replay = Replay(shadowed, catalogue: catalogue, roster: roster)
        for id in 1...3 { #expect(replay.take(call(Int64(id)) { $0.app = "" }) == []) }
        #expect(
            replay.gaps.map(\.rule) == [
                .hours, .attribution, .models, .maxTokens, .requestCost, .requestsPerMinute,
            ])
        #expect(replay.gaps.allSatisfy { $0.words.hasPrefix("in shadow") })
        #expect(Replay(tier(), catalogue: catalogue, roster: roster).gaps.isEmpty)
    }

    @Test func `each rule has a few examples, however many calls it touches`() {
        var replay = Replay(tier("b/*"), catalogue: catalogue, roster: roster)
        for id in 1...9 { replay.take(call(Int64(id))) }
        #expect(replay.examples.map(\.attempt.rawValue) == [1, 2, 3])
        #expect(replay.byRule[.models]?.calls == 9 && replay.total.saved == USD("0.0405"))
    }
}

/// What is said in the log of rules in shadow.
struct ShadowLogTests {
    @Test func `each rule is told once a day for each member`() {
        func attempt(_ member: Int64, on day: Int, _ rules: Rule...) -> Attempt {
            Attempt(
                id: ID(1), requestID: "", at: Timestamp(milliseconds: 0), key: ID(1),
                member: ID(member), team: nil, requestedModel: "", model: "", app: "",
                isStreamed: false, bound: .zero, day: CivilDate(daysSinceEpoch: day),
                shadowed: rules)
        }
        var log = ShadowLog()
        #expect(log.news(of: attempt(1, on: 1, .models)) == [.models])
        #expect(log.news(of: attempt(1, on: 1, .models, .price)) == [.price])
        #expect(log.news(of: attempt(2, on: 1, .models)) == [.models])
        #expect(log.news(of: attempt(1, on: 1, .models)) == [])
        #expect(log.news(of: attempt(1, on: 2)) == [])
        #expect(log.news(of: attempt(1, on: 2, .models)) == [.models])
    }
}
