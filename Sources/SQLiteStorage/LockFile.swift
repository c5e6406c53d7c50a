import Storage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An empty file beside the database that processes lock to agree on something.
///
/// Never the database itself: closing any handle of its own file would drop the locks that
/// SQLite has on it. The system lets go of the lock when the process ends, however it ends.
struct LockFile: Sendable {
    private let descriptor: Int32

    /// Opens or makes the file. Two ways to write one path find the same file, if the database
    /// exists.
    init(beside path: String, suffix: String) throws(StorageFailure) {
        let lockPath = LockFile.withoutLinks(path) + suffix
        descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageFailure(
                .unavailable, "the file \(lockPath) cannot be opened: check its permissions")
        }
    }

    /// Takes the lock for itself alone, unless somebody has it; never waits.
    func take() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    func giveBack() {
        _ = flock(descriptor, LOCK_UN)
    }

    /// Gives the lock back and ends this value's use. Once.
    func discard() {
        close(descriptor)
    }

    /// How many names the file has; 0 if there is none of that name.
    static func linkCount(_ path: String) -> Int {
        var information = stat()
        guard stat(path, &information) == 0 else { return 0 }
        return Int(information.st_nlink)
    }

    private static func withoutLinks(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
