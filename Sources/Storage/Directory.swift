package import Purser

/// Who may do what: teams, tiers, members, keys and budgets.
///
/// Each change is one transaction that also raises the revision by one, or throws and changes
/// nothing at all, the revision included. When it returns, the change is durable and visible to
/// every process on the same database; the ledger refuses attempts judged under the revision
/// before it. Changes of several processes follow one another. Calls block until they are on
/// disk: never make them on an event loop. Writing the same again is harmless where nothing else
/// is said, and raises the revision all the same.
///
/// Throws `unavailable` if the store cannot be written or read, and `invalid` for a value that
/// breaks a rule: a name, a limit, a number.
package protocol Directory: Sendable {
    /// Everything, as of one revision. Blocks, but waits for no writer.
    func roster() throws(StorageFailure) -> Roster

    /// Adds a management key; both stay valid if there was one. Idempotent.
    func addManagementKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure)

    /// Sets the organisation's time zone by its IANA name. Idempotent; `invalid` if unknown.
    ///
    /// Calls that are in the books stay in the days they were booked in.
    func setTimeZone(_ name: String) throws(StorageFailure)

    /// Makes or replaces the tier of that name, as a whole. The id of `tier` is not used: a
    /// replaced tier keeps its own. Idempotent.
    func setTier(_ tier: Tier) throws(StorageFailure)

    /// Removes a tier that nobody has: `inUse` while a team, a member who is here or a key that
    /// is not revoked has it, `notFound` for none of that name.
    func removeTier(_ name: String) throws(StorageFailure)

    /// Adds a member, making the team if it is new.
    ///
    /// Not idempotent: throws `alreadyExists` if the name is taken by somebody who is here, and
    /// `notFound` for an unknown tier. Somebody who left comes back as the same member, with
    /// their budgets and spend, and without their keys.
    func addMember(
        _ name: String, team: String?, tier: String?, at now: Timestamp
    ) throws(StorageFailure) -> Member

    /// Changes what is set in `change`, making the team if it is new. Idempotent; `notFound`
    /// for a member who is not here and an unknown tier.
    func updateMember(
        _ name: String, _ change: MemberChange
    ) throws(StorageFailure) -> Member

    /// Ends a member's access and revokes every key they hold, in one. Their spend stays.
    ///
    /// Throws `notFound` for a member who is not here: also the second time.
    func removeMember(_ name: String, at now: Timestamp) throws(StorageFailure)

    /// Adds a key for a member who is here, with its limit in the same transaction.
    ///
    /// Idempotent by its secret: `alreadyExists` if that is taken. `notFound` for a member who is
    /// not here and an unknown tier.
    func addKey(_ new: NewKey, at now: Timestamp) throws(StorageFailure) -> Key

    /// Changes what is set in `change`, and says when. A limit moves along when its period
    /// changes. `notFound` for a key that is revoked or not there.
    func updateKey(
        _ digest: KeyDigest, _ change: KeyChange, at now: Timestamp
    ) throws(StorageFailure) -> Key

    /// Gives the key another secret; its identity, limit and windows stay.
    ///
    /// From one instant to the next: there is none at which both open the door, or neither.
    /// `notFound` for a key that is revoked or not there, `alreadyExists` for a secret in use.
    func rotateKey(
        _ digest: KeyDigest, to new: KeyDigest, label: String, at now: Timestamp
    ) throws(StorageFailure) -> Key

    /// Withdraws the key for good. Idempotent: the first time counts. `notFound` for no key.
    func revokeKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure)

    /// Sets a budget, or removes it, and any raise of it, with a limit of `nil`. Idempotent.
    ///
    /// A raise stays unless the new limit is as high. `notFound` if there is nobody it could
    /// belong to.
    func setBudget(
        _ scope: Scope, _ period: Period, limit: USD?
    ) throws(StorageFailure)

    /// Raises a budget for a while, or ends the raise with `nil`. Idempotent.
    ///
    /// Throws `notFound` if there is no such budget and `invalid` if the raise is no raise.
    func raiseBudget(
        _ scope: Scope, _ period: Period, to raise: Budget.Raise?
    ) throws(StorageFailure)

    /// Sets a soft limit, or removes it with an amount of `nil`. Idempotent; `notFound` if there
    /// is nobody it could belong to.
    func setSoftLimit(
        _ scope: Scope, _ period: Period, amount: USD?
    ) throws(StorageFailure)

    /// The team of that name, made if it is new. Idempotent.
    func team(named name: String) throws(StorageFailure) -> Team

    /// Gives a team a tier, or takes it away with `nil`, making the team if it is new.
    /// Idempotent; `notFound` for an unknown tier.
    func setTeam(_ name: String, tier: String?) throws(StorageFailure) -> Team

    /// Makes several changes, in their order, as one: all of them or none, and the revision
    /// rises by one. No changes are nothing at all.
    ///
    /// Throws `stale` if the directory has another revision than the one that the changes were
    /// decided under, and what each change would throw by itself.
    func apply(
        _ changes: [DirectoryChange], under revision: Int64, at now: Timestamp
    ) throws(StorageFailure)
}

