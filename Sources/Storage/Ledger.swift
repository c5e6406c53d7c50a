package import Purser

/// The journal of money: attempts and entries, appended in groups.
package protocol Ledger: Sendable {
    /// Queues a write and returns at once; `done` is called on another thread when the group
    /// that holds it is on disk, or has failed, or when the write was refused before it was
    /// queued.
    ///
    /// Atomic with everything else in its group, roll-ups included. Idempotent by the attempt's
    /// id and, for entries that are not corrections, by there being one per attempt.
    func append(
        _ write: LedgerWrite,
        done: @escaping @Sendable (Result<LedgerReceipt, StorageFailure>) -> Void)
}

/// One thing to write.
package enum LedgerWrite: Sendable {
    /// Refused with ``LedgerReceipt/stale`` if the directory has moved on from `revision`.
    case attempt(Attempt, revision: Int64)
    /// The attempt's own facts come along, so that roll-ups need no look-up.
    case entry(Entry, of: Attempt)
    /// What the upstream calls an attempt in flight, so that a crash does not lose it. Nothing
    /// for an attempt that has its outcome, or that there is not.
    case generation(String, of: ID<Attempt>)
    case refusal(RefusedCall)
    /// Writes nothing: asks whether `revision` still holds.
    case confirm(revision: Int64)
}

/// What became of a write.
package enum LedgerReceipt: Hashable, Sendable {
    case written
    /// The directory has changed: load the roster and decide anew. Nothing was written.
    case stale
}
