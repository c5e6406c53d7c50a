import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    /// One that is there already is left as it is, so that a start with the same key repeats
    /// nothing.
    package func addManagementKey(
        _ digest: KeyDigest, at now: Timestamp
    ) throws(StorageFailure) {
        try change { db in
            try db.execute(
                sql: """
                    INSERT INTO management_key (digest, created_at_ms) VALUES (?, ?)
                    ON CONFLICT (digest) DO NOTHING
                    """,
                arguments: [digest.stored, now.milliseconds])
        }
    }

    package func setTimeZone(_ name: String) throws(StorageFailure) {
        guard zone(name) != nil else {
            throw StorageFailure(.invalid, "there is no time zone named \(name)")
        }
        try change { db in
            try db.execute(sql: "UPDATE organisation SET time_zone = ?", arguments: [name])
        }
    }

    /// Somebody who left comes back with the team and tier given now, not those of the past.
    package func addMember(
        _ name: String, team: String?, tier: String?, at now: Timestamp
    ) throws(StorageFailure) -> Member {
        try requireValid(name)
        if let team { try requireValid(team) }
        return try change { db in try putMember(name, team: team, tier: tier, at: now, db) }
    }

    package func updateMember(
        _ name: String, _ change: MemberChange
    ) throws(StorageFailure) -> Member {
        if case .set(let team?) = change.team { try requireValid(team) }
        return try self.change { db in try put(change, of: name, db) }
    }

    package func removeMember(_ name: String, at now: Timestamp) throws(StorageFailure) {
        try change { db in
            let id = try Int64.fetchOne(
                db,
                sql: """
                    UPDATE member SET removed_at_ms = ?
                    WHERE name = ? AND removed_at_ms IS NULL
                    RETURNING id
                    """,
                arguments: [now.milliseconds, name])
            guard let id else { throw noMember(name) }
            try db.execute(
                sql: """
                    UPDATE key SET revoked_at_ms = ? WHERE member_id = ? AND revoked_at_ms IS NULL
                    """,
                arguments: [now.milliseconds, id])
        }
    }

    package func setBudget(
        _ scope: Scope, _ period: Period, limit: USD?
    ) throws(StorageFailure) {
        if let limit { try requireValid(limit) }
        try change { db in
            try putBudget(scope, period, limit, db)
        }
    }

    package func raiseBudget(
        _ scope: Scope, _ period: Period, to raise: Budget.Raise?
    ) throws(StorageFailure) {
        if let raise { try requireValid(raise.limit) }
        try change { db in
            try db.execute(
                sql: """
                    UPDATE budget SET raised_limit_picousd = ?, raised_last_day = ?
                    WHERE scope_kind = ? AND scope_id = ? AND period = ?
                    """,
                arguments: [
                    raise?.limit.picodollars, raise?.lastDay.daysSinceEpoch, scope.kind,
                    scope.rawID, Int64(period.rawValue),
                ])
            guard db.changesCount == 1 else {
                throw StorageFailure(.notFound, "there is no \(period.name) budget to raise")
            }
        }
    }

    package func setSoftLimit(
        _ scope: Scope, _ period: Period, amount: USD?
    ) throws(StorageFailure) {
        if let amount { try requireValid(amount) }
        try change { db in
            let place: StatementArguments = [scope.kind, scope.rawID, Int64(period.rawValue)]
            guard let amount else {
                try db.execute(
                    sql: """
                        DELETE FROM soft_limit
                        WHERE scope_kind = ? AND scope_id = ? AND period = ?
                        """, arguments: place)
                return
            }
            try db.execute(
                sql: """
                    INSERT INTO soft_limit (scope_kind, scope_id, period, amount_picousd)
                    VALUES (?, ?, ?, ?)
                    ON CONFLICT (scope_kind, scope_id, period)
                    DO UPDATE SET amount_picousd = excluded.amount_picousd
                    """, arguments: place + [amount.picodollars])
        }
    }

    package func team(named name: String) throws(StorageFailure) -> Team {
        try requireValid(name)
        return try change { db in try teamMade(name, db) }
    }

    package func setTeam(_ name: String, tier: String?) throws(StorageFailure) -> Team {
        try requireValid(name)
        return try change { db in try putTeam(name, tier: .set(tier), db) }
    }

    package func apply(
        _ changes: [DirectoryChange], under revision: Int64, at now: Timestamp
    ) throws(StorageFailure) {
        if changes.isEmpty { return }
        for change in changes {
            for name in change.names { try requireValid(name) }
        }
        try change { db in
            let present = try Int64.fetchOne(db, sql: "SELECT revision FROM organisation")
            guard present == revision else {
                throw StorageFailure(.stale, "somebody else has changed the team meanwhile")
            }
            for change in changes {
                switch change {
                case .tier(let tier): try TierRows.put(tier, db)
                case .team(let name, let tier): _ = try putTeam(name, tier: tier, db)
                case .newMember(let name, let team, let tier):
                    _ = try putMember(name, team: team, tier: tier, at: now, db)
                case .member(let name, let change): _ = try put(change, of: name, db)
                }
            }
        }
    }
}

