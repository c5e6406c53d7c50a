import Purser
import Storage
import Synchronization

/// A directory in memory: the port's promises in their simplest form.
final class MemoryDirectory: Directory {
    private struct State {
        var revision: Int64 = 0
        var zone = Zone.utc
        var teams: [Team] = []
        var tiers: [Tier] = []
        var members: [Member] = []
        var keys: [Key] = []
        var budgets: [Budget] = []
        var softLimits: [SoftLimit] = []
        var management: Set<KeyDigest> = []
        var failure: StorageFailure?

        mutating func team(_ name: String) -> Team {
            if let team = teams.first(where: { $0.name == name }) { return team }
            teams.append(Team(id: ID(Int64(teams.count + 1)), name: name))
            return teams[teams.count - 1]
        }

        func tier(_ name: String) throws(StorageFailure) -> ID<Tier> {
            guard let tier = tiers.first(where: { $0.name == name }) else {
                throw StorageFailure(.notFound, "there is no tier named \(name)")
            }
            return tier.id
        }

        func memberIndex(_ name: String) throws(StorageFailure) -> Int {
            let index = members.firstIndex { $0.name == name && $0.removedAt == nil }
            guard let index else {
                throw StorageFailure(.notFound, "there is no member named \(name)")
            }
            return index
        }

        func keyIndex(_ digest: KeyDigest) throws(StorageFailure) -> Int {
            guard let index = keys.firstIndex(where: { $0.digest == digest }) else {
                throw StorageFailure(.notFound, "there is no such key")
            }
            return index
        }

        mutating func set(_ limit: USD?, _ scope: Scope, _ period: Period) {
            budgets.removeAll { $0.scope == scope && $0.period == period }
            if let limit {
                budgets.append(Budget(scope: scope, period: period, limit: limit))
            }
        }
    }

    private let state = Mutex(State())

    /// From now on every call fails like this; `nil` heals.
    func fail(with failure: StorageFailure?) {
        state.withLock { $0.failure = failure }
    }

    private func change<Value: Sendable>(
        _ body: (inout State) throws(StorageFailure) -> Value
    ) throws(StorageFailure) -> Value {
        try state.withLock { state throws(StorageFailure) in
            if let failure = state.failure { throw failure }
            state.revision += 1
            return try body(&state)
        }
    }

    func roster() throws(StorageFailure) -> Roster {
        try change { state in
            Roster(
                revision: state.revision, zone: state.zone, teams: state.teams,
                tiers: state.tiers, members: state.members, keys: state.keys,
                budgets: state.budgets, softLimits: state.softLimits,
                managementDigests: state.management)
        }
    }

