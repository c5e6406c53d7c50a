/// A fact about money that somebody outside the product can see, told in the order of happening.
///
/// Amounts are picodollars; days are counted from 1970-01-01 in the organisation's zone. A scope is
/// any text (`organisation`, `team:blue`); an attempt names each scope that pays for it, once.
package enum Observation: Hashable, Sendable {
    /// What a budget measures by.
    package enum Period: Hashable, Sendable, CaseIterable {
        case daily, weekly, monthly, total
    }

    /// A call's place in the books.
    package struct Attempt: Hashable, Sendable {
        package var id: String
        package var scopes: [String]
        /// The most that the call can cost.
        package var bound: Int64
        package var day: Int

        package init(id: String, scopes: [String], bound: Int64, day: Int) {
            self.id = id
            self.scopes = scopes
            self.bound = bound
            self.day = day
        }
    }

    /// A line of the books. The first of an attempt is its outcome, the others are corrections.
    package struct Entry: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case settled, released, kept, correction
        }

        /// Who named the amount.
        package enum Source: Hashable, Sendable {
            case upstream, generation, hold, none
        }

        package var attempt: String
        package var sequence: Int
        package var kind: Kind
        /// What the line adds; a correction that gives money back is negative.
        package var picodollars: Int64
        package var source: Source

        package init(
            attempt: String, sequence: Int, kind: Kind, picodollars: Int64, source: Source
        ) {
            self.attempt = attempt
            self.sequence = sequence
            self.kind = kind
            self.picodollars = picodollars
            self.source = source
        }
    }

    /// The budget that stopped a call.
    package struct Shortfall: Hashable, Sendable {
        package var scope: String
        package var period: Period
        package var day: Int
        package var limit: Int64
        package var spent: Int64
        package var bound: Int64

        package init(
            scope: String, period: Period, day: Int, limit: Int64, spent: Int64, bound: Int64
        ) {
            self.scope = scope
            self.period = period
            self.day = day
            self.limit = limit
            self.spent = spent
            self.bound = bound
        }
    }

    /// From this revision on the budget is this much; `nil` takes the limit away.
    /// A budget that only warns has no limit here.
    case limit(scope: String, period: Period, picodollars: Int64?, revision: Int)
    /// From this revision on the limit is this much higher on each day up to and with the last.
    /// It takes the place of the raise before.
    case raise(scope: String, period: Period, picodollars: Int64, lastDay: Int, revision: Int)
    /// The calendar shows another day, later or (a clock set back) earlier.
    case clockDay(Int)
    /// The call's bound is held in memory, under the limits of that revision of the rules. What
    /// frees money stands before it in the queue to the disk, so room is judged when it is durable.
    /// A call that is judged again has been given back before.
    case admitted(Attempt, judgedUnder: Int)
    /// The hold of a call that is not durable is let go.
    case heldReturned(id: String)
    /// The call does not fit only because calls in flight hold the money, and waits. It is
    /// admitted in the end, or its waiting ends otherwise.
    case waits(Attempt)
    case waitEnded(id: String)
    /// A call was turned away. What it held is told by `heldReturned`.
    case refused(reason: String)
    /// A call was turned away because a budget has no room for its bound, with the numbers that
    /// it was told.
    case shortfall(Shortfall, judgedUnder: Int)
    /// The attempt is on disk, whether or not the product knows it yet.
    case attemptDurable(Attempt, judgedUnder: Int)
    /// The attempt is on disk although the store had said that it could not take it: the process
    /// that was told so has not forwarded it.
    case attemptResurfaced(Attempt)
    /// The upstream has the first byte of the call.
    case forwarded(id: String)
    /// The upstream's name for the call is on disk.
    case generationDurable(id: String, generation: String)
    /// What the upstream charged in truth; no such fact means that it charged nothing.
    case billed(id: String, generation: String, picodollars: Int64)
    /// The store accepted the line, for the first time or again.
    case entryDurable(Entry)
    /// The client has the last byte of a complete answer, and the cost that it was told.
    case replyWhole(id: String, reportedCost: Int64?)
    /// The process is dead, with everything that was only in memory.
    case crash
    /// Another process has read the store and takes calls.
    case restarted
    /// Nothing is in flight and every look-up has had its answer.
    case quiescent
    /// What the store's roll-up says of a window; the first day of `total` does not matter.
    case durableBalance(scope: String, period: Period, firstDay: Int, picodollars: Int64)
    /// What the process believes of a window, at a moment when it has nothing under way and the
    /// disk has all that it wrote.
    case believedBalance(
        scope: String, period: Period, firstDay: Int, spent: Int64, held: Int64)
    /// Everything that the store holds, read back, in any order.
    case ledgerRead(attempts: [Attempt], entries: [Entry])
}

/// A promise that was broken, with the numbers that show it.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// The promises have the names of the design; `O` is the oracle's own arithmetic.
    package enum Invariant: String, Hashable, Sendable {
        case neverOver = "I1"
        case nothingLost = "I2"
        case nothingInvented = "I3"
        case idempotent = "I4"
        case windows = "I5"
        case lateTruth = "I6"
        case oracle = "O"
    }

    package var invariant: Invariant
    package var sentence: String
    /// Which observation broke it, the first being 1.
    package var step: Int

    package var description: String { "\(invariant.rawValue) at \(step): \(sentence)" }
}

/// What is broken by the observation at hand. It is the one door for every check.
struct Findings: Sendable {
    var step = 0
    private(set) var violations: [Violation] = []

    mutating func begin() {
        step += 1
        violations.removeAll()
    }

    mutating func require(
        _ holds: Bool, _ invariant: Violation.Invariant, _ sentence: @autoclosure () -> String
    ) {
        guard !holds else { return }
        violations.append(Violation(invariant: invariant, sentence: sentence(), step: step))
    }
}
