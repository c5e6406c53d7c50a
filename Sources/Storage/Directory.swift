package import Purser

/// Who may do what: teams, tiers, members, keys and budgets.
///
/// Each method is one transaction that also raises the revision by one; when it returns, the
/// change is durable and visible to every process on the same database. Calls block: never make
/// them on an event loop.
package protocol Directory: Sendable {
    /// Everything, as of one revision.
    func roster() throws(StorageFailure) -> Roster

    /// Adds a management key; both stay valid if there was one.
    func addManagementKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure)

    /// Sets the organisation's time zone by its IANA name.
    func setTimeZone(_ name: String) throws(StorageFailure)

    /// Makes or replaces the tier of that name. The id of `tier` is not used.
    func setTier(_ tier: Tier) throws(StorageFailure)

    /// Adds a member, making the team if it is new.
    ///
    /// Throws `alreadyExists` if the name is taken by somebody who is here, `notFound` for an
    /// unknown tier. Somebody who left comes back as the same member.
    func addMember(
        _ name: String, team: String?, tier: String?, at now: Timestamp
    ) throws(StorageFailure) -> Member

    /// Gives a member another team or tier; `nil` leaves what is there.
    func updateMember(
        _ name: String, team: String?, tier: String?
    ) throws(StorageFailure) -> Member

    /// Ends a member's access and revokes every key they hold. Their spend stays.
    func removeMember(_ name: String, at now: Timestamp) throws(StorageFailure)

    /// Adds a key for a member who is here, with its limit in the same transaction.
    func addKey(_ new: NewKey, at now: Timestamp) throws(StorageFailure) -> Key

    /// Changes what is set in `change`.
    func updateKey(
        _ digest: KeyDigest, _ change: KeyChange, at now: Timestamp
    ) throws(StorageFailure) -> Key

    /// Gives the key another secret; its identity, limit and windows stay.
    func rotateKey(
        _ digest: KeyDigest, to new: KeyDigest, label: String, at now: Timestamp
    ) throws(StorageFailure) -> Key

    /// Withdraws the key for good. Idempotent.
    func revokeKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure)

    /// Sets a budget, or removes it, and any raise of it, with a limit of `nil`.
    ///
    /// A raise stays unless the new limit is as high.
    func setBudget(
        _ scope: Scope, _ period: Period, limit: USD?
    ) throws(StorageFailure)

    /// Raises a budget for a while, or ends the raise with `nil`.
    ///
    /// Throws `notFound` if there is no such budget and `invalid` if the raise is no raise.
    func raiseBudget(
        _ scope: Scope, _ period: Period, to raise: Budget.Raise?
    ) throws(StorageFailure)

    /// Sets a soft limit, or removes it with an amount of `nil`.
    func setSoftLimit(
        _ scope: Scope, _ period: Period, amount: USD?
    ) throws(StorageFailure)

    /// The team of that name, made if it is new.
    func team(named name: String) throws(StorageFailure) -> Team
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

/// What may change about a key; an unset field stays as it is.
package struct KeyChange: Sendable {
    package enum Field<Value: Sendable>: Sendable {
        case unchanged
        case set(Value)
    }

    package var name: Field<String> = .unchanged
    package var isDisabled: Field<Bool> = .unchanged
    /// `nil` removes the limit.
    package var limit: Field<USD?> = .unchanged
    package var limitReset: Field<Period> = .unchanged

    package init() {}
}
