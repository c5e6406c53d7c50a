/// A member's place among those whose calls are larger than a share: who was served least lately
/// comes first.
struct SharePlace: Hashable, Sendable {
    /// The tokens of the call that was last refused; 0 if nobody waits for any.
    private(set) var tokens: Int64 = 0
    private var since = Timestamp(milliseconds: 0)
    /// Since when nobody was before it; `nil` while somebody is.
    private var firstSince: Timestamp?
    /// `nil` if nobody was.
    private var servedAt: Timestamp?

    /// As long as anything that has ended can stand in the way of the first.
    private static let firstSecondsMax: Int64 = 61

    /// A call was refused that might have had what others share. What cannot be served for a
    /// minute though it is first does not fit beside what others have a right to: it goes to the
    /// end, and must not keep them waiting for ever.
    mutating func wait(for tokens: Int64, isFirst: Bool, at now: Timestamp) {
        if self.tokens == 0 { since = now }
        self.tokens = tokens
        guard isFirst else {
            firstSince = nil
            return
        }
        let first = firstSince ?? now
        firstSince = first
        if first.adding(seconds: SharePlace.firstSecondsMax) < now {
            servedAt = now
            since = now
            firstSince = nil
        }
    }

    mutating func serve(at now: Timestamp) {
        tokens = 0
        firstSince = nil
        servedAt = now
    }

    /// Among those who wait, the lesser comes first.
    var order: (servedAt: Int64, since: Int64) {
        (servedAt?.milliseconds ?? .min, since.milliseconds)
    }

    /// Whether it comes before another one that asks now.
    func isBefore(_ other: SharePlace, at now: Timestamp) -> Bool {
        guard tokens > 0 else { return false }
        switch (servedAt, other.servedAt) {
        case (nil, .some): return true
        case (.some, nil): return false
        case (let mine?, let theirs?) where mine != theirs: return mine < theirs
        default: return since < (other.tokens > 0 ? other.since : now)
        }
    }
}
