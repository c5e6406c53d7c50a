/// Remembers when to look whether something has aged, or may be forgotten: a minute after the slot
/// of a ``SlidingSum`` in which it was put.
///
/// It is asked in passing, so that nothing has to run by itself; each step costs what became due.
struct IdleLine<Element: Sendable>: Sendable {
    /// By the slot in which they were put, modulo the number of slots.
    private var buckets: [[Element]]
    private var slot: Int64 = 0

    /// One more than what is remembered, so that no bucket is due and filled in one slot.
    private static var bucketCount: Int64 { SlidingSum.slotCount + 1 }

    init() {
        buckets = Array(repeating: [], count: Int(IdleLine.bucketCount))
    }

    /// - Parameter slot: the present one, or one of the last minute.
    mutating func put(_ element: Element, in slot: Int64) {
        buckets[IdleLine.index(slot)].append(element)
    }

    /// Takes out what was put a minute ago or earlier; what is still needed must be put again.
    mutating func takeDue(in present: Int64) -> [Element] {
        guard present > slot else { return [] }
        var due: [Element] = []
        for step in max(slot + 1, present - IdleLine.bucketCount + 1)...present {
            let index = IdleLine.index(step - SlidingSum.slotCount)
            guard !buckets[index].isEmpty else { continue }
            due += buckets[index]
            buckets[index] = []
        }
        slot = present
        return due
    }

    private static func index(_ slot: Int64) -> Int {
        let rest = slot % bucketCount
        return Int(rest < 0 ? rest + bucketCount : rest)
    }
}
