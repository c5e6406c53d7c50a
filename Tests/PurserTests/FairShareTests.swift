import TestSupport
import Testing

@testable import Purser

/// What the members of a tier share.
struct FairShareTests {
    @Test(
        arguments: [
            // Alone: nine tenths, and the rest stays for the next.
            (100, 0, 0, 1, 100), (100, 89, 89, 1, 1), (100, 90, 90, 1, 0), (2, 1, 1, 1, 0),
            (1, 0, 0, 1, 1), (1, 1, 1, 1, 0), (0, 0, 0, 1, 0),
            // Two: half of nine tenths each, whatever the other does with theirs.
            (100, 40, 40, 2, 5), (100, 45, 45, 2, 0), (100, 45, 0, 2, 45),
            // Somebody new takes from the reserve, and leaves as much as they take.
            (100, 90, 0, 2, 10), (100, 94, 4, 2, 1), (100, 95, 5, 2, 0), (100, 95, 0, 3, 5),
            (100, 99, 0, 4, 1), (100, 100, 0, 5, 0), (100, 130, 0, 5, 0),
            // One call that is larger than a share may have what nobody uses.
            (1_000, 0, 0, 10, 1_000), (1_000, 300, 0, 10, 600), (1_000, 300, 1, 10, 89),
            (1_000, 850, 0, 10, 90),
            // More members than there is to share.
            (10, 3, 0, 50, 6), (10, 3, 1, 50, 0),
        ] as [(Int64, Int64, Int64, Int, Int64)])
    func `there is room for a share, from what is left`(
        limit: Int64, used: Int64, own: Int64, sharers: Int, room: Int64
    ) {
        let share = FairShare(limit: limit, used: used, own: own, sharerCount: sharers)
        #expect(share.room == room)
        #expect(share.room <= max(0, limit - used))
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
        #expect(crowd.refusedWithinShare == 0)
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
    private(set) var refusedWithinShare = 0
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
        if ask(Crowd.modest) { takenWithinShare += 1 } else { refusedWithinShare += 1 }
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
