import GRDB
import Storage

extension DatabaseQueue {
    /// How long a statement waits for another process's write lock, in milliseconds: far above
    /// any transaction of ours, and short enough that a person sees why a command failed.
    static let lockWaitMilliseconds = 5_000

    /// Opens or creates the file in WAL mode, every commit synced, foreign keys enforced.
    ///
    /// WAL and `synchronous` are set here, after opening, and read back: GRDB's own WAL set-up
    /// lowers `synchronous` to NORMAL, which may lose the last commits when the power fails.
    static func durable(
        path: String, label: String, lockWaitMilliseconds: Int = lockWaitMilliseconds
    ) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = label
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            // Pragmas take no bound parameters; the number is ours.
            try db.execute(sql: "PRAGMA busy_timeout = \(lockWaitMilliseconds)")
        }
        let connection = try DatabaseQueue(path: path, configuration: configuration)
        try connection.writeWithoutTransaction { db in
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw StorageFailure(
                    .unavailable,
                    "the database cannot use a write-ahead log here: put it on a local disk")
            }
            try db.execute(sql: "PRAGMA synchronous = FULL")
            let level = try Int.fetchOne(db, sql: "PRAGMA synchronous")
            precondition(level == 2, "each commit reaches the disk before it counts")
        }
        return connection
    }
}
