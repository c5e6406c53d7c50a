import Metering
import Purser
import Synchronization

/// The treasury, those who wait for it, and the rates, changed together.
///
/// A call takes its place in the rates before it asks for money, and has it for as long as it
/// holds money or waits for some: whatever ends one ends the other, in one step.
struct Till: Sendable {
    var treasury: Treasury
    var rates = RateBook()
    var resumes: [ID<Attempt>: @Sendable (Book.WaitOutcome) -> Void] = [:]

    /// What to call for those whose turn has come, once the mutex is free again.
    mutating func resumptions(_ turns: [Book.Turn], at uptime: Timestamp) -> [Resumption] {
        turns.compactMap { turn in
            // Judged anew, it is another attempt, and asks for a place again.
            if turn.outcome == .judgeAnew { rates.giveBack(turn.ticket, at: uptime) }
            guard let resume = resumes.removeValue(forKey: turn.ticket) else { return nil }
            return { resume(turn.outcome) }
        }
    }
}

extension Till {
    /// Takes the call's place in its rates and holds its bound, or queues it for the money.
    mutating func claim(
        _ admitted: Admitted, in roster: Roster, at uptime: Timestamp
    ) -> Judgement {
        var admitted = admitted
        let attempt = admitted.attempt.id
        if let claim = RateClaim(admitted.caller, tokens: admitted.plan.tokenEstimate) {
            switch rates.take(claim, for: attempt, at: uptime) {
            case .taken(let shadowed):
                admitted.addShadows(shadowed)
            case .short(let shortfall):
                return .refused(.rateLimited(shortfall), admitted.caller)
            case .never(let shortfall):
                return .refused(.requestOverRate(shortfall), admitted.caller)
            }
        }
        let judgement = treasury.claim(admitted, in: roster)
        switch judgement {
        case .admitted, .waiting: break
        case .newcomer, .outdated, .refused: rates.giveBack(attempt, at: uptime)
        }
        return judgement
    }

    /// Takes a call out of the line; `nil` if its turn has just come.
    mutating func stopWaiting(_ attempt: ID<Attempt>, at uptime: Timestamp) -> [Resumption]? {
        guard let turns = treasury.stopWaiting(attempt) else { return nil }
        resumes[attempt] = nil
        rates.giveBack(attempt, at: uptime)
        return resumptions(turns, at: uptime)
    }

    /// Gives a hold back; nothing was written or billed.
    mutating func giveBack(_ attempt: ID<Attempt>, at uptime: Timestamp) -> [Resumption] {
        rates.giveBack(attempt, at: uptime)
        return resumptions(treasury.giveBack(attempt), at: uptime)
    }

    /// An outcome is booked: the call is no longer under way.
    mutating func endRate(of entry: Entry, at uptime: Timestamp) {
        switch entry.kind {
        case .settled:
            let tokens = entry.tokens.prompt + entry.tokens.completion
            rates.finish(entry.attempt, tokens: tokens > 0 ? tokens : nil, at: uptime)
        // Without an answer there was no call; with an error for an answer there were no tokens.
        case .released where entry.upstreamStatus == nil:
            rates.giveBack(entry.attempt, at: uptime)
        case .released: rates.finish(entry.attempt, tokens: 0, at: uptime)
        case .kept: rates.finish(entry.attempt, tokens: nil, at: uptime)
        case .correction: break
        }
    }
}

extension Admitted {
    /// Notes which rates would have refused the call, were they not in shadow.
    fileprivate mutating func addShadows(_ shortfalls: [RateShortfall]) {
        for shortfall in shortfalls where !attempt.shadowed.contains(shortfall.rule) {
            attempt.shadowed.append(shortfall.rule)
            plan.shadows.append(
                Shadow(rule: shortfall.rule, words: Refusal.rateLimited(shortfall).sentence))
        }
    }
}

/// Tells somebody that their turn has come.
typealias Resumption = @Sendable () -> Void

/// Calls something once, after so many steps on any threads; at once if there are none.
final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let done: @Sendable () -> Void

    init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.done = done
        if count == 0 { done() }
    }

    func step() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { done() }
    }
}
