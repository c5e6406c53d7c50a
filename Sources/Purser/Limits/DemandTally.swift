/// What one member has of something shared, and what they asked for of it.
struct RateNeed: Hashable, Sendable {
    var used: Int64 = 0
    /// Never less than what is used.
    var demand: Int64 = 0
}

/// What all members of a tier have of one thing and want of it, kept so that a fair level is found
/// in a few steps however many they are.
///
/// Amounts are kept by their size: singly below 32, and otherwise in classes of at most a
/// thirty-second of their size. Levels are exact at the edges of a class, and on a straight line
/// between them; so they are a thirty-second beside the truth at most. What is left of a limit is
/// counted elsewhere, and exactly.
struct DemandTally: Sendable {
    private struct Sums {
        var demandCount: Int64 = 0
        var demand: Int64 = 0
        var usedCount: Int64 = 0
        var used: Int64 = 0

        static func += (sums: inout Sums, other: Sums) {
            sums.demandCount += other.demandCount
            sums.demand += other.demand
            sums.usedCount += other.usedCount
            sums.used += other.used
        }
    }

    private static let classBits: Int64 = 5
    /// Far above any real demand; larger ones are as good as equal. With a million members
    /// everything stays in range.
    private static let amountBits: Int64 = 40
    private static let amountMax: Int64 = (1 << amountBits) - 1
    private static let classCount = Int((amountBits - classBits + 1) << classBits)

    /// A binary indexed tree: one at `i` sums the classes from `i - (i & -i)` to below `i`.
    private var tree: [Sums] = []
    private var total = Sums()

    mutating func replace(_ old: RateNeed, by new: RateNeed) {
        if tree.isEmpty { tree = Array(repeating: Sums(), count: DemandTally.classCount + 1) }
        if old.demand != new.demand {
            move(old.demand, to: new.demand) { Sums(demandCount: $0, demand: $1) }
        }
        if old.used != new.used {
            move(old.used, to: new.used) { Sums(usedCount: $0, used: $1) }
        }
    }

    /// The fair level of an amount, for one who wants as much as there is: it is used up if
    /// everybody has what they want, but no more than the level.
    ///
    /// - Parameter need: of the one who asks, as it is counted here.
    func level(of amount: Int64, for need: RateNeed) -> Int64 {
        let own = min(need.demand, DemandTally.amountMax)
        return level(of: amount) { sums, level in
            demand(sums, upTo: level) - min(own, level) + level
        }
    }

    /// The level to which an amount lifts those who want more than they have, the lowest first,
    /// if one of them wants as much as there is; what somebody has above it, they keep.
    ///
    /// - Parameter amount: what there is to give, and what the one who asks has.
    func levelOfRest(of amount: Int64, for need: RateNeed) -> Int64 {
        let own = min(need.demand, DemandTally.amountMax)
        let ownUsed = min(need.used, DemandTally.amountMax)
        return level(of: amount) { sums, level in
            let wanted = demand(sums, upTo: level) - min(own, level)
            return wanted - (used(sums, upTo: level) - min(ownUsed, level)) + level
        }
    }

    /// The largest level at which a function that never falls is no more than that.
    private func level(of amount: Int64, _ function: (Sums, Int64) -> Int64) -> Int64 {
        guard amount > 0, !tree.isEmpty else { return max(0, amount) }
        var index = 0
        var below = Sums()
        var found: Int64 = 0
        var above: Int64?
        var step = 1 << (Int.bitWidth - 1 - DemandTally.classCount.leadingZeroBitCount)
        while step > 0 {
            defer { step >>= 1 }
            let next = index + step
            guard next <= DemandTally.classCount else { continue }
            var sums = below
            sums += tree[next]
            let value = function(sums, DemandTally.least(next))
            if value <= amount {
                (index, below, found) = (next, sums, value)
            } else {
                above = value
            }
        }
        let least = DemandTally.least(index)
        // Above all that anybody wants, everything is left to the one who asks.
        guard let above else { return least + (amount - found) }
        let width = Int128(DemandTally.least(index + 1) - least)
        return least + Int64(Int128(amount - found) * width / Int128(above - found))
    }

    private func demand(_ below: Sums, upTo level: Int64) -> Int64 {
        below.demand + (total.demandCount - below.demandCount) * level
    }

    private func used(_ below: Sums, upTo level: Int64) -> Int64 {
        below.used + (total.usedCount - below.usedCount) * level
    }

    private mutating func move(_ old: Int64, to new: Int64, _ sums: (Int64, Int64) -> Sums) {
        let old = min(old, DemandTally.amountMax)
        let new = min(new, DemandTally.amountMax)
        let (from, to) = (DemandTally.index(old), DemandTally.index(new))
        // Who wants nothing need not be counted.
        if from == to, old > 0, new > 0 {
            add(sums(0, new - old), to: from)
        } else {
            if old > 0 { add(sums(-1, -old), to: from) }
            if new > 0 { add(sums(1, new), to: to) }
        }
    }

    private mutating func add(_ sums: Sums, to index: Int) {
        total += sums
        var position = index + 1
        while position <= DemandTally.classCount {
            tree[position] += sums
            position += position & -position
        }
    }

    /// The class of an amount.
    private static func index(_ amount: Int64) -> Int {
        guard amount >> classBits > 0 else { return Int(amount) }
        let shift = Int64(Int64.bitWidth - 1 - amount.leadingZeroBitCount) - classBits
        return Int((shift << classBits) + (amount >> shift))
    }

    /// The least amount of a class.
    private static func least(_ index: Int) -> Int64 {
        let shift = max(0, (Int64(index) >> classBits) - 1)
        return (Int64(index) - (shift << classBits)) << shift
    }
}