    func addManagementKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure) {
        try change { $0.management.formUnion([digest]) }
    }

    func setTimeZone(_ name: String) throws(StorageFailure) {
        try change { $0.zone = Zone(name: name, firstOffsetSeconds: 0, transitions: []) }
    }

    func setTier(_ tier: Tier) throws(StorageFailure) {
        try change { state in
            var tier = tier
            tier.id = ID(Int64(state.tiers.count + 1))
            state.tiers.removeAll { $0.name == tier.name }
            state.tiers.append(tier)
        }
    }

    func addMember(
        _ name: String, team: String?, tier: String?, at now: Timestamp
    ) throws(StorageFailure) -> Member {
        try change { state throws(StorageFailure) in
            let index = state.members.firstIndex { $0.name == name }
            if let index, state.members[index].removedAt == nil {
                throw StorageFailure(.alreadyExists, "there is a member named \(name) already")
            }
            let team = team.map { state.team($0).id }
            let tier: ID<Tier>? = if let tier { try state.tier(tier) } else { nil }
            guard let index else {
                state.members.append(
                    Member(
                        id: ID(Int64(state.members.count + 1)), name: name, team: team,
                        tier: tier, createdAt: now))
                return state.members[state.members.count - 1]
            }
            state.members[index].removedAt = nil
            state.members[index].team = team
            state.members[index].tier = tier
            return state.members[index]
        }
    }

    func updateMember(
        _ name: String, _ change: MemberChange
    ) throws(StorageFailure) -> Member {
        try self.change { state throws(StorageFailure) in
            let index = try state.memberIndex(name)
            if case .set(let team) = change.team {
                state.members[index].team = team.map { state.team($0).id }
            }
            if case .set(let tier) = change.tier {
                state.members[index].tier = if let tier { try state.tier(tier) } else { nil }
            }
            return state.members[index]
        }
    }

    func removeMember(_ name: String, at now: Timestamp) throws(StorageFailure) {
        try change { state throws(StorageFailure) in
            let index = try state.memberIndex(name)
            state.members[index].removedAt = now
            for key in state.keys.indices where state.keys[key].member == state.members[index].id {
                state.keys[key].revokedAt = now
            }
        }
    }

    func addKey(_ new: NewKey, at now: Timestamp) throws(StorageFailure) -> Key {
        try change { state throws(StorageFailure) in
            let member = state.members[try state.memberIndex(new.member)].id
            let tier: ID<Tier>? = if let tier = new.tier { try state.tier(tier) } else { nil }
            let key = Key(
                id: ID(Int64(state.keys.count + 1)), digest: new.digest, name: new.name,
                label: new.label, member: member, tier: tier, isShared: new.isShared,
                expiresAt: new.expiresAt, createdAt: now, limitReset: new.limitReset)
            state.keys.append(key)
            state.set(new.limit, .key(key.id), key.limitReset)
            return key
        }
    }

    func updateKey(
        _ digest: KeyDigest, _ change: KeyChange, at now: Timestamp
    ) throws(StorageFailure) -> Key {
        try self.change { state throws(StorageFailure) in
            let index = try state.keyIndex(digest)
            var key = state.keys[index]
            key.updatedAt = now
            if case .set(let name) = change.name { key.name = name }
            if case .set(let value) = change.isDisabled { key.isDisabled = value }
            if case .set(let period) = change.limitReset, period != key.limitReset {
                let old = state.budgets.first {
                    $0.scope == .key(key.id) && $0.period == key.limitReset
                }
                state.set(nil, .key(key.id), key.limitReset)
                state.set(old?.limit, .key(key.id), period)
                key.limitReset = period
            }
            if case .set(let limit) = change.limit {
                state.set(limit, .key(key.id), key.limitReset)
            }
            state.keys[index] = key
            return key
        }
    }

    func rotateKey(
        _ digest: KeyDigest, to new: KeyDigest, label: String, at now: Timestamp
    ) throws(StorageFailure) -> Key {
        try change { state throws(StorageFailure) in
            let index = try state.keyIndex(digest)
            state.keys[index].digest = new
            state.keys[index].label = label
            state.keys[index].updatedAt = now
            return state.keys[index]
        }
    }

    func revokeKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure) {
        try change { state throws(StorageFailure) in
            let index = try state.keyIndex(digest)
            state.keys[index].revokedAt = state.keys[index].revokedAt ?? now
        }
    }

    func setBudget(_ scope: Scope, _ period: Period, limit: USD?) throws(StorageFailure) {
        try change { $0.set(limit, scope, period) }
    }

    func raiseBudget(
        _ scope: Scope, _ period: Period, to raise: Budget.Raise?
    ) throws(StorageFailure) {
        try change { state throws(StorageFailure) in
            let index = state.budgets.firstIndex { $0.scope == scope && $0.period == period }
            guard let index else { throw StorageFailure(.notFound, "there is no such budget") }
            state.budgets[index].raise = raise
        }
    }

    func setSoftLimit(
        _ scope: Scope, _ period: Period, amount: USD?
    ) throws(StorageFailure) {
        try change { state in
            state.softLimits.removeAll { $0.scope == scope && $0.period == period }
            if let amount {
                state.softLimits.append(SoftLimit(scope: scope, period: period, amount: amount))
            }
        }
    }

    func team(named name: String) throws(StorageFailure) -> Team {
        try change { $0.team(name) }
    }

    func setTeam(_ name: String, tier: String?) throws(StorageFailure) -> Team {
        try change { state throws(StorageFailure) in
            let team = state.team(name)
            let index = state.teams.firstIndex(of: team) ?? 0
            state.teams[index].tier = if let tier { try state.tier(tier) } else { nil }
            return state.teams[index]
        }
    }

    func removeTier(_ name: String) throws(StorageFailure) {
        try change { state throws(StorageFailure) in
            let id = try state.tier(name)
            guard !state.members.contains(where: { $0.tier == id }) else {
                throw StorageFailure(.inUse, "the tier \(name) is somebody's")
            }
            state.tiers.removeAll { $0.id == id }
        }
    }

    /// No management of keys makes several changes.
    func apply(
        _ changes: [DirectoryChange], under revision: Int64, at now: Timestamp
    ) throws(StorageFailure) {
        throw StorageFailure(.unavailable, "this directory makes one change at a time")
    }
}
