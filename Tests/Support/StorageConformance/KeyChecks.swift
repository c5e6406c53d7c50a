import Purser
import Storage
import Testing

extension StorageCheck {
    static let keys: [StorageCheck] = [
        StorageCheck("a key is in the roster with all it was made of") { engine in
            let office = try Office(engine)
            try engine.directory.setTier(Tier(id: ID(0), name: "small", models: []))
            let key = try engine.directory.addKey(
                NewKey(
                    digest: .sample(3), label: "sk-purser-abc…", name: "Ci's key, №3",
                    member: "bob", tier: "small", isShared: true, expiresAt: .evening,
                    limit: .pico(1), limitReset: .weekly), at: .noon)
            let roster = try engine.directory.roster()
            #expect(roster.key(.sample(3)) == key)
            #expect(key.name == "Ci's key, №3" && key.label == "sk-purser-abc…")
            #expect(key.member == office.bob.id && key.tier == roster.tier(named: "small")?.id)
            #expect(key.isShared && !key.isDisabled)
            #expect(key.expiresAt == .evening && key.createdAt == .noon)
            #expect(key.updatedAt == nil && key.revokedAt == nil && key.limitReset == .weekly)
            #expect(
                roster.budgets(of: .key(key.id)) == [
                    Budget(scope: .key(key.id), period: .weekly, limit: .pico(1))
                ])
        },
        StorageCheck("a key needs a member, a tier that exists and a secret of its own") {
            engine in
            _ = try Office(engine)
            expectFailure(.notFound) {
                _ = try engine.directory.addKey(.sample(3, member: "nobody"), at: .noon)
            }
            expectFailure(.notFound) {
                var key = NewKey.sample(3, member: "bob")
                key.tier = "nothing"
                _ = try engine.directory.addKey(key, at: .noon)
            }
            expectFailure(.alreadyExists) {
                _ = try engine.directory.addKey(.sample(1, member: "bob"), at: .noon)
            }
            #expect(try engine.directory.roster().keys.count == 2)
        },
        StorageCheck("an update changes what is set and says when") { engine in
            let office = try Office(engine)
            var change = KeyChange()
            change.name = .set("renamed")
            change.isDisabled = .set(true)
            let changed = try engine.directory.updateKey(.sample(1), change, at: .noon)
            #expect(changed.name == "renamed" && changed.isDisabled && changed.updatedAt == .noon)
            #expect(changed.id == office.aliceKey.id && changed.limitReset == .total)

            let untouched = try engine.directory.updateKey(.sample(1), KeyChange(), at: .evening)
            #expect(untouched.name == "renamed" && untouched.isDisabled)
            change = KeyChange()
            change.isDisabled = .set(false)
            #expect(try !engine.directory.updateKey(.sample(1), change, at: .evening).isDisabled)
            #expect(try engine.directory.roster().key(.sample(2)) == office.bobKey)
        },
        StorageCheck("a rotated key is the same key with another secret") { engine in
            let office = try Office(engine)
            try engine.directory.setBudget(.key(office.aliceKey.id), .total, limit: .dollars(3))
            let rotated = try engine.directory.rotateKey(
                .sample(1), to: .sample(5), label: "sk-purser-new", at: .noon)
            #expect(rotated.id == office.aliceKey.id && rotated.label == "sk-purser-new")
            #expect(rotated.digest == .sample(5) && rotated.updatedAt == .noon)
            let roster = try engine.directory.roster()
            #expect(roster.key(.sample(1)) == nil)
            #expect(roster.key(.sample(5)) == rotated)
            #expect(roster.budgets(of: .key(rotated.id)).count == 1)
            expectFailure(.notFound) {
                _ = try engine.directory.rotateKey(
                    .sample(1), to: .sample(6), label: "", at: .noon)
            }
            expectFailure(.alreadyExists) {
                _ = try engine.directory.rotateKey(
                    .sample(5), to: .sample(2), label: "", at: .noon)
            }
        },
        StorageCheck("a revoked key stays revoked since the first time, and takes no change") {
            engine in
            _ = try Office(engine)
            try engine.directory.revokeKey(.sample(1), at: .noon)
            try engine.directory.revokeKey(.sample(1), at: .evening)
            #expect(try engine.directory.roster().key(.sample(1))?.revokedAt == .noon)
            expectFailure(.notFound) {
                _ = try engine.directory.updateKey(.sample(1), KeyChange(), at: .evening)
            }
            expectFailure(.notFound) {
                _ = try engine.directory.rotateKey(
                    .sample(1), to: .sample(6), label: "", at: .evening)
            }
            expectFailure(.notFound) {
                try engine.directory.revokeKey(.sample(404), at: .evening)
            }
        },
    ]

    static let keyLimits: [StorageCheck] = [
        StorageCheck("a limit of zero and the highest are taken, one past either end is not") {
            engine in
            _ = try Office(engine)
            for (number, limit) in [(3, USD.zero), (4, Budget.limitMax)] as [(UInt64, USD)] {
                let key = try engine.directory.addKey(
                    .sample(number, member: "bob", limit: limit), at: .noon)
                #expect(
                    try engine.directory.roster().budgets(of: .key(key.id)).map(\.limit)
                        == [limit])
            }
            for limit in [USD.pico(-1), Budget.limitMax + .pico(1)] {
                expectFailure(.invalid) {
                    _ = try engine.directory.addKey(
                        .sample(5, member: "bob", limit: limit), at: .noon)
                }
                expectFailure(.invalid) {
                    var change = KeyChange()
                    change.limit = .set(limit)
                    _ = try engine.directory.updateKey(.sample(3), change, at: .noon)
                }
                expectFailure(.invalid) {
                    try engine.directory.setBudget(.organisation, .daily, limit: limit)
                }
            }
            #expect(try engine.directory.roster().key(.sample(5)) == nil)
        },
        StorageCheck("a limit moves along when its period changes") { engine in
            _ = try Office(engine)
            let key = try engine.directory.addKey(
                .sample(3, member: "bob", limit: .dollars(5), limitReset: .daily), at: .noon)
            let limits = {
                Dictionary(
                    uniqueKeysWithValues: try engine.directory.roster().budgets(of: .key(key.id))
                        .map { ($0.period, $0.limit) })
            }
            var change = KeyChange()
            change.limitReset = .set(.monthly)
            let moved = try engine.directory.updateKey(.sample(3), change, at: .noon)
            #expect(moved.limitReset == .monthly)
            #expect(try limits() == [.monthly: .dollars(5)])

            change.limitReset = .set(.weekly)
            change.limit = .set(.dollars(7))
            _ = try engine.directory.updateKey(.sample(3), change, at: .noon)
            #expect(try limits() == [.weekly: .dollars(7)])

            change.limitReset = .set(.total)
            change.limit = .set(nil)
            _ = try engine.directory.updateKey(.sample(3), change, at: .noon)
            #expect(try limits() == [:])
        },
        StorageCheck("a limit that moves takes the place of one that is there") { engine in
            _ = try Office(engine)
            let key = try engine.directory.addKey(
                .sample(3, member: "bob", limit: .dollars(5), limitReset: .daily), at: .noon)
            try engine.directory.setBudget(.key(key.id), .weekly, limit: .dollars(9))
            var change = KeyChange()
            change.limitReset = .set(.weekly)
            _ = try engine.directory.updateKey(.sample(3), change, at: .noon)
            #expect(
                try engine.directory.roster().budgets(of: .key(key.id)) == [
                    Budget(scope: .key(key.id), period: .weekly, limit: .dollars(5))
                ])
        },
        StorageCheck("a limit can be given later and taken away, other keys keep theirs") {
            engine in
            let office = try Office(engine)
            try engine.directory.setBudget(.key(office.bobKey.id), .total, limit: .dollars(1))
            var change = KeyChange()
            change.limit = .set(.dollars(4))
            _ = try engine.directory.updateKey(.sample(1), change, at: .noon)
            let scope = Scope.key(office.aliceKey.id)
            #expect(
                try engine.directory.roster().budgets(of: scope) == [
                    Budget(scope: scope, period: .total, limit: .dollars(4))
                ])
            change.limit = .set(nil)
            _ = try engine.directory.updateKey(.sample(1), change, at: .noon)
            #expect(try engine.directory.roster().budgets(of: scope).isEmpty)
            #expect(try engine.directory.roster().budgets.count == 1)
        },
    ]
}
