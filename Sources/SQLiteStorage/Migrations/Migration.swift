import GRDB
import Storage

/// One step of the schema, in plain SQL. Never edited once released: a later step mends it.
struct Migration: Sendable {
    /// The schema's version after this step; stored in SQLite's `user_version`.
    let number: Int
    let sql: String

    /// Every step there is, in order, numbered from one without gaps.
    static let all: [Migration] = [.first, .second, .third]

    /// "Prsr" in ASCII: marks a file as Purser's, so that no other program's tables are touched.
    static let applicationID = 0x5072_7372
}

extension Migration {
    /// Brings the file up to the newest version, in one transaction with every step it takes.
    ///
    /// Reads first and locks only if there is something to do, so that a command started beside
    /// a busy gateway does not queue for the write lock.
    static func run(
        _ migrations: [Migration] = all, on connection: DatabaseQueue
    ) throws {
        let isCurrent = try connection.read { db in
            try pending(migrations, db).isEmpty
        }
        if isCurrent { return }
        try connection.inTransaction(.immediate) { db in
            // Another process may have migrated between the look and the lock.
            for migration in try pending(migrations, db) {
                try db.execute(sql: migration.sql)
                // Pragmas take no bound parameters; both numbers are ours.
                try db.execute(sql: "PRAGMA user_version = \(migration.number)")
                try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            }
            return .commit
        }
    }

    /// Throws `invalid` unless Purser made the file, or nobody has made anything in it yet.
    static func requireOurs(_ db: Database) throws {
        let owner = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        if owner == applicationID { return }
        let version = try version(db)
        let tableCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        guard owner == 0, version == 0, tableCount == 0 else {
            throw StorageFailure(
                .invalid, "the file is a SQLite database, but not one that Purser made")
        }
    }

    private static func version(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }

    private static func pending(_ migrations: [Migration], _ db: Database) throws -> [Migration] {
        try requireOurs(db)
        let version = try version(db)
        let newest = migrations.last?.number ?? 0
        guard version <= newest else {
            throw StorageFailure(
                .schemaTooNew,
                "the database has schema version \(version), and this Purser knows none above "
                    + "\(newest): use the newer Purser that wrote it")
        }
        return migrations.filter { $0.number > version }
    }
}
