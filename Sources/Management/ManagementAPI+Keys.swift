import Credentials
package import Purser
package import Storage

/// What can be done with keys.
extension ManagementAPI {
    /// Every key that is not revoked, newest first.
    package func keys(includeDisabled: Bool) throws(ManagementFailure) -> [KeyView] {
        let roster = try roster()
        return roster.keys
            .filter { $0.revokedAt == nil && (includeDisabled || !$0.isDisabled) }
            .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
            .map { view($0, in: roster) }
    }

    /// The key of that hash, unless it is revoked.
    package func key(_ digest: KeyDigest) throws(ManagementFailure) -> KeyView {
        let roster = try roster()
        guard let key = roster.key(digest), key.revokedAt == nil else { throw .keyNotFound }
        return view(key, in: roster)
    }

    /// Makes a key, with its member, team and budgets where they are new.
    ///
    /// Several transactions, in an order in which a crash leaves no key that is less bound than
    /// asked for: the member and what binds them first, and the secret is told last.
    package func createKey(_ fields: NewKeyFields) throws(ManagementFailure) -> MintedKey {
        let instant = now()
        try check(fields, at: instant)
        let secret = mint(.member)
        let key: Key
        do throws(StorageFailure) {
            let member = try place(fields, at: instant)
            let own = fields.isShared ? [:] : fields.budgets
            try set(own, of: .member(member.id))
            key = try directory.addKey(
                NewKey(
                    digest: secret.digest, label: secret.label, name: fields.name,
                    member: member.name, tier: fields.isShared ? fields.tier : nil,
                    isShared: fields.isShared, expiresAt: fields.expiresAt, limit: fields.limit,
                    limitReset: fields.limitReset),
                at: instant)
            try set(fields.isShared ? fields.budgets : [:], of: .key(key.id))
        } catch {
            throw ManagementFailure(error)
        }
        return MintedKey(secret: secret, view: view(key, in: try roster()))
    }

    /// Changes what is set in `change`.
    package func updateKey(
        _ digest: KeyDigest, _ change: KeyChange
    ) throws(ManagementFailure) -> KeyView {
        _ = try key(digest)
        let key: Key
        do throws(StorageFailure) {
            key = try directory.updateKey(digest, change, at: now())
        } catch {
            throw ManagementFailure(error)
        }
        return view(key, in: try roster())
    }

    /// Gives the key another secret, under which it keeps its spend, its limit and its name.
    package func rotateKey(_ digest: KeyDigest) throws(ManagementFailure) -> MintedKey {
        _ = try key(digest)
        let secret = mint(.member)
        let key: Key
        do throws(StorageFailure) {
            key = try directory.rotateKey(
                digest, to: secret.digest, label: secret.label, at: now())
        } catch {
            throw ManagementFailure(error)
        }
        return MintedKey(secret: secret, view: view(key, in: try roster()))
    }

    /// Withdraws the key for good; its spend stays in the books.
    package func revokeKey(_ digest: KeyDigest) throws(ManagementFailure) {
        _ = try key(digest)
        do throws(StorageFailure) {
            try directory.revokeKey(digest, at: now())
        } catch {
            throw ManagementFailure(error)
        }
    }
}

extension ManagementAPI {
    private func roster() throws(ManagementFailure) -> Roster {
        do throws(StorageFailure) {
            return try directory.roster()
        } catch {
            throw ManagementFailure(error)
        }
    }

    private func view(_ key: Key, in roster: Roster) -> KeyView {
        KeyView(
            key, in: roster, on: roster.zone.day(at: now()),
            spent: KeyView.Spent { spent(.key(key.id), $0) })
    }

    /// What would otherwise fail when half of it is written.
    private func check(
        _ fields: NewKeyFields, at instant: Timestamp
    ) throws(ManagementFailure) {
        if let tier = fields.tier, try roster().tier(named: tier) == nil {
            throw ManagementFailure(
                .malformed, "There is no tier \"\(tier)\".",
                remedy: "Make it with: purser tier set \(tier) --models '*' --otherwise deny")
        }
        if let expiresAt = fields.expiresAt, expiresAt <= instant {
            throw .malformed("\"expires_at\" is in the past.")
        }
        if fields.isShared, let limit = fields.limit,
            let budget = fields.budgets[fields.limitReset], budget != limit
        {
            throw .malformed(
                "\"limit\" and \"budgets.\(fields.limitReset.name)\" are the same budget of a "
                    + "shared key and must not differ.")
        }
    }

    /// The member who is to hold the key, made if new or gone, with the team and tier asked for.
    private func place(
        _ fields: NewKeyFields, at instant: Timestamp
    ) throws(StorageFailure) -> Member {
        let tier = fields.isShared ? nil : fields.tier
        let known = try directory.roster().member(named: fields.member)
        if known == nil || known?.removedAt != nil {
            do throws(StorageFailure) {
                return try directory.addMember(
                    fields.member, team: fields.team, tier: tier, at: instant)
            } catch  where error.code == .alreadyExists {
                // Somebody else added them at this moment; go on with who is there.
            }
        }
        return try directory.updateMember(fields.member, team: fields.team, tier: tier)
    }

    private func set(_ budgets: [Period: USD?], of scope: Scope) throws(StorageFailure) {
        for period in Period.allCases {
            guard let limit = budgets[period] else { continue }
            try directory.setBudget(scope, period, limit: limit)
        }
    }
}
