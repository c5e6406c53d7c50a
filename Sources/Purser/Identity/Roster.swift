/// Everyone and everything that may be named in a decision, as of one revision.
///
/// Decisions are made on a roster in memory. Each change to the directory raises the revision,
/// and no attempt is recorded under an older one, so a change holds for the next call.
package struct Roster: Sendable {
    package let revision: Int64
    /// The organisation's time zone: all its windows are on this calendar.
    package let zone: Zone
    package let teams: [Team]
    package let tiers: [Tier]
    /// Also those who left, for the books.
    package let members: [Member]
    /// Also those revoked, for the books.
    package let keys: [Key]
    package let budgets: [Budget]
    package let softLimits: [SoftLimit]
    package let managementDigests: Set<KeyDigest>

    private let keyByDigest: [KeyDigest: Key]
    private let keyByID: [ID<Key>: Key]
    private let memberByID: [ID<Member>: Member]
    private let memberByName: [String: Member]
    private let teamByID: [ID<Team>: Team]
    private let tierByID: [ID<Tier>: Tier]
    private let budgetsByScope: [Scope: [Budget]]
    private let softLimitsByScope: [Scope: [SoftLimit]]

    package init(
        revision: Int64, zone: Zone, teams: [Team], tiers: [Tier], members: [Member], keys: [Key],
        budgets: [Budget], softLimits: [SoftLimit] = [], managementDigests: Set<KeyDigest>
    ) {
        self.revision = revision
        self.zone = zone
        self.teams = teams
        self.tiers = tiers
        self.members = members
        self.keys = keys
        self.budgets = budgets
        self.softLimits = softLimits
        self.managementDigests = managementDigests
        keyByDigest = Dictionary(keys.map { ($0.digest, $0) }) { first, _ in first }
        keyByID = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
        memberByID = Dictionary(members.map { ($0.id, $0) }) { first, _ in first }
        memberByName = Dictionary(members.map { ($0.name, $0) }) { first, second in
            first.removedAt == nil ? first : second
        }
        teamByID = Dictionary(teams.map { ($0.id, $0) }) { first, _ in first }
        tierByID = Dictionary(tiers.map { ($0.id, $0) }) { first, _ in first }
        budgetsByScope = Dictionary(grouping: budgets, by: \.scope)
        softLimitsByScope = Dictionary(grouping: softLimits, by: \.scope)
    }

    /// The same roster with one more management key, which is not in the directory.
    package func adding(managementDigest digest: KeyDigest) -> Roster {
        Roster(
            revision: revision, zone: zone, teams: teams, tiers: tiers, members: members,
            keys: keys, budgets: budgets, softLimits: softLimits,
            managementDigests: managementDigests.union([digest]))
    }

    /// The same roster with one more key, which is not in the directory.
    package func adding(_ key: Key) -> Roster {
        Roster(
            revision: revision, zone: zone, teams: teams, tiers: tiers, members: members,
            keys: keys + [key], budgets: budgets, softLimits: softLimits,
            managementDigests: managementDigests)
    }

    /// A roster with nobody in it.
    package static let empty = Roster(
        revision: -1, zone: .utc, teams: [], tiers: [], members: [], keys: [], budgets: [],
        managementDigests: [])

    package func key(_ digest: KeyDigest) -> Key? { keyByDigest[digest] }

    package func key(_ id: ID<Key>) -> Key? { keyByID[id] }

    package func member(_ id: ID<Member>) -> Member? { memberByID[id] }

    /// The member of that name, those still here first.
    package func member(named name: String) -> Member? { memberByName[name] }

    package func team(_ id: ID<Team>) -> Team? { teamByID[id] }

    package func team(named name: String) -> Team? { teams.first { $0.name == name } }

    package func tier(_ id: ID<Tier>) -> Tier? { tierByID[id] }

    package func tier(named name: String) -> Tier? { tiers.first { $0.name == name } }

    /// As they were set: ``Budget/inForce(on:)`` says what holds on a day.
    package func budgets(of scope: Scope) -> [Budget] { budgetsByScope[scope] ?? [] }

    package func softLimits(of scope: Scope) -> [SoftLimit] { softLimitsByScope[scope] ?? [] }

    /// Whose a scope is, in words: `member alice`.
    package func describe(_ scope: Scope) -> String {
        switch scope {
        case .organisation: "the organisation"
        case .team(let id): "team \(teamByID[id]?.name ?? String(id.rawValue))"
        case .member(let id): "member \(memberByID[id]?.name ?? String(id.rawValue))"
        case .key(let id): "key \(keyByID[id]?.name ?? String(id.rawValue))"
        }
    }
}

