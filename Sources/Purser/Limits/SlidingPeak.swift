/// The most that something was in the last minute, forgotten when a ``SlidingSum`` would forget it.
struct SlidingPeak: Hashable, Sendable {
    private struct Slot: Hashable {
        var number: Int64
        var amount: Int64
    }

    /// In the order of their numbers, and of their amounts, the largest first: what is both older
    /// and no larger than another can never be the most again.
    private var slots: [Slot] = []

    var most: Int64 { slots.first?.amount ?? 0 }

    /// The slot that is forgotten first; `nil` if there is nothing.
    var firstSlot: Int64? { slots.first?.number }

    mutating func advance(to instant: Timestamp) {
        let slot = SlidingSum.slot(of: instant)
        let old = slots.prefix { $0.number + SlidingSum.slotCount <= slot }
        if !old.isEmpty { slots.removeFirst(old.count) }
    }

    /// - Parameter instant: no earlier than any before.
    mutating func note(_ amount: Int64, at instant: Timestamp) {
        while let last = slots.last, last.amount <= amount { slots.removeLast() }
        slots.append(Slot(number: SlidingSum.slot(of: instant), amount: amount))
    }
}
