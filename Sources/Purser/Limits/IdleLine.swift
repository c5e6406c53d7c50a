/// Remembers when to look whether something may be forgotten: once a minute for each.
///
/// It is asked in passing, so that nothing has to run by itself; each step costs what became due.
struct IdleLine<Element: Sendable>: Sendable {
    /// By the second in which they were put, modulo the number of seconds.
    private var buckets: [[Element]]
    private var second: Int64 = 0

    /// Until what was used in a second is certainly a minute old.
    static var secondCount: Int64 { 61 }

    /// One more than what is remembered, so that no bucket is due and filled in one second.
    private static var bucketCount: Int64 { secondCount + 1 }

    init() {
        buckets = Array(repeating: [], count: Int(IdleLine.bucketCount))
    }

    /// - Parameter second: the present one, or one of the last minute.
    mutating func put(_ element: Element, in second: Int64) {
        buckets[IdleLine.index(second)].append(element)
    }

    /// Takes out what was put a minute ago or earlier; what is still needed must be put again.
    mutating func takeDue(in present: Int64) -> [Element] {
        guard present > second else { return [] }
        var due: [Element] = []
        for step in max(second + 1, present - IdleLine.bucketCount + 1)...present {
            let index = IdleLine.index(step - IdleLine.secondCount)
            due += buckets[index]
            buckets[index] = []
        }
        second = present
        return due
    }

    private static func index(_ second: Int64) -> Int {
        let rest = second % bucketCount
        return Int(rest < 0 ? rest + bucketCount : rest)
    }
}
