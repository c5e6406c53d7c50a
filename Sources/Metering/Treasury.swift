package import OpenRouterWire
package import Purser

/// The money of one gateway: what is spent and held, who waits, and what the ledger still owes.
///
/// Pure, so that the simulator runs the very rules that the gateway runs. Every method is one
/// step: the gateway takes its mutex around each, and nothing in between is seen by anybody.
package struct Treasury: Sendable {
    /// An entry that the ledger could not take; it waits here until it can.
    package struct Unwritten: Hashable, Sendable {
        package var entry: Entry
        package var attempt: Attempt
    }

    /// An entry to write, and those whose waiting it ended.
    package struct Booking: Sendable {
        package var entry: Entry
        package var turns: [Book.Turn]
    }

    package private(set) var book: Book
    package private(set) var unwritten: [Unwritten] = []
    /// Which soft limits have been passed in which window, each said once.
    private var warned: Set<Warned> = []

    private struct Warned: Hashable {
        var limit: SoftLimit
        var window: Window
    }

    /// More calls than this do not wait; they are turned away at once.
    package static let waiterCountMax = 20_000

    /// - Parameter book: with everything the store has spent.
    package init(book: Book) {
        self.book = book
    }
}

/// Before a call is forwarded.
extension Treasury {
    /// What a plan needs to know of the book.
    package struct Prospect: Sendable {
        package var day: CivilDate
        /// The caller's budgets with the limits of that day.
        package var budgets: [Budget]
        /// The least that any of them has left, calls in flight not counted; `nil` without any.
        package var headroom: USD?
    }

    package func prospect(for caller: Caller, at now: Timestamp, in zone: Zone) -> Prospect {
        let day = book.day(notBefore: zone.day(at: now))
        let budgets = caller.budgets(on: day)
        return Prospect(
            day: day, budgets: budgets,
            headroom: book.headroomAfterFlight(in: budgets, at: Windows(holding: day)))
    }

    /// Holds the call's bound, or queues it behind calls in flight.
    package mutating func claim(_ admitted: Admitted, in roster: Roster) -> Judgement {
        let claim = admitted.claim
        switch book.hold(claim, for: admitted.attempt.id) {
        case .held: return .admitted(admitted)
        case .outdated: return .outdated
        case .full: return .refused(.overloaded, admitted.caller)
        case .short(let budget, let slot):
            guard book.waiterCount < Treasury.waiterCountMax else {
                return .refused(.overloaded, admitted.caller)
            }
            book.wait(claim, ticket: admitted.attempt.id, behind: budget.scope)
            let refusal = Treasury.shortfall(budget, slot, admitted, roster, isInFlight: true)
            return .waiting(admitted, shortfall: refusal)
        case .exceeded(let budget, let slot):
            let refusal = Treasury.shortfall(budget, slot, admitted, roster, isInFlight: false)
            return .refused(refusal, admitted.caller)
        }
    }

    /// Those whose turn has come because a claim began a new day.
    package mutating func turnsOfNewDay() -> [Book.Turn] { book.serveWaiters() }

    /// Takes a call out of the line; `nil` if its turn has just come. Those behind it may fit
    /// where it did not.
    package mutating func stopWaiting(_ attempt: ID<Attempt>) -> [Book.Turn]? {
        book.stopWaiting(attempt) ? book.serveWaiters() : nil
    }

    /// The directory has changed: those who wait may have other limits now.
    package mutating func judgeWaitersAnew() -> [Book.Turn] { book.dissolveLine() }

    /// Gives a hold back; nothing was written or billed.
    package mutating func giveBack(_ attempt: ID<Attempt>) -> [Book.Turn] {
        book.release(attempt)
        return book.serveWaiters()
    }

    private static func shortfall(
        _ budget: Budget, _ slot: Book.Slot, _ admitted: Admitted, _ roster: Roster,
        isInFlight: Bool
    ) -> Refusal {
        .overBudget(
            BudgetShortfall(
                scope: budget.scope, owner: roster.describe(budget.scope), period: budget.period,
                limit: budget.limit, spent: slot.spent, held: slot.held,
                bound: admitted.plan.bound,
                resetsAt: budget.period.end(after: admitted.attempt.day, in: roster.zone),
                isInFlight: isInFlight))
    }
}

