import TestSupport
import Testing

@testable import Purser

/// What holds of rates whatever happens, told by a log that knows nothing of how they are kept.
struct RatePropertyTests {
    @Test(arguments: UInt64(0)..<40)
    func `no sixty seconds hold more than a limit, wherever they begin`(seed: UInt64) {
        var log = RateLog(seed: seed)
        for _ in 0..<1_500 { log.step() }
        #expect(log.calls.count { $0.isTaken } > 50 && log.calls.count { !$0.isTaken } > 50)
        log.checkMinutes()
        log.endAll()
        #expect(log.town.book.inFlightCount == 0)
    }

    @Test(arguments: UInt64(0)..<40)
    func `who waits as long as they are told is let in, and who comes earlier is not`(
        seed: UInt64
    ) {
        var log = RateLog(seed: seed)
        var checked = 0
        for _ in 0..<600 {
            log.step()
            guard let call = log.calls.last, case .short(let shortfall) = call.verdict else {
                continue
            }
            // Alone, and with nothing in flight, nothing is in the way but the minute.
            var later = log
            later.endAll()
            guard case .short(let wait) = later.ask(call).verdict else { continue }
            #expect(wait.retryAfterSeconds <= 60)
            checked += 1
            var early = later
            early.now = early.now.adding(seconds: Int64(wait.retryAfterSeconds) - 2)
            let isShared = wait.isShared || wait.owner == "tier t"
            // A share grows when others leave, so it may be earlier, and never later.
            if wait.retryAfterSeconds > 2, !isShared {
                let isTaken = early.ask(call).isTaken
                #expect(!isTaken)
            }
            // What others were refused is kept for them for a minute, though they do not come
            // again: then it may be that one must wait once more.
            var waited: Int64 = 0
            var asked = call
            repeat {
                guard case .short(let next) = later.ask(call).verdict else { break }
                waited += Int64(next.retryAfterSeconds)
                later.now = later.now.adding(seconds: Int64(next.retryAfterSeconds))
                // A tenth of a second more than the sixty that can be told.
                later.now.milliseconds += 100
                asked = later.ask(call)
            } while asked.isKeptForOthers && waited < 60
            #expect(asked.isTaken, "\(shortfall) \(wait)")
        }
        #expect(checked > 5)
    }

    @Test(arguments: UInt64(0)..<40)
    func `nobody is refused whose own limit has room`(seed: UInt64) {
        var log = RateLog(seed: seed, isOfRequestsAlone: true)
        for _ in 0..<800 { log.step() }
        log.checkRefusals()
    }
}

/// Calls of a few members at random, and everything that became of them.
struct RateLog {
    struct Call {
        var member: Int64
        var key: Int64
        var attempt: ID<Attempt>
        var verdict: RateBook.Verdict
        var start: Timestamp
        var end: Timestamp?
        var tokens: Int64
        var isGivenBack = false
        var isTaken: Bool { if case .taken = verdict { true } else { false } }

        var isKeptForOthers: Bool {
            if case .short(let shortfall) = verdict { shortfall.isShared } else { false }
        }

        func isOpen(at instant: Timestamp) -> Bool {
            isTaken && start <= instant && end.map { $0 > instant } ?? true
        }
    }

    var town = RateTown()
    var now = Timestamp(milliseconds: 0)
    private(set) var calls: [Call] = []
    private var random: SeededGenerator

    init(seed: UInt64, isOfRequestsAlone: Bool = false) {
        random = SeededGenerator(seed: seed)
        now.milliseconds = Int64.random(in: 0...10_000_000, using: &random)
        town.tier.rates.key = limit(factor: 1)
        town.tier.rates.member = limit(factor: 2)
        if isOfRequestsAlone {
            town.tier.rates.key = RateLimit(
                requestsPerMinute: town.tier.rates.key.requestsPerMinute)
            town.tier.rates.member = RateLimit(
                requestsPerMinute: town.tier.rates.member.requestsPerMinute)
        } else {
            town.tier.rates.tier = limit(factor: 4)
        }
    }

    private mutating func limit(factor: Int64) -> RateLimit {
        RateLimit(
            requestsPerMinute: Int64.random(in: 2...10, using: &random) * factor,
            tokensPerMinute: Int64.random(in: 200...1_000, using: &random) * factor,
            parallel: Int64.random(in: 1...4, using: &random) * factor)
    }

