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
    /// A file of another program's is refused before that, because WAL mode is written into it.
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
        try connection.read { db in
            try Migration.requireOurs(db)
        }
        try connection.writeWithoutTransaction { db in
            guard try switchToWAL(db) == "wal" else {
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

    /// Nothing to do for a file that has been in WAL mode before.
    ///
    /// Processes that make the file together can stand in each other's way here, and SQLite then
    /// says "busy" at once, because waiting would never end. Taking and leaving the write lock
    /// waits, as long as any statement would, until another one is through.
    private static func switchToWAL(_ db: Database) throws -> String? {
        // As many processes as anybody starts together; each round, one of them gets through.
        for _ in 1..<100 {
            do {
                return try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
            } catch DatabaseError.SQLITE_BUSY {
                try db.inTransaction(.immediate) { .rollback }
            }
        }
        return try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
    }
}
