import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    package func roster() throws(StorageFailure) -> Roster {
        try read(directory) { db in
            let (revision, zone) = try self.organisation(db)
            return Roster(
                revision: revision, zone: zone,
                teams: try rows(db, "SELECT * FROM team ORDER BY id") { Team($0) },
                tiers: try tiers(db),
                members: try rows(db, "SELECT * FROM member ORDER BY id") { Member($0) },
                keys: try rows(db, "SELECT * FROM key ORDER BY id") { try Key($0) },
                budgets: try rows(
                    db, "SELECT * FROM budget ORDER BY scope_kind, scope_id, period"
                ) { try Budget($0) },
                softLimits: try rows(
                    db, "SELECT * FROM soft_limit ORDER BY scope_kind, scope_id, period"
                ) { try SoftLimit($0) },
                managementDigests: Set(
                    try rows(db, "SELECT digest FROM management_key") {
                        try $0.digest("digest")
                    }))
        }
    }

    private func organisation(_ db: Database) throws -> (revision: Int64, zone: Zone) {
        let sql = "SELECT revision, time_zone FROM organisation"
        guard let row = try Row.fetchOne(db, sql: sql) else {
            throw StorageFailure(.invalid, "the database has lost its organisation")
        }
        let name: String = row["time_zone"]
        guard let zone = zone(name) else {
            throw StorageFailure(.invalid, "this machine does not know the time zone \(name)")
        }
        return (row["revision"], zone)
    }

    func rows<Value>(
        _ db: Database, _ sql: String, _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        try Row.fetchAll(db, sql: sql).map(decode)
    }
}
