import GRDB
package import Purser
package import Storage

/// The directory and the history, in one SQLite file.
///
/// Any number of processes may have it open at once. Two connections, because a long report must
/// not delay the roster that a changed key waits for.
package final class SQLiteStore: Directory, History, Sendable {
    let directory: DatabaseQueue
    let history: DatabaseQueue
    let zone: @Sendable (String) -> Zone?
    private let turnstile: Turnstile

    /// Opens the file, and creates or migrates it where needed.
    ///
    /// `zone` finds a time zone by its IANA name. Throws `schemaTooNew` for a newer Purser's
    /// file and `invalid` for another program's.
    package static func open(
        path: String, zone: @escaping @Sendable (String) -> Zone?
    ) throws(StorageFailure) -> SQLiteStore {
        do {
            let directory = try DatabaseQueue.durable(path: path, label: "purser.directory")
            try Migration.run(on: directory)
            let history = try DatabaseQueue.durable(path: path, label: "purser.history")
            return SQLiteStore(
                directory: directory, history: history, zone: zone,
                turnstile: try Turnstile(path: path))
        } catch {
            throw StorageFailure(error)
        }
    }

    private init(
        directory: DatabaseQueue, history: DatabaseQueue,
        zone: @escaping @Sendable (String) -> Zone?, turnstile: Turnstile
    ) {
        self.directory = directory
        self.history = history
        self.zone = zone
        self.turnstile = turnstile
    }

    deinit {
        turnstile.discard()
    }
}

extension SQLiteStore {
    /// Runs one change of the directory: one transaction that holds the write lock from the
    /// start and raises the revision by one, or changes nothing at all.
    func change<Value>(_ body: (Database) throws -> Value) throws(StorageFailure) -> Value {
        do {
            return try write { db in
                let value = try body(db)
                try db.execute(sql: "UPDATE organisation SET revision = revision + 1")
                return value
            }
        } catch {
            throw StorageFailure(error)
        }
    }

    /// One transaction that holds the write lock from the start, let in by a busy ledger.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try directory.writeWithoutTransaction { db in
            try turnstile.announce {
                try db.inTransaction(.immediate) {
                    value = try body(db)
                    return .commit
                }
            }
        }
        guard let value else { preconditionFailure("a committed write has a value") }
        return value
    }

    /// Reads from one snapshot.
    func read<Value>(
        _ connection: DatabaseQueue, _ body: (Database) throws -> Value
    ) throws(StorageFailure) -> Value {
        do {
            return try connection.read(body)
        } catch {
            throw StorageFailure(error)
        }
    }
}
