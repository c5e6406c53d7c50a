/// How much one of several members may take of what they share.
///
/// Each member who called in the last minute has an equal share. A tenth belongs to nobody: it
/// is there so that whoever comes next need not wait until the others' minute is over. Who is
/// alone therefore has nine tenths.
struct FairShare: Hashable, Sendable {
    /// What all of them may have together.
    var limit: Int64
    /// What all of them have.
    var used: Int64
    /// What the one who asks has.
    var own: Int64
    /// How many share it, the one who asks included.
    var sharerCount: Int
    /// What those wait for who were served less lately than the one who asks.
    var ahead: Int64 = 0

    /// What is kept for whoever comes next: of 1 nothing can be kept.
    var reserve: Int64 { limit < 2 ? 0 : max(1, limit / 10) }

    var share: Int64 { max(1, (limit - reserve) / Int64(max(1, sharerCount))) }

    /// The most that the one who asks may take now; anything less is fine too.
    var room: Int64 {
        let left = limit - used
        guard left > 0 else { return 0 }
        // Who has nothing gets their share, out of the reserve if need be. One call that is
        // larger than a share may have what is free, in turn: who waited for shares to grow to
        // its size could wait for ever.
        if own == 0 {
            return used == 0 && ahead == 0 ? left : max(min(share, left), left - reserve - ahead)
        }
        // Out of the reserve nobody takes more than they leave to the next.
        return max(0, min(share - own, max(left - reserve, (left - own) / 2)))
    }
}
