import Metering
import OpenRouterWire
import Purser
import Testing

/// The decision path of one call, on books of one budget.
struct ExplanationTests {
    private let catalogue = Catalogue([
        ListedModel([
            "id": "a/small", "top_provider": ["max_completion_tokens": 8_000],
            "pricing": ["prompt": "0", "completion": "0.001"],
        ])!
    ])
    private let day = CivilDate(year: 2026, month: 11, day: 21)!
    private let noon = Timestamp("2026-11-21T12:00:00Z")!

    private func attempt(_ id: Int64, bound: USD, day: CivilDate) -> Attempt {
        Attempt(
            id: ID(id), requestID: "r\(id)", at: noon, key: ID(1), member: ID(1), team: ID(1),
            requestedModel: "a/small", model: "a/small", app: "", isStreamed: false, bound: bound,
            day: day)
    }

    /// Alice of a team with that tier, who may spend a dollar a day; the call is for a tenth.
    private func explain(
        _ book: Book,
        body: String = #"{"model":"a/small","max_tokens":100,"messages":[{"content":"hi"}]}"#,
        tokens: Int64 = 200, change: (inout Key, inout Member) -> Void = { _, _ in }
    ) -> Explanation {
        var member = Member(id: ID(1), name: "alice", team: ID(1), createdAt: noon)
        var key = Key(
            id: ID(1), digest: KeyDigest(bytes: [UInt8](repeating: 1, count: 32))!, name: "k",
            label: "l", member: ID(1), createdAt: noon)
        change(&key, &member)
        var tier = Tier(id: ID(1), name: "t", models: [])
        tier.rates.member = RateLimit(requestsPerMinute: 9, tokensPerMinute: tokens)
        let roster = Roster(
            revision: 1, zone: .utc, teams: [Team(id: ID(1), name: "blue", tier: ID(1))],
            tiers: [tier, Tier(id: ID(2), name: "own", models: [])],
            members: [member], keys: [key],
            budgets: [Budget(scope: .member(ID(1)), period: .daily, limit: .dollars(1))],
            managementDigests: [])
        return Explanation(
            Explanation.Question(
                body: Array(body.utf8),
                identity: Identity(digest: key.digest, memberName: nil, app: ""), at: noon,
                roster: roster, catalogue: catalogue, book: book))
    }

    private func book(spent: String, held: String? = nil) -> Book {
        var book = Book(from: day)
        book.load(
            USD(spent)!, scope: .member(ID(1)), period: .daily,
            window: Period.daily.window(holding: day))
        if let held { book.restore(attempt(7, bound: USD(held)!, day: day)) }
        return book
    }

    @Test(
        arguments: [
            ("0", nil, nil, true), ("0.9", nil, nil, true), ("0.9", "0", nil, true),
            ("0.901", nil, "budget_exceeded", false),
            ("0.5", "0.401", "in_flight_budget_exhausted", false), ("0.5", "0.4", nil, true),
        ] as [(String, String?, String?, Bool)])
    func `what is spent and what is held stand in the way, each for its own reason`(
        spent: String, held: String?, reason: String?, fits: Bool
    ) throws {
        let explanation = explain(book(spent: spent, held: held))
        #expect(explanation.refusal?.code == reason)
        #expect(explanation.outcome == (reason == nil ? .pass : .refuse))
        let standing = try #require(explanation.standings.first)
        #expect(standing.fits == fits)
        #expect(standing.slot.spent == USD(spent) && standing.slot.held == USD(held ?? "0"))
        #expect(explanation.bound == USD("0.1"))
    }

    @Test func `the way is told in the gateway's order, and rates are told and not judged`() {
        let steps = explain(book(spent: "0")).steps
        #expect(steps.map(\.subject) == ["caller", "tier", "model", "bound", "rate", "budget"])
        #expect(steps[4].outcome == .noted)
        #expect(steps[1].words == "t, which team blue has")
        #expect(steps[0].words == "alice of team blue, with key k")
    }

    @Test func `more tokens than a whole minute has are refused at any time`() {
        // 53 bytes are 14 tokens, and the answer may have 100.
        let large = explain(book(spent: "0"), tokens: 110)
        #expect(explain(book(spent: "0"), tokens: 120).outcome == .pass)
        #expect(large.refusal?.code == "request_over_rate" && large.plan != nil)
        #expect(large.steps.last { $0.subject == "tokens-per-minute" }?.outcome == .refused)
    }

    @Test func `a field that nobody knows is left out, and that is said`() {
        let body = #"{"model":"a/small","max_tokens":9,"x_y":1,"messages":[{"content":"hi"}]}"#
        let explanation = explain(book(spent: "0"), body: body)
        #expect(explanation.outcome == .change)
        #expect(
            explanation.steps.first { $0.subject == "fields" }?.words.hasSuffix(": x_y") == true)
    }

    @Test func `the narrowest tier is named with whom it was given to`() {
        let own = explain(book(spent: "0")) { _, member in member.tier = ID(2) }
        #expect(own.tierGiver == .member(ID(1)) && own.caller?.tier?.name == "own")
        let key = explain(book(spent: "0")) { key, member in
            (key.tier, member.tier) = (ID(1), ID(2))
        }
        #expect(key.tierGiver == .key(ID(1)) && key.caller?.tier?.name == "t")
        let none = explain(book(spent: "0")) { _, member in member.team = nil }
        #expect(none.tierGiver == nil && none.caller?.tier == nil)
    }

    @Test func `the key comes before the body, and the body before the rules`() {
        let disabled = explain(book(spent: "0"), body: "{") { key, _ in key.isDisabled = true }
        #expect(disabled.refusal == .keyDisabled && disabled.steps.map(\.subject) == ["caller"])
        let malformed = explain(book(spent: "0"), body: "{")
        #expect(malformed.refusal?.code == "malformed_request")
        #expect(malformed.steps.last?.subject == "request" && malformed.standings.isEmpty)
    }

    @Test func `a call in flight of the day before holds in the windows that are left`() {
        var book = book(spent: "0")
        book.restore(attempt(7, bound: .dollars(1), day: day.adding(days: -1)))
        #expect(book.balance(.member(ID(1)), .daily, at: Windows(holding: day)).held == .zero)
        #expect(book.balance(.member(ID(1)), .total, at: Windows(holding: day)).held == .dollars(1))
        #expect(explain(book).outcome == .pass)
    }
}
