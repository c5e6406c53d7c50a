package import Storage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The right to serve from a database file, which one process has at a time.
///
/// Budgets are held in a gateway's memory; two gateways on one file would each admit against a
/// book the other does not see. The lock is on a file beside the database, because closing any
/// handle of the database's own file would drop the locks that SQLite has on it. The system
/// releases it when the process ends, however it ends.
package struct ServeLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or throws `inUse` at once.
    ///
    /// Take it after the store is open: two ways to write one path then find the same lock.
    package static func acquire(path: String) throws(StorageFailure) -> ServeLock {
        let lockPath = resolved(path) + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageFailure(
                .unavailable, "the lock file \(lockPath) cannot be opened: check its permissions")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StorageFailure(
                .inUse,
                "another gateway already serves from \(path); SQLite allows one. "
                    + "Use PostgreSQL (--database postgres://…) for several")
        }
        return ServeLock(descriptor: descriptor)
    }

    /// Gives the lock back before the process ends. Call it once.
    package func release() {
        close(descriptor)
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
