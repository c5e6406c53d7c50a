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

    /// Adds a member, making the team if it is new.
    ///
    /// Not idempotent: throws `alreadyExists` if the name is taken by somebody who is here, and
    /// `notFound` for an unknown tier. Somebody who left comes back as the same member, with
    /// their budgets and spend, and without their keys.
    func addMember(
        _ name: String, team: String?, tier: String?, at now: Timestamp
    ) throws(StorageFailure) -> Member

    /// Gives a member another team or tier; `nil` leaves what is there. Idempotent; `notFound`
    /// for a member who is not here and an unknown tier.
    func updateMember(
        _ name: String, team: String?, tier: String?
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
