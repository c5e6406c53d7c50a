import Purser
import Storage
import Testing

extension StorageCheck {
    static let directory: [StorageCheck] = [
        StorageCheck("a new database has nobody in it") { engine in
            let roster = try engine.directory.roster()
            #expect(roster.revision == 0)
            #expect(roster.zone == .utc)
            #expect(roster.teams.isEmpty && roster.tiers.isEmpty && roster.members.isEmpty)
            #expect(roster.keys.isEmpty && roster.budgets.isEmpty)
            #expect(roster.managementDigests.isEmpty)
        },
        StorageCheck("every change raises the revision by one") { engine in
            let directory = engine.directory
            let changes: [() throws -> Void] = [
                { try directory.addManagementKey(.sample(9), at: .morning) },
                { try directory.setTimeZone("Europe/Berlin") },
                { try directory.setTier(Tier(id: ID(0), name: "small", models: [])) },
                { _ = try directory.addMember("alice", team: "a", tier: nil, at: .morning) },
                { _ = try directory.updateMember("alice", team: "b", tier: nil) },
                { _ = try directory.setTeam("b", tier: "small") },
                { _ = try directory.setTeam("b", tier: nil) },
                { try directory.removeTier("small") },
                {
                    try directory.apply(
                        [
                            .team("c", tier: .unchanged),
                            .newMember("carol", team: "c", tier: nil),
                        ], under: 8, at: .noon)
                },
                { _ = try directory.addKey(.sample(1, member: "alice"), at: .morning) },
                { _ = try directory.updateKey(.sample(1), KeyChange(), at: .noon) },
                {
                    _ = try directory.rotateKey(
                        .sample(1), to: .sample(2), label: "new", at: .noon)
                },
                { try directory.revokeKey(.sample(2), at: .noon) },
                { try directory.setBudget(.organisation, .daily, limit: .dollars(1)) },
                {
                    try directory.raiseBudget(
                        .organisation, .daily,
                        to: Budget.Raise(limit: .dollars(2), lastDay: .saturday))
                },
                { try directory.raiseBudget(.organisation, .daily, to: nil) },
                { try directory.setSoftLimit(.organisation, .daily, amount: .pico(1)) },
                { _ = try directory.team(named: "c") },
                { try directory.removeMember("alice", at: .noon) },
            ]
            for (count, change) in changes.enumerated() {
                try change()
                #expect(try directory.roster().revision == Int64(count + 1))
            }
        },
        StorageCheck("a change that fails changes nothing, not even the revision") { engine in
            let office = try Office(engine)
            let before = try engine.directory.roster()
            expectFailure(.notFound) {
                _ = try engine.directory.addMember(
                    "carol", team: "new-team", tier: "no-such-tier", at: .noon)
            }
            expectFailure(.alreadyExists) {
                _ = try engine.directory.addMember("alice", team: "other", tier: nil, at: .noon)
            }
            let after = try engine.directory.roster()
            #expect(after.revision == office.revision)
            #expect(after.teams == before.teams)
            #expect(after.members == before.members)
        },
        StorageCheck("every management key stays valid, and adding one again is harmless") {
            engine in
            try engine.directory.addManagementKey(.sample(1), at: .morning)
            try engine.directory.addManagementKey(.sample(2), at: .morning)
            try engine.directory.addManagementKey(.sample(1), at: .noon)
            #expect(try engine.directory.roster().managementDigests == [.sample(1), .sample(2)])
        },
        StorageCheck("the time zone is set by name, and an unknown one is refused") { engine in
            try engine.directory.setTimeZone("Europe/Berlin")
            expectFailure(.invalid) { try engine.directory.setTimeZone("Europe/Atlantis") }
            #expect(try engine.directory.roster().zone == Engine.zone(named: "Europe/Berlin"))
        },
        StorageCheck("a team is made once") { engine in
            let first = try engine.directory.team(named: "backend")
            let second = try engine.directory.team(named: "backend")
            #expect(first == second)
            #expect(try engine.directory.roster().teams == [first])
        },
        StorageCheck("a tier is replaced as a whole, and stays the same tier") { engine in
            let models = ["openai/gpt-4o", "anthropic/*", "*"].compactMap(ModelPattern.init)
            try engine.directory.setTier(
                Tier(
                    id: ID(77), name: "big", models: models, otherwise: .downgrade,
                    outputTokensMax: 1, requestCostMax: .zero))
            let first = try #require(try engine.directory.roster().tier(named: "big"))
            #expect(first.models == models)
            #expect(first.otherwise == .downgrade)
            #expect(first.outputTokensMax == 1)
            #expect(first.requestCostMax == .zero)

            try engine.directory.setTier(
                Tier(id: ID(78), name: "big", models: Array(models.reversed().prefix(2))))
            let second = try #require(try engine.directory.roster().tier(named: "big"))
            #expect(second.id == first.id)
            #expect(second.models.map(\.text) == ["*", "anthropic/*"])
            #expect(second.otherwise == .deny)
            #expect(second.outputTokensMax == nil && second.requestCostMax == nil)
        },
        StorageCheck("a tier keeps whether it clamps, and a ceiling for each extra") { engine in
            let ceilings = Dictionary(
                uniqueKeysWithValues: Extra.allCases.enumerated().map { index, extra in
                    (extra, index == 0 ? .zero : USD.pico(1 << Int64(index)))
                })
            try engine.directory.setTier(
                Tier(
                    id: ID(0), name: "big", models: [], clampsOutput: true, ceilings: ceilings))
            let first = try #require(try engine.directory.roster().tier(named: "big"))
            #expect(first.clampsOutput && first.ceilings == ceilings)

            try engine.directory.setTier(
                Tier(
                    id: ID(0), name: "big", models: [],
                    ceilings: [.image: .pico(5), .file: USD.dollars(100_000)]))
            try engine.directory.setTier(
                Tier(id: ID(0), name: "small", models: [], ceilings: [.image: .pico(6)]))
            let roster = try engine.directory.roster()
            let second = try #require(roster.tier(named: "big"))
            #expect(!second.clampsOutput)
            #expect(second.ceilings == [.image: .pico(5), .file: USD.dollars(100_000)])
            #expect(roster.tier(named: "small")?.ceilings == [.image: .pico(6)])
        },
        StorageCheck("a tier of nonsense is refused") { engine in
            for ceiling in [USD.pico(-1), USD.dollars(100_000) + .pico(1)] {
                expectFailure(.invalid) {
                    try engine.directory.setTier(
                        Tier(id: ID(0), name: "a", models: [], ceilings: [.image: ceiling]))
                }
            }
            expectFailure(.invalid) {
                try engine.directory.setTier(
                    Tier(id: ID(0), name: "a", models: [], outputTokensMax: 0))
            }
            expectFailure(.invalid) {
                try engine.directory.setTier(
                    Tier(id: ID(0), name: "a", models: [], requestCostMax: .pico(-1)))
            }
            expectFailure(.invalid) {
                try engine.directory.setTier(Tier(id: ID(0), name: "two words", models: []))
            }
            let roster = try engine.directory.roster()
            #expect(roster.tiers.isEmpty)
        },
    ]