/// How calls end.
extension Treasury {
    /// Books an outcome: the hold becomes what the call cost. Booking one again is nothing.
    package mutating func book(
        _ outcome: Passage.Outcome, of attempt: Attempt, at now: Timestamp
    ) -> Booking {
        let entry = Entry(outcome, of: attempt, at: now)
        if entry.kind == .released {
            book.release(attempt.id)
        } else {
            book.settle(attempt.id, cost: entry.amount)
        }
        return Booking(entry: entry, turns: book.serveWaiters())
    }

    /// Books late truth about a kept attempt as a correcting entry.
    package mutating func correct(
        _ attempt: Attempt, kept: Entry, truth: GenerationCost, at now: Timestamp
    ) -> Booking {
        let entry = Entry(
            attempt: attempt.id, sequence: kept.sequence + 1, at: now, kind: .correction,
            amount: truth.cost - kept.amount, literal: truth.literal, source: .generation,
            generationID: kept.generationID, tokens: truth.tokens)
        book.correct(by: entry.amount, in: attempt.scopes, attempt.windows)
        return Booking(entry: entry, turns: book.serveWaiters())
    }

    /// Keeps the hold of a call whose entry the ledger takes for impossible: the whole bound
    /// counts, until somebody has looked into it.
    package mutating func keepInstead(
        of entry: Entry, _ attempt: Attempt, at now: Timestamp
    ) -> Booking {
        book.correct(by: attempt.bound - entry.amount, in: attempt.scopes, attempt.windows)
        let kept = Entry(
            .keep(Passage.Evidence(generationID: entry.generationID)), of: attempt, at: now)
        return Booking(entry: kept, turns: [])
    }

    /// Keeps in mind an entry that the ledger could not take: nobody else knows what the call
    /// cost.
    package mutating func remember(_ entry: Entry, of attempt: Attempt) {
        unwritten.append(Unwritten(entry: entry, attempt: attempt))
    }

    /// What the ledger could not take, to be written again.
    package mutating func takeUnwritten() -> [Unwritten] {
        defer { unwritten = [] }
        return unwritten
    }

    /// Ends what a crash left open: whether it was billed is not known, so the hold is kept.
    package static func keep(_ open: OpenAttempt, at now: Timestamp) -> Entry {
        Entry(
            .keep(Passage.Evidence(generationID: open.generationID)), of: open.attempt, at: now)
    }
}

/// Soft limits.
extension Treasury {
    /// A soft limit that has been reached.
    package struct Warning: Hashable, Sendable {
        package var limit: SoftLimit
        package var spent: USD
        /// Whether nobody was warned of it in this window before.
        package var isFirst: Bool
    }

    /// The caller's soft limits that are reached in the windows of the attempt's day.
    package mutating func warnings(for admitted: Admitted) -> [Warning] {
        let windows = admitted.attempt.windows
        return admitted.caller.softLimits.compactMap { limit in
            let slot = book.balance(limit.scope, limit.period, at: windows)
            guard slot.spent >= limit.amount else { return nil }
            let isFirst = warned.insert(Warned(limit: limit, window: slot.window)).inserted
            return Warning(limit: limit, spent: slot.spent, isFirst: isFirst)
        }
    }
}

extension Entry {
    /// The entry that books an outcome.
    package init(_ outcome: Passage.Outcome, of attempt: Attempt, at now: Timestamp) {
        switch outcome {
        case .settle(let usage, let evidence):
            self.init(
                attempt: attempt.id, at: now, kind: .settled, amount: usage.cost ?? .zero,
                literal: usage.costLiteral, source: .upstream,
                generationID: evidence.generationID, tokens: usage.tokens,
                upstreamStatus: evidence.status)
        case .release(let evidence):
            self.init(
                attempt: attempt.id, at: now, kind: .released, amount: .zero, source: .none,
                generationID: evidence.generationID, upstreamStatus: evidence.status)
        case .keep(let evidence):
            self.init(
                attempt: attempt.id, at: now, kind: .kept, amount: attempt.bound, source: .hold,
                generationID: evidence.generationID, upstreamStatus: evidence.status)
        }
    }
}
