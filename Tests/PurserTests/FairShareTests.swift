import TestSupport
import Testing

@testable import Purser

/// What the members of a tier share.
struct FairShareTests {
    private static func some(_ count: Int, _ used: Int64, _ demand: Int64) -> [RateNeed] {
        Array(repeating: RateNeed(used: used, demand: demand), count: count)
    }

    /// Of a hundred: what the others have and want, what the one who asks has, and the room.
    private static let rooms: [(others: [RateNeed], own: Int64, room: Int64)] = [
        // Alone: nine tenths, and the rest stays for the next.
        ([], 0, 100), ([], 89, 1), ([], 90, 0),
        // Who leaves something leaves it to the one who wants more.
        (some(19, 1, 1), 1, 70),
        (some(19, 1, 1), 71, 0),
        (some(19, 0, 1), 1, 70),
        (some(18, 1, 1) + some(1, 1, 500), 1, 35),
        (some(18, 1, 1) + some(1, 36, 500), 36, 0),
        // All want more than there is.
        (some(19, 1, 500), 1, 3),
        (some(19, 4, 500), 4, 0),
        (some(19, 4, 500), 3, 1),
        (some(49, 2, 9), 1, 0),
        // What somebody has of the others' is not had back at once; the rest is for those
        // who have least.
        (some(1, 80, 500), 1, 9), (some(1, 40, 500) + some(1, 40, 500), 1, 9),
        (some(1, 80, 80) + some(1, 1, 500), 1, 4),
        (some(1, 80, 500) + some(1, 0, 3), 1, 6), (some(1, 80, 500) + some(1, 0, 500), 5, 2),
        (some(1, 85, 500), 85, 0),
        // Somebody new takes from the reserve, and leaves as much as they take.
        (some(1, 90, 500), 0, 10), (some(1, 90, 500), 4, 1), (some(1, 90, 500), 5, 0),
        (some(1, 90, 500) + some(1, 5, 500), 0, 5), (some(1, 90, 500) + some(1, 9, 9), 0, 1),
        (some(1, 100, 100), 0, 0),
        (some(1, 130, 130), 0, 0), (some(1, 99, 500), 1, 0),
    ]

    @Test(arguments: FairShareTests.rooms)
    func `what some leave is shared by those who want more`(
        others: [RateNeed], own: Int64, room: Int64
    ) {
        // Whatever the one who asks has asked for before, it is the same.
        for asked in [own, own + 3, own + 1_000] {
            var tally = DemandTally()
            for other in others { tally.replace(RateNeed(), by: other) }
            let need = RateNeed(used: own, demand: asked)
            tally.replace(RateNeed(), by: need)
            let used = others.reduce(own) { $0 + $1.used }
            let share = FairShare(
                limit: 100, used: used, own: own, sharerCount: others.count + 1,
                level: tally.level(of: 90, for: need),
                levelOfRest: tally.levelOfRest(of: 90 - used + own, for: need))
            #expect(share.room == room)
            #expect(share.room <= max(0, 100 - used))
        }
    }

    @Test(
        arguments: [
            (2, 1, 1, 1, 0), (1, 0, 0, 1, 1), (1, 1, 1, 1, 0), (0, 0, 0, 1, 0),
            // One call that is larger than a share may have what nobody uses.
            (1_000, 0, 0, 10, 1_000), (1_000, 300, 0, 10, 600), (1_000, 850, 0, 10, 90),
            // More members than there is to share.
            (10, 3, 0, 50, 6), (10, 9, 0, 50, 1),
        ] as [(Int64, Int64, Int64, Int, Int64)])
    func `who has nothing has an equal share for certain, or in turn what is free`(
        limit: Int64, used: Int64, own: Int64, sharers: Int, room: Int64
    ) {
        var share = FairShare(
            limit: limit, used: used, own: own, sharerCount: sharers, level: 0)
        #expect(share.room == room)
        share.ahead = limit
        #expect(share.room <= max(1, limit / Int64(sharers)))
    }

