import GRDB
package import Purser
package import Storage

extension SQLiteStore: ModelLists {
    /// No change of the directory: the revision stays, so that no call is judged again for it.
    package func keepModelList(_ body: String, at now: Timestamp) throws(StorageFailure) {
        do {
            try write { db in
                try db.execute(
                    sql: """
                        INSERT INTO model_list (id, fetched_at_ms, body) VALUES (1, ?, ?)
                        ON CONFLICT (id) DO UPDATE
                            SET fetched_at_ms = excluded.fetched_at_ms, body = excluded.body
                            WHERE excluded.fetched_at_ms >= fetched_at_ms
                        """,
                    arguments: [now.milliseconds, body])
            }
        } catch {
            throw StorageFailure(error)
        }
    }

    package func modelList() throws(StorageFailure) -> (body: String, fetchedAt: Timestamp)? {
        try read(directory) { db in
            try Row.fetchOne(db, sql: "SELECT * FROM model_list").map { row in
                (row["body"], row.instant("fetched_at_ms"))
            }
        }
    }
}
