package import Purser

/// The newest list of models that the upstream gave, for those who judge without asking it.
///
/// No part of the directory: keeping one raises no revision, and what is decided on a list that
/// is gone is not decided again. Calls block until they are on disk: never make them on an event
/// loop. Throws `unavailable` if the store cannot be written or read.
package protocol ModelLists: Sendable {
    /// Keeps the answer of the upstream, as it came, in place of one that was fetched before
    /// `now`; an older one is left out. Idempotent. `invalid` for an empty text.
    func keepModelList(_ body: String, at now: Timestamp) throws(StorageFailure)

    /// The one that was kept; `nil` if none was.
    func modelList() throws(StorageFailure) -> (body: String, fetchedAt: Timestamp)?
}