    static let members: [StorageCheck] = [
        StorageCheck("a member is in the roster with team and tier") { engine in
            try engine.directory.setTier(Tier(id: ID(0), name: "small", models: []))
            let alice = try engine.directory.addMember(
                "alice", team: "backend", tier: "small", at: .morning)
            let roster = try engine.directory.roster()
            #expect(roster.members == [alice])
            #expect(alice.createdAt == .morning && alice.removedAt == nil)
            #expect(roster.team(named: "backend")?.id == alice.team)
            #expect(roster.tier(named: "small")?.id == alice.tier)
        },
        StorageCheck("names are kept as they are, and those that need quoting are refused") {
            engine in
            let longest = String(repeating: "x", count: Name.lengthMax)
            for name in ["a", longest, "Alice.B-c_d+e@example.org", "-", "7"] {
                let member = try engine.directory.addMember(
                    name, team: name, tier: nil, at: .morning)
                #expect(member.name == name)
            }
            for name in ["", longest + "x", "two words", "a'b", "é", "a\nb", "[a]", "a^b", "*"] {
                expectFailure(.invalid) {
                    _ = try engine.directory.addMember(name, team: nil, tier: nil, at: .morning)
                }
                expectFailure(.invalid) {
                    _ = try engine.directory.addMember("ok", team: name, tier: nil, at: .morning)
                }
                expectFailure(.invalid) { _ = try engine.directory.team(named: name) }
            }
            #expect(try engine.directory.roster().members.count == 5)
        },
        StorageCheck("an update changes what is given and leaves the rest") { engine in
            try engine.directory.setTier(Tier(id: ID(0), name: "small", models: []))
            let alice = try engine.directory.addMember(
                "alice", team: "a", tier: nil, at: .morning)
            let tiered = try engine.directory.updateMember("alice", team: nil, tier: "small")
            #expect(tiered.team == alice.team && tiered.tier != nil)
            let moved = try engine.directory.updateMember("alice", team: "b", tier: nil)
            #expect(moved.team != alice.team && moved.tier == tiered.tier)
            #expect(try engine.directory.roster().members == [moved])
            expectFailure(.notFound) {
                _ = try engine.directory.updateMember("nobody", team: "b", tier: nil)
            }
            expectFailure(.notFound) {
                _ = try engine.directory.updateMember("alice", team: nil, tier: "nothing")
            }
        },
        StorageCheck("removing a member revokes every key they hold, and deletes nothing") {
            engine in
            let office = try Office(engine)
            _ = try engine.directory.addKey(.sample(3, member: "alice"), at: .morning)
            try engine.directory.revokeKey(.sample(3), at: .noon)
            try engine.directory.removeMember("alice", at: .evening)
            let roster = try engine.directory.roster()
            #expect(roster.member(office.alice.id)?.removedAt == .evening)
            #expect(roster.key(.sample(1))?.revokedAt == .evening)
            #expect(roster.key(.sample(3))?.revokedAt == .noon)
            #expect(roster.key(.sample(2))?.revokedAt == nil)
            #expect(roster.keys.count == 3)
        },
        StorageCheck("who has left cannot be changed, removed again or given a key") { engine in
            _ = try Office(engine)
            try engine.directory.removeMember("alice", at: .noon)
            expectFailure(.notFound) { try engine.directory.removeMember("alice", at: .evening) }
            expectFailure(.notFound) { try engine.directory.removeMember("nobody", at: .evening) }
            expectFailure(.notFound) {
                _ = try engine.directory.updateMember("alice", team: "b", tier: nil)
            }
            expectFailure(.notFound) {
                _ = try engine.directory.addKey(.sample(8, member: "alice"), at: .evening)
            }
        },
        StorageCheck("who left comes back as the same member, with the team given now") {
            engine in
            let office = try Office(engine)
            try engine.directory.setBudget(.member(office.alice.id), .daily, limit: .dollars(2))
            try engine.directory.removeMember("alice", at: .noon)
            let back = try engine.directory.addMember("alice", team: nil, tier: nil, at: .evening)
            #expect(back.id == office.alice.id)
            #expect(back.createdAt == .morning && back.removedAt == nil && back.team == nil)
            let roster = try engine.directory.roster()
            #expect(roster.members.count == 2)
            #expect(roster.key(.sample(1))?.revokedAt == .noon)
            #expect(roster.budgets(of: .member(back.id)).count == 1)
        },
    ]
}