extension Directory {
    /// Gives a member another team or tier; `nil` leaves what is there.
    package func updateMember(
        _ name: String, team: String?, tier: String?
    ) throws(StorageFailure) -> Member {
        var change = MemberChange()
        if let team { change.team = .set(team) }
        if let tier { change.tier = .set(tier) }
        return try updateMember(name, change)
    }
}

/// What a key is made of.
package struct NewKey: Sendable {
    package var digest: KeyDigest
    package var label: String
    package var name: String
    package var member: String
    /// `nil` for what the member has.
    package var tier: String?
    package var isShared: Bool
    package var expiresAt: Timestamp?
    /// `nil` for no limit of its own.
    package var limit: USD?
    package var limitReset: Period

    package init(
        digest: KeyDigest, label: String, name: String, member: String, tier: String? = nil,
        isShared: Bool = false, expiresAt: Timestamp? = nil, limit: USD? = nil,
        limitReset: Period = .total
    ) {
        self.digest = digest
        self.label = label
        self.name = name
        self.member = member
        self.tier = tier
        self.isShared = isShared
        self.expiresAt = expiresAt
        self.limit = limit
        self.limitReset = limitReset
    }
}

/// What becomes of one field.
package enum FieldChange<Value: Sendable>: Sendable {
    case unchanged
    case set(Value)

    /// `nil` where nothing changes.
    package var value: Value? {
        if case .set(let value) = self { value } else { nil }
    }

    package var isSet: Bool { value != nil }
}

/// What may change about a key; an unset field stays as it is.
package struct KeyChange: Sendable {
    package var name: FieldChange<String> = .unchanged
    package var isDisabled: FieldChange<Bool> = .unchanged
    /// `nil` removes the limit.
    package var limit: FieldChange<USD?> = .unchanged
    package var limitReset: FieldChange<Period> = .unchanged

    package init() {}
}

/// What may change about a member; an unset field stays as it is.
package struct MemberChange: Sendable {
    /// `nil` takes them out of their team.
    package var team: FieldChange<String?> = .unchanged
    /// `nil` leaves them with what the team has.
    package var tier: FieldChange<String?> = .unchanged

    package init() {}
}

/// One of several changes of the directory that are made as one.
package enum DirectoryChange: Sendable {
    /// Makes or replaces it, as ``Directory/setTier(_:)``.
    case tier(Tier)
    /// Makes the team if it is new, and changes its tier if that is set.
    case team(String, tier: FieldChange<String?>)
    /// As ``Directory/addMember(_:team:tier:at:)``.
    case newMember(String, team: String?, tier: String?)
    /// As ``Directory/updateMember(_:_:)``.
    case member(String, MemberChange)

    /// What it calls by a name that may be new.
    package var names: [String] {
        switch self {
        case .tier(let tier): [tier.name]
        case .team(let name, _): [name]
        case .newMember(let name, let team, _): [name, team].compactMap { $0 }
        case .member(_, let change): [change.team.value ?? nil].compactMap { $0 }
        }
    }
}
