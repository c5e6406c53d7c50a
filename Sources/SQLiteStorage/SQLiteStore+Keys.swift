import Foundation
import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    package func addKey(_ new: NewKey, at now: Timestamp) throws(StorageFailure) -> Key {
        if let limit = new.limit { try requireValid(limit) }
        return try change { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    INSERT INTO key
                        (digest, name, label, member_id, tier_id, is_shared, limit_reset,
                        expires_at_ms, created_at_ms)
                    SELECT ?, ?, ?, id, ?, ?, ?, ?, ? FROM member
                    WHERE name = ? AND removed_at_ms IS NULL
                    RETURNING *
                    """,
                arguments: [
                    new.digest.stored, new.name, new.label,
                    try new.tier.map { try tierID($0, db) }, new.isShared,
                    Int64(new.limitReset.rawValue), new.expiresAt?.milliseconds,
                    now.milliseconds, new.member,
                ])
            guard let key = try row.map(Key.init) else { throw noMember(new.member) }
            if let limit = new.limit {
                try putBudget(.key(key.id), key.limitReset, limit, db)
            }
            return key
        }
    }

    /// A limit moves along when its period changes, and takes the place of one that is there.
    package func updateKey(
        _ digest: KeyDigest, _ change: KeyChange, at now: Timestamp
    ) throws(StorageFailure) -> Key {
        let limitReset = change.limitReset.value.map { Int64($0.rawValue) }
        if case .set(let limit?) = change.limit { try requireValid(limit) }
        return try self.change { db in
            if let limitReset { try moveLimit(of: digest, to: limitReset, db) }
            let row = try Row.fetchOne(
                db,
                sql: """
                    UPDATE key SET
                        name = coalesce(?, name), is_disabled = coalesce(?, is_disabled),
                        limit_reset = coalesce(?, limit_reset), updated_at_ms = ?
                    WHERE digest = ? AND revoked_at_ms IS NULL
                    RETURNING *
                    """,
                arguments: [
                    change.name.value, change.isDisabled.value, limitReset, now.milliseconds,
                    digest.stored,
                ])
            guard let key = try row.map(Key.init) else { throw noKey }
            if case .set(let limit) = change.limit {
                try putBudget(.key(key.id), key.limitReset, limit, db)
            }
            return key
        }
    }

    package func rotateKey(
        _ digest: KeyDigest, to new: KeyDigest, label: String, at now: Timestamp
    ) throws(StorageFailure) -> Key {
        try change { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    UPDATE key SET digest = ?, label = ?, updated_at_ms = ?
                    WHERE digest = ? AND revoked_at_ms IS NULL
                    RETURNING *
                    """,
                arguments: [new.stored, label, now.milliseconds, digest.stored])
            guard let key = try row.map(Key.init) else { throw noKey }
            return key
        }
    }

    package func revokeKey(_ digest: KeyDigest, at now: Timestamp) throws(StorageFailure) {
        try change { db in
            try db.execute(
                sql: """
                    UPDATE key SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE digest = ?
                    """,
                arguments: [now.milliseconds, digest.stored])
            guard db.changesCount == 1 else { throw noKey }
        }
    }

    private func moveLimit(of digest: KeyDigest, to period: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE OR REPLACE budget SET period = ?
                WHERE scope_kind = 4 AND (scope_id, period) =
                    (SELECT id, limit_reset FROM key WHERE digest = ? AND revoked_at_ms IS NULL)
                """,
            arguments: [period, digest.stored])
    }

    private var noKey: StorageFailure {
        StorageFailure(.notFound, "there is no such key, or it is revoked")
    }
}

extension KeyDigest {
    /// As SQLite stores it. GRDB binds blobs as Foundation's `Data`.
    var stored: Data { Data(bytes) }
}
