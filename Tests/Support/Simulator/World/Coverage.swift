/// What is worth counting; a run in which it is rare has proved little.
package enum Happening: String, CaseIterable, Sendable {
    case call = "calls"
    case forwarded = "forwarded"
    case refused = "refused"
    case shortfall = "refused for money"
    case waited = "waited"
    case waitedInVain = "waited in vain"
    case streamed = "of a stream"
    case shared = "on the shared key"
    case leftBefore = "clients left before the first byte"
    case leftDuring = "clients left during the answer"
    case leftAfter = "clients left when the answer was booked"
    case settled = "settled"
    case released = "released"
    case kept = "kept"
    case corrected = "corrected"
    case aboveHold = "cost more than they held"
    case resurfaced = "attempts turned up that the store had disowned"
    case commitFailed = "commits failed"
    case commitLanded = "commits failed, and turned up after a crash"
    case commitUnheard = "commits succeeded, and were called failed"
    case rewritten = "entries written again"
    case judgedAnew = "judged again"
    case restarted = "starts, the book compared with the entries"
    case rested = "moments of rest, the book compared with the entries"
    case budgetSet = "budgets set"
    case budgetLowered = "budgets lowered under what they hold"
    case budgetRemoved = "budgets removed"
    case raiseSet = "raises"
    case raiseEnded = "raises ended"
    case memberChanged = "members changed"
    case keyChanged = "keys changed"
    case midnight = "midnights"
    case shortNight = "days of 23 or 25 hours begun"
    case monthEnd = "months ended"
    case yearEnd = "years ended"
    case setBack = "clocks set back"

    /// How often it must have happened in 200,000 steps.
    var floor: Int {
        switch self {
        case .call, .forwarded: 5_000
        case .settled: 2_500
        case .refused, .shortfall, .streamed, .shared, .released: 500
        case .waited: 1_000
        case .kept, .corrected, .judgedAnew: 200
        case .commitFailed, .restarted, .rested: 200
        case .midnight: 100
        case .rewritten, .aboveHold: 50
        case .leftBefore, .leftDuring, .leftAfter, .waitedInVain: 50
        case .budgetSet, .budgetLowered, .raiseSet, .memberChanged, .keyChanged: 50
        case .budgetRemoved, .raiseEnded, .monthEnd, .setBack, .shortNight: 20
        case .commitLanded, .commitUnheard: 20
        case .yearEnd, .resurfaced: 10
        }
    }
}

extension Simulation {
    /// What runs did, to be added up.
    package struct Tally: Hashable, Sendable {
        package var steps = 0
        package var happenings: [Happening: Int] = [:]
        package var crashes: [CrashPoint: Int] = [:]

        package init() {}

        package mutating func add(_ other: Tally) {
            steps += other.steps
            happenings.merge(other.happenings, uniquingKeysWith: +)
            crashes.merge(other.crashes, uniquingKeysWith: +)
        }

        /// So many steps must show everything; fewer show nothing about what is missing.
        package static let stepsMin = 200_000
        /// How often each crash point must have been struck in so many steps.
        private static let crashesMin = 20
        /// How many calls of a hundred must have reached the upstream.
        private static let forwardedPercentMin = 35

        /// What happened too rarely for the run to mean anything, in sentences.
        package var shortcomings: [String] {
            guard steps >= Tally.stepsMin else { return [] }
            let share = steps / Tally.stepsMin
            var result: [String] = []
            for point in CrashPoint.allCases {
                let count = crashes[point] ?? 0
                guard count < Tally.crashesMin * share else { continue }
                result.append("only \(count) crashes \(point.rawValue)")
            }
            for happening in Happening.allCases {
                let count = happenings[happening] ?? 0
                guard count < happening.floor * share else { continue }
                result.append("\(happening.rawValue): only \(count)")
            }
            let (calls, forwarded) = (happenings[.call] ?? 0, happenings[.forwarded] ?? 0)
            if forwarded * 100 < calls * Tally.forwardedPercentMin {
                result.append("only \(forwarded) of \(calls) calls were forwarded")
            }
            return result
        }

        /// What was done, for people.
        package var summary: String {
            let done = Happening.allCases.map { "  \(happenings[$0] ?? 0)\t\($0.rawValue)" }
            let struck = CrashPoint.allCases.map { "  \(crashes[$0] ?? 0)\t\($0.rawValue)" }
            return (done + ["crashes:"] + struck).joined(separator: "\n")
        }
    }

    mutating func count(_ happening: Happening) { tally.happenings[happening, default: 0] += 1 }
}