    /// By hand, one after another.
    private func level(
        _ needs: [RateNeed], of amount: Int64, holds: (RateNeed, Int64) -> Int64
    ) -> Int64 {
        var (low, high) = (Int64(0), amount)
        while low < high {
            let middle = high - (high - low) / 2
            let sum = needs.reduce(middle) { $0 + holds($1, middle) }
            if sum <= amount { low = middle } else { high = middle - 1 }
        }
        return low
    }

    @Test(arguments: UInt64(0)..<30)
    func `a level is what it is when all members are gone through`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let size = Int64(1) << Int64.random(in: 2...20, using: &random)
        var needs = Array(repeating: RateNeed(), count: Int.random(in: 1...60, using: &random))
        var tally = DemandTally()
        for _ in 0..<300 {
            let index = Int.random(in: needs.indices, using: &random)
            let used = Int64.random(in: 0...size, using: &random)
            let more = Bool.random(using: &random) ? Int64.random(in: 0...size, using: &random) : 0
            let need = RateNeed(used: used, demand: used + more)
            tally.replace(needs[index], by: need)
            needs[index] = need
            let asking = Int.random(in: needs.indices, using: &random)
            var others = needs
            others.remove(at: asking)
            let amount = Int64.random(in: 0...size * 20, using: &random)
            let level = level(others, of: amount) { min($0.demand, $1) }
            let found = tally.level(of: amount, for: needs[asking])
            #expect(abs(found - level) <= level / 32 + 1)
            let rest = self.level(others, of: amount) { min($0.demand, $1) - min($0.used, $1) }
            let foundRest = tally.levelOfRest(of: amount, for: needs[asking])
            #expect(abs(foundRest - rest) <= rest / 32 + 1)
            if level < 32 { #expect(found == level) }
            if rest < 32 { #expect(foundRest == rest) }
        }
    }

    @Test func `what members want is forgotten to the tenth of a second`() {
        var town = RateTown()
        town.tier.rates.tier.requestsPerMinute = 100
        func taken(_ member: Int64, _ count: Int, at milliseconds: Int64) -> Int {
            (0..<count).count { _ in
                town.ask(town.caller(member), at: Timestamp(milliseconds: milliseconds)).isTaken
            }
        }
        // Both ask for more than there is; then one of them is quiet, but for a call.
        #expect(taken(2, 1, at: 500) == 1)
        #expect(taken(1, 500, at: 1_000) == 89)
        #expect(taken(2, 500, at: 1_000) == 4)
        #expect(taken(2, 1, at: 50_000) == 0)
        #expect(taken(1, 500, at: 61_099) == 0)
        // Of the second what is left is one call that was refused: nine tenths but that.
        #expect(taken(1, 500, at: 61_100) == 89)
        #expect(taken(2, 500, at: 61_100) == 5)
        #expect(town.book.scopeCount == 3)
    }

    @Test
    func `in the long run nobody has more than a fair share, and who wants more has all of it`() {
        for (greedy, expected) in [(1, 71), (2, 36), (20, 4)] {
            var town = RateTown()
            town.tier.rates.tier.requestsPerMinute = 100
            var taken: [Int64: [Int64]] = [:]
            // Five times a second, and in every order.
            for tenth in stride(from: Int64(0), to: 1_800, by: 2) {
                let now = Timestamp(milliseconds: tenth * 100)
                for step in Int64(0)..<20 {
                    let member = (step * 7 + tenth) % 20
                    guard member < greedy || tenth % 600 == member * 30 else { continue }
                    if town.ask(town.caller(member), at: now).isTaken {
                        taken[member, default: []].append(tenth)
                    }
                }
            }
            for member in 0..<Int64(20) {
                let count = (taken[member] ?? []).count { (1_200..<1_800).contains($0) }
                let most = member < greedy ? expected : 1
                #expect(abs(count - most) <= most / 8, "\(greedy) \(member) \(count)")
            }
        }
    }

    @Test(arguments: CrowdKind.allCases, UInt64(0)..<8)
    func `greedy members never keep a modest one from a fair share`(kind: CrowdKind, seed: UInt64) {
        var crowd = Crowd(kind, seed: seed)
        crowd.run(seconds: 130, modest: .silent)
        // They come to a full tier, and need not wait.
        let isLetIn = crowd.modestTries()
        #expect(isLetIn)
        crowd.run(seconds: 62, modest: .eager)
        #expect(crowd.usedByModest >= crowd.share)
        crowd.run(seconds: 200, modest: .withinShare)
        #expect(crowd.longestWait <= 61_000)
        // In more than three minutes, with a little hesitation each time.
        #expect(crowd.takenWithinShare * 2 >= crowd.callsOfShare * 3)
        #expect(crowd.usedMost <= crowd.limit)
    }

    @Test(arguments: CrowdKind.allCases)
    func `who is alone has all but a tenth, before others come and after they left`(
        kind: CrowdKind
    ) {
        var crowd = Crowd(kind, seed: 1, greedyCount: 1)
        crowd.run(seconds: 70, modest: .silent)
        #expect(crowd.usedByGreedy == crowd.limit - crowd.limit / 10)
        crowd.run(seconds: 70, modest: .eager)
        #expect(crowd.usedByGreedy <= crowd.limit / 2)
        crowd.run(seconds: 130, modest: .silent)
        #expect(crowd.usedByGreedy == crowd.limit - crowd.limit / 10)
    }

    @Test func `several who are new have something each, though a hog had everything`() {
        var town = RateTown()
        town.tier.rates.tier.requestsPerMinute = 100
        let now = Timestamp(milliseconds: 5_000)
        let taken = (1...5).map { member in
            (0..<1_000).count { _ in town.ask(town.caller(member), at: now).isTaken }
        }
        #expect(taken == [90, 5, 2, 1, 1])
    }

    @Test func `members whose calls are larger than a share are served in turn`() {
        var town = RateTown()
        town.tier.rates.tier.tokensPerMinute = 10_000
        var served: [Int64: Int] = [:]
        // The first asks ten times as often, and always before the others.
        for tenth in Int64(0)..<(20 * 600) {
            let now = Timestamp(milliseconds: tenth * 100)
            for member in Int64(1)...6 where member == 1 || tenth % 10 == 0 {
                let call = town.ask(town.caller(member), tokens: 4_000, at: now)
                if call.isTaken {
                    served[member, default: 0] += 1
                    town.book.finish(call.attempt, tokens: 4_000, at: now)
                }
            }
        }
        // Two a minute: nearly seven for each in twenty minutes.
        #expect(served.values.reduce(0, +) >= 36)
        #expect((1...6).allSatisfy { (5...8).contains(served[$0] ?? 0) }, "\(served)")
    }

    @Test func `a call that fits beside nobody does not stop the others`() {
        var town = RateTown()
        town.tier.rates.tier.tokensPerMinute = 10_000
        var served = 0
        for second in Int64(0)..<1_200 {
            let now = Timestamp(milliseconds: second * 1_000)
            for (member, tokens) in [(Int64(1), Int64(9_900)), (2, 100), (3, 4_000)] {
                let call = town.ask(town.caller(member), tokens: tokens, at: now)
                guard call.isTaken else { continue }
                if member == 3 { served += 1 }
                town.book.finish(call.attempt, tokens: tokens, at: now)
            }
        }
        #expect(served >= 5)
    }
}

/// What the members of a crowd want of their tier.
enum CrowdKind: CaseIterable { case requests, tokens, parallel }

/// Members who want as much as they can get, and one who does not.
struct Crowd {
    enum Modest { case silent, eager, withinShare }

