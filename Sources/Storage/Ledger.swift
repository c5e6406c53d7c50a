package import Purser

/// The journal of money: attempts and entries, appended in groups.
///
/// A store decides what a group is: some or all of what is queued, in the order of `append`.
package protocol Ledger: Sendable {
    /// Queues a write and returns at once, from any thread.
    ///
    /// - **Order:** as if the writes were made one after the other, as they were appended.
    /// - **Atomic** with everything else in its group, roll-ups included. A write that breaks a
    ///   rule fails alone; the others of its group are written as if it had not been there.
    /// - **Durable** before `done` hears of success: it outlives the process and the machine's
    ///   power. After a failure it may still be there when the process comes back, as a whole.
    /// - **Visible** to every reader that begins after `done` was called, in any process.
    /// - **Idempotent** by the attempt's id, by an entry's place among its attempt's, and by the
    ///   last name of a generation. A refusal is not: each one counts.
    /// - **Blocks** nothing: `done` is called once for each write, later, on another thread than
    ///   the caller's, and must not block or wait for the ledger.
    ///
    /// Fails with `unavailable` if the store cannot write now, `invalid` or `notFound` if the
    /// write breaks a rule, and `alreadyExists` if another call has the attempt's id.
    func append(
        _ write: LedgerWrite,
        done: @escaping @Sendable (Result<LedgerReceipt, StorageFailure>) -> Void)
}

/// One thing to write.
package enum LedgerWrite: Sendable {
    /// Refused with ``LedgerReceipt/stale`` if the directory has moved on from `revision`, as of
    /// the group's own transaction: whoever changes the directory first, the change holds.
    case attempt(Attempt, revision: Int64)
    /// Nothing if there is an entry in that place. The attempt's own facts come along, so that
    /// roll-ups need no look-up; they must be those it was written with.
    case entry(Entry, of: Attempt)
    /// What the upstream calls an attempt in flight, so that a crash does not lose it. Nothing
    /// for an attempt that has its outcome, or that there is not.
    case generation(String, of: ID<Attempt>)
    /// Counted in the daily roll-up and kept nowhere else.
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
