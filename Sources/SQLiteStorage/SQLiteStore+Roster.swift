import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    package func roster() throws(StorageFailure) -> Roster {
        try read(directory) { db in
            let (revision, zone) = try self.organisation(db)
            return Roster(
                revision: revision, zone: zone,
                teams: try rows(db, "SELECT id, name FROM team ORDER BY id") { Team($0) },
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

    private func tiers(_ db: Database) throws -> [Tier] {
        var patterns: [Int64: [ModelPattern]] = [:]
        let sql = "SELECT tier_id, pattern FROM tier_model ORDER BY tier_id, position"
        for row in try Row.fetchAll(db, sql: sql) {
            guard let pattern = ModelPattern(row["pattern"]) else {
                throw StorageFailure(.invalid, "a tier holds a model pattern that means nothing")
            }
            patterns[row["tier_id"], default: []].append(pattern)
        }
        var ceilings: [Int64: [Extra: USD]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT * FROM tier_ceiling") {
            let extra = try known(Extra(rawValue: row["extra"]))
            ceilings[row["tier_id"], default: [:]][extra] = USD(
                picodollars: row["ceiling_picousd"])
        }
        return try rows(db, "SELECT * FROM tier ORDER BY id") { row in
            try Tier(
                row, models: patterns[row["id"]] ?? [], ceilings: ceilings[row["id"]] ?? [:])
        }
    }

    private func rows<Value>(
        _ db: Database, _ sql: String, _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        try Row.fetchAll(db, sql: sql).map(decode)
    }
}