extension SQLiteStore {
    /// Adds a member inside a change, or brings somebody back who left.
    private func putMember(
        _ name: String, team: String?, tier: String?, at now: Timestamp, _ db: Database
    ) throws -> Member {
        let row = try Row.fetchOne(
            db,
            sql: """
                INSERT INTO member (name, team_id, tier_id, created_at_ms) VALUES (?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    team_id = excluded.team_id, tier_id = excluded.tier_id,
                    removed_at_ms = NULL
                WHERE removed_at_ms IS NOT NULL
                RETURNING *
                """,
            arguments: [
                name, try team.map { try teamMade($0, db).id.rawValue },
                try tier.map { try tierID($0, db) }, now.milliseconds,
            ])
        guard let row else {
            throw StorageFailure(.alreadyExists, "there is a member named \(name) already")
        }
        return Member(row)
    }

    private func put(_ change: MemberChange, of name: String, _ db: Database) throws -> Member {
        let row = try Row.fetchOne(
            db,
            sql: """
                UPDATE member SET
                    team_id = CASE WHEN ? THEN ? ELSE team_id END,
                    tier_id = CASE WHEN ? THEN ? ELSE tier_id END
                WHERE name = ? AND removed_at_ms IS NULL
                RETURNING *
                """,
            arguments: [
                change.team.isSet, try change.team.value?.map { try teamMade($0, db).id.rawValue },
                change.tier.isSet, try change.tier.value?.map { try tierID($0, db) }, name,
            ])
        guard let row else { throw noMember(name) }
        return Member(row)
    }

    private func putTeam(
        _ name: String, tier: FieldChange<String?>, _ db: Database
    ) throws -> Team {
        var team = try teamMade(name, db)
        guard case .set(let tier) = tier else { return team }
        let id = try tier.map { try tierID($0, db) }
        try db.execute(
            sql: "UPDATE team SET tier_id = ? WHERE id = ?", arguments: [id, team.id.rawValue])
        team.tier = id.map(ID.init)
        return team
    }

    /// Sets or removes one budget inside a change.
    func putBudget(_ scope: Scope, _ period: Period, _ limit: USD?, _ db: Database) throws {
        guard let limit else {
            try db.execute(
                sql: "DELETE FROM budget WHERE scope_kind = ? AND scope_id = ? AND period = ?",
                arguments: [scope.kind, scope.rawID, Int64(period.rawValue)])
            return
        }
        try db.execute(
            sql: """
                INSERT INTO budget (scope_kind, scope_id, period, limit_picousd)
                VALUES (?, ?, ?, ?)
                ON CONFLICT (scope_kind, scope_id, period)
                DO UPDATE SET
                    limit_picousd = excluded.limit_picousd,
                    raised_limit_picousd = CASE
                        WHEN raised_limit_picousd > excluded.limit_picousd
                        THEN raised_limit_picousd END,
                    raised_last_day = CASE
                        WHEN raised_limit_picousd > excluded.limit_picousd
                        THEN raised_last_day END
                """,
            arguments: [scope.kind, scope.rawID, Int64(period.rawValue), limit.picodollars])
    }

    func tierID(_ name: String, _ db: Database) throws -> Int64 {
        let sql = "SELECT id FROM tier WHERE name = ?"
        guard let id = try Int64.fetchOne(db, sql: sql, arguments: [name]) else {
            throw StorageFailure(.notFound, "there is no tier named \(name)")
        }
        return id
    }

    func requireValid(_ limit: USD) throws(StorageFailure) {
        guard (.zero...Budget.limitMax).contains(limit) else {
            throw StorageFailure(
                .invalid, "a limit lies between $0 and \(Budget.limitMax.dollars)")
        }
    }

    func noMember(_ name: String) -> StorageFailure {
        StorageFailure(.notFound, "there is no member named \(name)")
    }

    private func teamMade(_ name: String, _ db: Database) throws -> Team {
        try db.execute(
            sql: "INSERT INTO team (name) VALUES (?) ON CONFLICT (name) DO NOTHING",
            arguments: [name])
        let sql = "SELECT * FROM team WHERE name = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [name]) else {
            preconditionFailure("a team is there once it is made")
        }
        return Team(row)
    }

    func requireValid(_ name: String) throws(StorageFailure) {
        guard Name.isValid(name) else {
            throw StorageFailure(
                .invalid,
                "a name has 1 to \(Name.lengthMax) characters: letters, digits and . _ - @ +")
        }
    }
}
