package import Storage

/// The right to serve from a database file, which one process has at a time.
///
/// Budgets are held in a gateway's memory; two gateways on one file would each admit against a
/// book the other does not see. The system gives the lock back when the process ends.
package struct ServeLock: Sendable {
    private let file: LockFile

    /// Takes the lock, or throws `inUse` at once.
    ///
    /// Take it after the store is open: two ways to write one path then find the same lock.
    package static func acquire(path: String) throws(StorageFailure) -> ServeLock {
        guard LockFile.linkCount(path) <= 1 else {
            throw StorageFailure(
                .invalid,
                "\(path) has a second name (a hard link), and through it another gateway could "
                    + "write to the same data: remove one of the names")
        }
        let file = try LockFile(beside: path, suffix: ".lock")
        guard file.take() else {
            file.discard()
            throw StorageFailure(
                .inUse,
                "another gateway already serves from \(path); SQLite allows one. "
                    + "Use PostgreSQL (--database postgres://…) for several")
        }
        return ServeLock(file: file)
    }

    /// Gives the lock back before the process ends. Call it once.
    package func release() {
        file.discard()
    }
}