    let limit: Int64
    let share: Int64
    var callsOfShare: Int { Int(share / unit) }
    /// In milliseconds, from the first refusal to being let in.
    private(set) var longestWait: Int64 = 0
    private var refusedSince: Timestamp?
    private(set) var takenWithinShare = 0
    private(set) var usedMost: Int64 = 0

    private let kind: CrowdKind
    private let greedyCount: Int64
    private let unit: Int64
    private var town = RateTown()
    private var now = Timestamp(milliseconds: 1_000_000)
    private var random: SeededGenerator
    private var calls: [Call] = []

    private struct Call {
        var member: Int64
        var attempt: ID<Attempt>
        var start: Timestamp
        var end: Timestamp
        var hasEnded = false
    }

    private static let modest: Int64 = 0

    init(_ kind: CrowdKind, seed: UInt64, greedyCount: Int64? = nil) {
        self.kind = kind
        random = SeededGenerator(seed: seed)
        self.greedyCount = greedyCount ?? Int64.random(in: 1...7, using: &random)
        unit = kind == .tokens ? 10 : 1
        limit = Int64.random(in: 2...9, using: &random) * 10 * unit
        switch kind {
        case .requests: town.tier.rates.tier.requestsPerMinute = limit
        case .tokens: town.tier.rates.tier.tokensPerMinute = limit
        case .parallel: town.tier.rates.tier.parallel = limit
        }
        share = (limit - limit / 10) / (self.greedyCount + 1) / unit * unit
    }