    mutating func step() {
        let isPause = Int.random(in: 0..<50, using: &random) == 0
        now.milliseconds += Int64.random(in: 0...(isPause ? 50_000 : 1_500), using: &random)
        let open = calls.indices.filter { calls[$0].isOpen(at: now) }
        if let index = open.randomElement(using: &random), Int.random(in: 0..<5, using: &random) < 2
        {
            end(index, isGivenBack: Int.random(in: 0..<5, using: &random) == 0)
        } else {
            let member = Int64.random(in: 1...3, using: &random)
            let key = member * 10 + Int64.random(in: 0...1, using: &random)
            let call = ask(
                member, key, tokens: Int64.random(in: 0...150, using: &random))
            calls.append(call)
        }
    }

    /// Asks for a call like that one, and forgets it.
    mutating func ask(_ call: Call) -> Call { ask(call.member, call.key, tokens: call.tokens) }

    private mutating func ask(_ member: Int64, _ key: Int64, tokens: Int64) -> Call {
        let asked = town.ask(town.caller(member, key: key), tokens: tokens, at: now)
        return Call(
            member: member, key: key, attempt: asked.attempt, verdict: asked.verdict, start: now,
            tokens: tokens)
    }

    private mutating func end(_ index: Int, isGivenBack: Bool) {
        calls[index].end = now
        calls[index].isGivenBack = isGivenBack
        if isGivenBack {
            town.book.giveBack(calls[index].attempt, at: now)
        } else {
            let isKnown = Bool.random(using: &random)
            let tokens = Int64.random(in: 0...calls[index].tokens, using: &random)
            if isKnown { calls[index].tokens = tokens }
            town.book.finish(calls[index].attempt, tokens: isKnown ? tokens : nil, at: now)
        }
    }

    mutating func endAll() {
        for index in calls.indices where calls[index].isOpen(at: now) {
            end(index, isGivenBack: false)
        }
    }
}

extension RateLog {
    private static let minute: Int64 = 60_000

    /// Each limit with the calls that count in it.
    private var groups: [(limit: RateLimit, calls: [Call])] {
        let counted = calls.filter { $0.isTaken && !$0.isGivenBack }
        return Dictionary(grouping: counted, by: \.key).map { (town.tier.rates.key, $0.value) }
            + Dictionary(grouping: counted, by: \.member)
            .map { (town.tier.rates.member, $0.value) } + [(town.tier.rates.tier, counted)]
    }

    /// Looks at every minute that begins with a call or with a call's end.
    func checkMinutes() {
        for (limit, calls) in groups {
            let starts = calls.map { ($0.start.milliseconds, Int64(1)) }
            #expect(RateLog.most(starts) <= limit.requestsPerMinute ?? 0)
            // Whether a call's tokens are thought of as coming at its start or at its end.
            let early = calls.map { ($0.start.milliseconds, $0.tokens) }
            #expect(RateLog.most(early) <= limit.tokensPerMinute ?? 0)
            let late = calls.compactMap { call in
                call.end.map { ($0.milliseconds, call.tokens) }
            }
            #expect(RateLog.most(late) <= limit.tokensPerMinute ?? 0)
            for call in calls {
                let atOnce = calls.count { $0.isOpen(at: call.start) }
                #expect(atOnce <= limit.parallel ?? 0)
            }
        }
    }

    /// The most that any sixty seconds hold.
    private static func most(_ events: [(at: Int64, amount: Int64)]) -> Int64 {
        events.map { first in
            events.reduce(0) { sum, event in
                (first.at..<first.at + minute).contains(event.at) ? sum + event.amount : sum
            }
        }.max() ?? 0
    }

    /// Of every refusal by a key's or a member's own limit of calls: there really were as many.
    func checkRefusals() {
        var checked = 0
        for call in calls {
            guard case .short(let shortfall) = call.verdict, shortfall.rule == .requestsPerMinute,
                !shortfall.owner.hasPrefix("tier")
            else { continue }
            let isOfKey = shortfall.owner.hasPrefix("key")
            let others = calls.count { other in
                other.isTaken && (isOfKey ? other.key == call.key : other.member == call.member)
                    // What was given back later was still there then.
                    && !(other.isGivenBack && other.end.map { $0 <= call.start } ?? false)
                    && other.start <= call.start && other.attempt < call.attempt
                    && other.start.milliseconds + RateLog.minute + 100 > call.start.milliseconds
            }
            checked += 1
            #expect(Int64(others) == shortfall.used && shortfall.used == shortfall.limit)
        }
        #expect(checked > 0)
    }
}
