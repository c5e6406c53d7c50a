/// How much one of several members may take of what they share.
///
/// Who asked for little in the last minute has what they asked for, and what they leave is for
/// those who want more, up to a level that is the same for all. A tenth belongs to nobody: it is
/// there so that whoever comes next need not wait until the others' minute is over. Who is alone
/// therefore has nine tenths.
struct FairShare: Hashable, Sendable {
    /// What all of them may have together.
    var limit: Int64
    /// What all of them have.
    var used: Int64
    /// What the one who asks has.
    var own: Int64
    /// How many share it, the one who asks included.
    var sharerCount: Int
    /// As much as the one who asks might have, had everybody what they want up to there.
    var level: Int64
    /// The same, if what others have above it cannot be had back now; at first any.
    var levelOfRest = Int64.max
    /// What those wait for who were served less lately than the one who asks.
    var ahead: Int64 = 0

    /// What is kept for whoever comes next: of 1 nothing can be kept.
    static func reserve(of limit: Int64) -> Int64 { limit < 2 ? 0 : max(1, limit / 10) }

    /// What is certain, whatever the others want.
    private var equalShare: Int64 {
        max(1, (limit - FairShare.reserve(of: limit)) / Int64(max(1, sharerCount)))
    }

    /// The most that the one who asks may take now; anything less is fine too.
    var room: Int64 {
        let left = limit - used
        let reserve = FairShare.reserve(of: limit)
        guard left > 0 else { return 0 }
        // Who has nothing gets an equal share, out of the reserve if need be. One call that is
        // larger than that may have what is free, in turn: who waited for shares to grow to its
        // size could wait for ever.
        if own == 0 {
            return used == 0 && ahead == 0
                ? left : max(min(equalShare, left), left - reserve - ahead)
        }
        let common = min(min(level, levelOfRest) - own, left - reserve)
        // Out of the reserve nobody takes more than they leave to the next.
        return max(0, common, min(level - own, (min(left, reserve) - own) / 2))
    }
}