    var usedByModest: Int64 { used(by: [Crowd.modest]) }

    var usedByGreedy: Int64 { used(by: 1...greedyCount) }

    /// By its own count: of the last minute, of what may still come, or of now.
    private func used(by members: some Sequence<Int64>) -> Int64 {
        let members = Set(members)
        let count = calls.count { call in
            guard members.contains(call.member) else { return false }
            let isOpen = !call.hasEnded
            switch kind {
            case .requests: return call.start.milliseconds + 60_000 > now.milliseconds
            case .tokens: return isOpen || call.end.milliseconds + 60_000 > now.milliseconds
            case .parallel: return isOpen
            }
        }
        return Int64(count) * unit
    }

    mutating func modestTries() -> Bool { ask(Crowd.modest) }

    mutating func run(seconds: Int64, modest: Modest) {
        let end = now.adding(seconds: seconds)
        while now < end {
            now.milliseconds += Int64.random(in: 100...400, using: &random)
            finishCalls()
            for member in (1...greedyCount).shuffled(using: &random) {
                while ask(member) {}
            }
            switch modest {
            case .silent: break
            case .eager: while ask(Crowd.modest) {}
            case .withinShare: askWithinShare()
            }
            usedMost = max(usedMost, used(by: 0...greedyCount))
        }
    }

    private mutating func askWithinShare() {
        // What the book counts for a tenth of a second longer is left out of account.
        let last = now
        now.milliseconds -= 100
        let used = usedByModest
        now = last
        guard used + unit <= share, Int.random(in: 0..<4, using: &random) == 0 else { return }
        let isTaken = ask(Crowd.modest)
        longestWait = max(longestWait, now.milliseconds - (refusedSince ?? now).milliseconds)
        refusedSince = isTaken ? nil : refusedSince ?? now
        if isTaken { takenWithinShare += 1 }
    }

    private mutating func ask(_ member: Int64) -> Bool {
        let tokens = kind == .tokens ? unit : 0
        let call = town.ask(town.caller(member), tokens: tokens, at: now)
        guard call.isTaken else { return false }
        let length = Int64.random(in: 0...3_000, using: &random)
        calls.append(
            Call(
                member: member, attempt: call.attempt, start: now,
                end: Timestamp(milliseconds: now.milliseconds + length)))
        return true
    }

    private mutating func finishCalls() {
        calls.removeAll { $0.hasEnded && $0.end.adding(seconds: 61) < now }
        for index in calls.indices where !calls[index].hasEnded && calls[index].end <= now {
            calls[index].hasEnded = true
            calls[index].end = now
            town.book.finish(
                calls[index].attempt, tokens: kind == .tokens ? unit : 0, at: now)
        }
    }
}
