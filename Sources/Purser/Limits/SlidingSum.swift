/// What was added in the last minute, summed without ever forgetting too early.
///
/// Additions are kept by the tenth of a second. One counts until it is certainly older than a
/// minute, so that no sixty seconds, wherever they begin, hold more than the sum said; at most
/// it counts a tenth of a second too long.
struct SlidingSum: Hashable, Sendable {
    private struct Slot: Hashable {
        var number: Int64
        var amount: Int64
    }

    private static let slotMilliseconds: Int64 = 100
    /// An addition of slot 0 may be of its last millisecond: it is a minute old when slot 601
    /// begins, not when slot 600 does.
    static let slotCount: Int64 = 601

    private(set) var sum: Int64 = 0
    /// In the order of their numbers; at most one for each.
    private var slots: [Slot] = []

    /// When all of it will be forgotten; `nil` if there is nothing.
    var end: Timestamp? { slots.last.map { SlidingSum.end(of: $0.number) } }

    /// The slot that is forgotten first; `nil` if there is nothing.
    var firstSlot: Int64? { slots.first?.number }

    /// Forgets what is certainly older than a minute by then.
    mutating func advance(to instant: Timestamp) {
        let old = slots.prefix { SlidingSum.end(of: $0.number) <= instant }
        guard !old.isEmpty else { return }
        for slot in old { sum -= slot.amount }
        slots.removeFirst(old.count)
    }

    /// - Parameter instant: no earlier than any before.
    mutating func add(_ amount: Int64, at instant: Timestamp) {
        precondition(amount >= 0, "what is taken is counted, and nothing else")
        let number = SlidingSum.slot(of: instant)
        if let last = slots.last, last.number == number {
            slots[slots.count - 1].amount += amount
        } else {
            precondition(slots.last.map { $0.number < number } ?? true, "time goes forwards")
            slots.append(Slot(number: number, amount: amount))
        }
        sum += amount
    }

    /// Takes back what was added at that instant, unless it is forgotten already.
    mutating func takeBack(_ amount: Int64, from instant: Timestamp) {
        let number = SlidingSum.slot(of: instant)
        guard let index = slots.lastIndex(where: { $0.number == number }) else { return }
        slots[index].amount -= amount
        sum -= amount
        precondition(slots[index].amount >= 0, "nobody takes back more than they gave")
    }

    /// When what is left of this sum, and of a part of it, fits for the first time; `nil` if the
    /// passing of time alone never makes it fit.
    func instantWithRoom(
        part: SlidingSum, _ fits: (_ sum: Int64, _ partSum: Int64) -> Bool
    ) -> Timestamp? {
        var left = sum
        var partLeft = part.sum
        var partSlots = part.slots[...]
        for slot in slots {
            left -= slot.amount
            while let first = partSlots.first, first.number <= slot.number {
                partLeft -= first.amount
                partSlots.removeFirst()
            }
            if fits(left, partLeft) { return SlidingSum.end(of: slot.number) }
        }
        return nil
    }

    static func slot(of instant: Timestamp) -> Int64 {
        instant.milliseconds.dividedRoundingDown(by: slotMilliseconds)
    }

    private static func end(of number: Int64) -> Timestamp {
        Timestamp(milliseconds: (number + slotCount) * slotMilliseconds)
    }
}
