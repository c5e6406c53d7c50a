import Storage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Lets a rare change of the directory in between two groups of a busy ledger.
///
/// SQLite's write lock has no queue: who waits for it looks again after longer and longer
/// pauses, and a ledger that commits without pause takes it anew within microseconds, so that a
/// command could wait for seconds. Whoever changes the directory therefore locks a file beside
/// the database while it waits, and the ledger makes way for a moment when it sees that.
///
/// A courtesy, not a safeguard: nobody waits for it without an end, and a process that is
/// stopped with the lock in hand slows the ledger down, no more.
struct Turnstile: Sendable {
    private let file: LockFile

    /// How often, a millisecond apart, the ledger looks again before it goes on anyway: long
    /// enough for SQLite's first pauses (1, 2, 5 and 10 ms), short beside an upstream's answer.
    private static let looksMax = 30
    /// A change that is announced looks again because the ledger, too, has the lock while it looks.
    private static let announcementsMax = 3

    init(path: String) throws(StorageFailure) {
        file = try LockFile(beside: path, suffix: ".turn")
    }

    /// Runs a change while the ledger makes way for it.
    func announce<Value>(_ change: () throws -> Value) rethrows -> Value {
        // If another process has announced one, the way is clear for this one too.
        let isMine = take(looksMax: Turnstile.announcementsMax)
        defer { if isMine { file.giveBack() } }
        return try change()
    }

    /// Waits a moment if a change is announced.
    func makeWay() {
        if take(looksMax: Turnstile.looksMax) { file.giveBack() }
    }

    /// Once, when its owner is done with it.
    func discard() {
        file.discard()
    }

    private func take(looksMax: Int) -> Bool {
        for look in 1...looksMax {
            if file.take() { return true }
            if look < looksMax { usleep(1_000) }
        }
        return false
    }
}
