import Purser
import Storage
import Testing

extension StorageCheck {
    static let tiers: [StorageCheck] = [
        StorageCheck("a tier keeps everything it says") { engine in
            let full = try Self.fullTier("full")
            var other = Tier(id: ID(0), name: "other", models: [])
            other.extras = []
            other.deniedProviders = ["b", "a"]
            other.rates.tier.parallel = 1
            try engine.directory.setTier(full)
            try engine.directory.setTier(other)
            let roster = try engine.directory.roster()
            #expect(Self.withoutID(roster.tier(named: "full")) == full)
            #expect(Self.withoutID(roster.tier(named: "other")) == other)
        },
        StorageCheck("a tier that is replaced keeps nothing of the one before") { engine in
            try engine.directory.setTier(try Self.fullTier("a"))
            let bare = Tier(id: ID(0), name: "a", models: [])
            try engine.directory.setTier(bare)
            #expect(Self.withoutID(try engine.directory.roster().tier(named: "a")) == bare)
        },
        StorageCheck("a tier at the ends of what is valid is kept, and past them refused") {
            engine in
            let ends: [(WritableKeyPath<Tier, UnitPrice?>, Int128, Bool)] = [
                (\.promptPriceMax, 0, true), (\.promptPriceMax, -1, false),
                (\.promptPriceMax, 1_000_000_000_000_000_000, true),
                (\.promptPriceMax, 1_000_000_000_000_000_001, false),
                (\.completionPriceMax, 1_000_000_000_000_000_000, true),
                (\.completionPriceMax, 1_000_000_000_000_000_001, false),
                (\.completionPriceMax, 1 << 100, false),
            ]
            for (path, attodollars, isValid) in ends {
                var tier = Tier(id: ID(0), name: "a", models: [])
                tier[keyPath: path] = UnitPrice(attodollars: attodollars)
                if isValid {
                    try engine.directory.setTier(tier)
                    let kept = try engine.directory.roster().tier(named: "a")
                    #expect(Self.withoutID(kept) == tier)
                } else {
                    expectFailure(.invalid) { try engine.directory.setTier(tier) }
                }
            }
            for spoil in [
                { $0.rates.key.requestsPerMinute = 0 }, { $0.rates.member.tokensPerMinute = -1 },
                { $0.rates.tier.parallel = 0 }, { $0.downgradeTo = "openai/*" },
                { $0.downgradeTo = "" }, { $0.aliases = ["": "a/b"] },
                { $0.aliases = ["fast": "a/*"] }, { $0.providers = [""] },
                { $0.passedFields = [""] },
            ] as [(inout Tier) -> Void] {
                var tier = Tier(id: ID(0), name: "b", models: [])
                spoil(&tier)
                expectFailure(.invalid) { try engine.directory.setTier(tier) }
            }
            #expect(try engine.directory.roster().tier(named: "b") == nil)
        },
        StorageCheck("hours need a zone that this machine knows") { engine in
            var tier = Tier(id: ID(0), name: "a", models: [])
            tier.hours = OpeningHours(
                "sat-mon 22:00-06:00, 12:00-24:00",
                zone: try #require(Engine.zone(named: "Europe/Berlin")))
            try engine.directory.setTier(tier)
            #expect(try engine.directory.roster().tier(named: "a")?.hours == tier.hours)
            // Monday, Wednesday: no run of weekdays, and no text for it.
            tier.hours?.spans = [OpeningHours.Span(weekdays: [0, 2], from: 60, to: 120)]
            expectFailure(.invalid) { try engine.directory.setTier(tier) }
        },
        StorageCheck("a team has a tier until it is taken away") { engine in
            try engine.directory.setTier(Tier(id: ID(0), name: "small", models: []))
            let made = try engine.directory.setTeam("backend", tier: "small")
            let tier = try #require(try engine.directory.roster().tier(named: "small"))
            #expect(made.tier == tier.id)
            #expect(try engine.directory.setTeam("backend", tier: "small") == made)
            #expect(try engine.directory.team(named: "backend") == made)
            #expect(try engine.directory.roster().teams == [made])
            _ = try engine.directory.addMember("alice", team: "backend", tier: nil, at: .noon)
            #expect(try engine.directory.roster().teams == [made])
            expectFailure(.notFound) {
                _ = try engine.directory.setTeam("frontend", tier: "nothing")
            }
            expectFailure(.invalid) { _ = try engine.directory.setTeam("a b", tier: nil) }
            #expect(try engine.directory.setTeam("backend", tier: nil).tier == nil)
            #expect(try engine.directory.roster().teams.map(\.tier) == [nil])
        },
        StorageCheck("a member's team and tier are taken away again") { engine in
            try engine.directory.setTier(Tier(id: ID(0), name: "small", models: []))
            _ = try engine.directory.addMember("alice", team: "a", tier: "small", at: .noon)
            var change = MemberChange()
            change.tier = .set(nil)
            let without = try engine.directory.updateMember("alice", change)
            #expect(without.tier == nil && without.team != nil)
            change.tier = .set("small")
            change.team = .set(nil)
            let alone = try engine.directory.updateMember("alice", change)
            #expect(alone.tier != nil && alone.team == nil)
            #expect(try engine.directory.updateMember("alice", MemberChange()) == alone)
            change.team = .set("two words")
            expectFailure(.invalid) { _ = try engine.directory.updateMember("alice", change) }
            #expect(try engine.directory.roster().members == [alone])
        },
        StorageCheck("a tier goes when nobody has it") { engine in
            let directory = engine.directory
            try directory.setTier(try Self.fullTier("full"))
            _ = try directory.setTeam("backend", tier: "full")
            _ = try directory.addMember("alice", team: nil, tier: "full", at: .noon)
            _ = try directory.addMember("bob", team: nil, tier: nil, at: .noon)
            var key = NewKey.sample(1, member: "bob")
            key.tier = "full"
            _ = try directory.addKey(key, at: .noon)
            let frees: [() throws -> Void] = [
                { _ = try directory.setTeam("backend", tier: nil) },
                { try directory.removeMember("alice", at: .noon) },
                { try directory.revokeKey(.sample(1), at: .noon) },
            ]
            for free in frees {
                expectFailure(.inUse) { try directory.removeTier("full") }
                try free()
            }
            try directory.removeTier("full")
            expectFailure(.notFound) { try directory.removeTier("full") }
            let roster = try directory.roster()
            #expect(roster.tiers.isEmpty && roster.members.count == 2)
            #expect(roster.members.allSatisfy { $0.tier == nil })
            #expect(roster.keys.map(\.tier) == [nil])
        },
    ]

    static let severalChanges: [StorageCheck] = [
        StorageCheck("several changes are made in their order, as one") { engine in
            let directory = engine.directory
            _ = try directory.addMember("alice", team: "old", tier: nil, at: .morning)
            let before = try directory.roster().revision
            var move = MemberChange()
            move.team = .set("new")
            let full = try Self.fullTier("full")
            try directory.apply(
                [
                    .tier(full), .team("new", tier: .set("full")),
                    .newMember("bob", team: "new", tier: "full"), .member("alice", move),
                    .team("new", tier: .unchanged),
                ], under: before, at: .noon)
            let roster = try directory.roster()
            #expect(roster.revision == before + 1)
            let tier = try #require(roster.tier(named: "full"))
            let team = try #require(roster.team(named: "new"))
            #expect(team.tier == tier.id)
            let bob = try #require(roster.member(named: "bob"))
            #expect(bob.team == team.id && bob.tier == tier.id && bob.createdAt == .noon)
            #expect(roster.member(named: "alice")?.team == team.id)
        },
        StorageCheck("one of several changes that fails undoes them all") { engine in
            let directory = engine.directory
            let before = try directory.roster().revision
            let tier = DirectoryChange.tier(Tier(id: ID(0), name: "small", models: []))
            let failures: [(StorageFailure.Code, DirectoryChange)] = [
                (.notFound, .team("a", tier: .set("nothing"))),
                (.notFound, .newMember("bob", team: "a", tier: "nothing")),
                (.notFound, .member("nobody", MemberChange())),
                (.invalid, .newMember("two words", team: nil, tier: nil)),
                (.invalid, .team("two words", tier: .unchanged)),
                (
                    .invalid,
                    .tier(Tier(id: ID(0), name: "a", models: [], outputTokensMax: 0))
                ),
            ]
            for (code, change) in failures {
                expectFailure(code) {
                    try directory.apply([tier, change], under: before, at: .noon)
                }
            }
            let roster = try directory.roster()
            #expect(roster.revision == before)
            #expect(roster.tiers.isEmpty && roster.teams.isEmpty && roster.members.isEmpty)
        },
        StorageCheck("changes decided on a directory that has moved on are not made") { engine in
            let directory = engine.directory
            let before = try directory.roster().revision
            _ = try directory.team(named: "a")
            expectFailure(.stale) {
                try directory.apply([.team("b", tier: .unchanged)], under: before, at: .noon)
            }
            #expect(try directory.roster().teams.map(\.name) == ["a"])
            #expect(try directory.roster().revision == before + 1)
        },
        StorageCheck("no changes are nothing at all") { engine in
            let before = try engine.directory.roster().revision
            try engine.directory.apply([], under: before, at: .noon)
            #expect(try engine.directory.roster().revision == before)
        },
    ]

    static let modelLists: [StorageCheck] = [
        StorageCheck("the newest list of models is kept, and raises no revision") { engine in
            #expect(try engine.models.modelList() == nil)
            let lists: [(String, Timestamp, String)] = [
                ("{\"data\":[]}", .noon, "{\"data\":[]}"), ("older", .morning, "{\"data\":[]}"),
                ("as old", .noon, "as old"), ("é\n", .evening, "é\n"),
            ]
            for (body, instant, kept) in lists {
                try engine.models.keepModelList(body, at: instant)
                #expect(try engine.models.modelList()?.body == kept)
            }
            #expect(try engine.models.modelList()?.fetchedAt == .evening)
            expectFailure(.invalid) { try engine.models.keepModelList("", at: .evening) }
            #expect(try engine.directory.roster().revision == 0)
        }
    ]

    /// One that says everything there is to say.
    private static func fullTier(_ name: String) throws -> Tier {
        var tier = Tier(
            id: ID(0), name: name,
            models: ["openai/gpt-4o", "anthropic/*"].compactMap(
                ModelPattern.init), otherwise: .downgrade, outputTokensMax: 7,
            requestCostMax: .pico(8), clampsOutput: true, ceilings: [.image: .pico(9)])
        tier.deniedModels = ["z/b", "z/a*"].compactMap(ModelPattern.init)
        tier.downgradeTo = "openai/gpt-4o-mini"
        tier.aliases = ["slow": "openai/o1", "fast": "openai/gpt-4o-mini"]
        tier.effortMax = .xhigh
        tier.promptPriceMax = UnitPrice(attodollars: 10)
        tier.completionPriceMax = UnitPrice(attodollars: 11)
        tier.extras = Set(Extra.allCases)
        tier.rates.key = RateLimit(requestsPerMinute: 1, tokensPerMinute: 2, parallel: 3)
        tier.rates.member = RateLimit(requestsPerMinute: .max)
        tier.rates.tier = RateLimit(tokensPerMinute: 5, parallel: 6)
        tier.providers = ["openai", "azure"]
        tier.deniedProviders = ["x", "deepinfra/turbo"]
        tier.requiresZeroRetention = true
        tier.hours = OpeningHours("mon-fri 08:00-18:00", zone: .utc)
        tier.requiresAttribution = true
        tier.passedFields = ["b", "a"]
        tier.shadowed = Set(Rule.allCases)
        let zone = try #require(Engine.zone(named: "Europe/Berlin"))
        tier.hours?.zone = zone
        return tier
    }

    /// The store gives the id.
    private static func withoutID(_ tier: Tier?) -> Tier? {
        tier.map { tier in
            var tier = tier
            tier.id = ID(0)
            return tier
        }
    }
}
