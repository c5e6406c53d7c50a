import Purser
import Testing

struct PolicyTests {
    @Test(arguments: [
        ("openai/gpt-4o", "openai/gpt-4o", true), ("openai/gpt-4o", "openai/gpt-4o-mini", false),
        ("anthropic/*", "anthropic/claude-sonnet-4.6", true),
        ("anthropic/*", "openai/gpt-4o", false),
        ("*", "anything/at-all:free", true), ("OpenAI/gpt-4o", "openai/gpt-4o", true),
    ])
    func `a pattern is a name, or a beginning and a star`(
        pattern: String, model: String, matches: Bool
    ) throws {
        #expect(try #require(ModelPattern(pattern)).matches(model) == matches)
    }

    @Test(arguments: ["", "a*b", "**", "openai/ gpt"])
    func `what is no pattern is not read as one`(text: String) {
        #expect(ModelPattern(text) == nil)
    }

    @Test func `a downgrade goes to the last model named outright`() {
        let tier = Tier(
            id: ID(1), name: "basic",
            models: ["anthropic/*", "openai/gpt-4o", "openai/gpt-4o-mini"].compactMap(
                ModelPattern.init))
        #expect(tier.downgradeModel == "openai/gpt-4o-mini")
        let stars = Tier(id: ID(2), name: "all", models: ["*"].compactMap(ModelPattern.init))
        #expect(stars.downgradeModel == nil)
    }

    private func roster(isShared: Bool = false, change: (inout Key) -> Void = { _ in }) -> Roster {
        let now = Timestamp(milliseconds: 0)
        var key = Key(
            id: ID(1), digest: digest(1), name: "k", label: "sk-…", member: ID(1),
            isShared: isShared, createdAt: now)
        change(&key)
        return Roster(
            revision: 1, zone: .utc, teams: [Team(id: ID(1), name: "core")], tiers: [],
            members: [
                Member(id: ID(1), name: "alice", team: ID(1), createdAt: now),
                Member(id: ID(2), name: "gone", createdAt: now, removedAt: now),
            ],
            keys: [key],
            budgets: [Budget(scope: .member(ID(1)), period: .daily, limit: .dollars(1))],
            managementDigests: [digest(9)])
    }

    private func digest(_ byte: UInt8) -> KeyDigest {
        KeyDigest(bytes: Array(repeating: byte, count: 32))!
    }

    private func refusal(_ roster: Roster, _ byte: UInt8 = 1, as name: String? = nil) -> Refusal? {
        let now = Timestamp(milliseconds: 1_000)
        guard case .refused(let refusal) = roster.resolve(digest(byte), memberName: name, at: now)
        else { return nil }
        return refusal
    }

    @Test func `a key must be known, in force and not expired`() {
        #expect(refusal(roster()) == nil)
        #expect(refusal(roster(), 2) == .keyUnknown)
        #expect(refusal(roster { $0.isDisabled = true }) == .keyDisabled)
        #expect(refusal(roster { $0.revokedAt = Timestamp(milliseconds: 1) }) == .keyRevoked)
        let end = Timestamp(milliseconds: 1_000)
        #expect(refusal(roster { $0.expiresAt = end }) == .keyExpired(at: end))
        #expect(refusal(roster { $0.expiresAt = Timestamp(milliseconds: 1_001) }) == nil)
    }

    @Test func `a shared key asks who is calling, and counts in their budget`() {
        #expect(refusal(roster(isShared: true)) == .sharedKeyNeedsMember)
        #expect(refusal(roster(isShared: true), as: "gone") == .memberRemoved("gone"))
        let now = Timestamp(milliseconds: 0)
        guard
            case .caller(let caller) = roster(isShared: true)
                .resolve(digest(1), memberName: "alice", at: now)
        else {
            Issue.record("alice may call")
            return
        }
        #expect(caller.budgets.map(\.scope) == [.member(ID(1))])
        #expect(caller.scopes == [.organisation, .team(ID(1)), .member(ID(1)), .key(ID(1))])
        guard
            case .newcomer("dora", _) = roster(isShared: true)
                .resolve(digest(1), memberName: "dora", at: now)
        else {
            Issue.record("dora is new")
            return
        }
    }

    @Test func `a management key is known for what it is`() {
        guard
            case .management = roster().resolve(
                digest(9), memberName: nil, at: .init(milliseconds: 0))
        else {
            Issue.record("a management key")
            return
        }
    }

    @Test func `a permanent refusal is never a 5xx`() {
        let permanent: [Refusal] = [
            .keyMissing, .keyUnknown, .managementOnly, .modelUnknown("x"), .malformed("x"),
            .priceUnknown("x"), .extraNotAllowed("x", ceiling: .image),
        ]
        #expect(permanent.allSatisfy { $0.status < 500 })
    }

    @Test(
        arguments: [
            ("key", "member", "team", "key"), (nil, "member", "team", "member"),
            (nil, nil, "team", "team"), (nil, nil, nil, nil),
        ] as [(String?, String?, String?, String?)])
    func `the narrowest tier wins`(
        key: String?, member: String?, team: String?, expected: String?
    ) {
        let now = Timestamp(milliseconds: 0)
        let names = ["key", "member", "team"]
        func id(_ name: String?) -> ID<Tier>? {
            name.flatMap { names.firstIndex(of: $0) }.map { ID(Int64($0)) }
        }
        let roster = Roster(
            revision: 1, zone: .utc, teams: [Team(id: ID(1), name: "core", tier: id(team))],
            tiers: names.map { Tier(id: id($0) ?? ID(9), name: $0, models: []) },
            members: [
                Member(
                    id: ID(1), name: "alice", team: ID(1), tier: id(member), createdAt: now)
            ],
            keys: [
                Key(
                    id: ID(1), digest: digest(1), name: "k", label: "l", member: ID(1),
                    tier: id(key), createdAt: now)
            ], budgets: [], managementDigests: [])
        guard case .caller(let caller) = roster.resolve(digest(1), memberName: nil, at: now) else {
            return #expect(Bool(false), "alice may call")
        }
        #expect(caller.tier?.name == expected)
    }
}