/// Who makes a call, with everything that binds them.
package struct Caller: Sendable {
    package var key: Key
    package var member: Member
    package var team: ID<Team>?
    /// The narrowest that is set: the key's, else the member's, else the team's; `nil` allows
    /// every model.
    package var tier: Tier?
    /// Everything the call's cost counts in.
    package var scopes: [Scope]
    /// The budgets among the scopes, as they were set.
    package var budgets: [Budget]
    /// The soft limits among the scopes.
    package var softLimits: [SoftLimit]

    /// The budgets with the limits that hold on `day`.
    package func budgets(on day: CivilDate) -> [Budget] {
        budgets.contains { $0.raise != nil } ? budgets.map { $0.inForce(on: day) } : budgets
    }
}

extension Roster {
    /// What a digest and the name on the call resolve to.
    package enum Resolution: Sendable {
        case caller(Caller)
        case management
        /// A shared key introduces somebody not yet known.
        case newcomer(name: String, key: Key)
        case refused(Refusal)
    }

    /// Who is calling; `memberName` is what a call on a shared key says of itself.
    package func resolve(
        _ digest: KeyDigest, memberName: String?, at now: Timestamp
    ) -> Resolution {
        guard let key = key(digest) else {
            return managementDigests.contains(digest) ? .management : .refused(.keyUnknown)
        }
        if let refusal = key.refusal(at: now) { return .refused(refusal) }
        guard let holder = memberByID[key.member] else { return .refused(.keyUnknown) }
        if holder.removedAt != nil { return .refused(.memberRemoved(holder.name)) }
        guard key.isShared else { return .caller(caller(key, holder, holder: holder)) }
        guard let memberName else { return .refused(.sharedKeyNeedsMember) }
        guard let member = memberByName[memberName] else {
            return .newcomer(name: memberName, key: key)
        }
        if member.removedAt != nil { return .refused(.memberRemoved(member.name)) }
        return .caller(caller(key, member, holder: holder))
    }

    private func caller(_ key: Key, _ member: Member, holder: Member) -> Caller {
        let team = member.team ?? holder.team
        let scopes: [Scope] =
            [.organisation] + (team.map { [.team($0)] } ?? [])
            + [.member(member.id), .key(key.id)]
        return Caller(
            key: key, member: member, team: team,
            tier: tier(of: member, using: key, holder: holder)?.tier,
            scopes: scopes, budgets: scopes.flatMap { budgetsByScope[$0] ?? [] },
            softLimits: scopes.flatMap { softLimitsByScope[$0] ?? [] })
    }

    /// The tier that binds a member's calls with a key, and who it was given to: the narrowest
    /// that is set; `nil` where none is.
    ///
    /// Who calls with a shared key says a name that nobody checks, so there the holder's tier
    /// comes before that of whoever is named.
    package func tier(
        of member: Member, using key: Key, holder: Member
    ) -> (tier: Tier, giver: Scope)? {
        let people = key.isShared ? [holder, member] : [member, holder]
        return given(key.tier, to: .key(key.id))
            ?? people.lazy.compactMap { person in
                given(person.tier, to: .member(person.id)) ?? given(person.team)
            }.first
    }

    /// Who made an attempt, as if `tier` had bound it and no budget; `nil` for a stranger.
    package func caller(of attempt: Attempt, in tier: Tier) -> Caller? {
        guard let key = keyByID[attempt.key], let member = memberByID[attempt.member] else {
            return nil
        }
        return Caller(
            key: key, member: member, team: attempt.team, tier: tier, scopes: attempt.scopes,
            budgets: [], softLimits: [])
    }

    private func given(_ tier: ID<Tier>?, to scope: Scope) -> (tier: Tier, giver: Scope)? {
        tier.flatMap { tierByID[$0] }.map { ($0, scope) }
    }

    private func given(_ team: ID<Team>?) -> (tier: Tier, giver: Scope)? {
        team.flatMap { teamByID[$0] }.flatMap { given($0.tier, to: .team($0.id)) }
    }
}
