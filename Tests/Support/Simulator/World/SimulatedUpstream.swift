import OpenRouterWire
import Purser
import TestSupport

/// One call at the upstream, planned to its end, with what it really costs.
struct UpstreamRun {
    enum Step {
        case head(status: Int, hasGeneration: Bool)
        case piece
        case report(ChatAnswer)
        case done
        case end
        /// The connection breaks.
        case lost
        /// The money moves at the upstream.
        case bill
        /// Nothing comes any more.
        case silence
    }

    var attempt: ID<Attempt>
    /// Whose call it is, as long as the process lives.
    var exchange: Int
    var generation: String
    var cost: USD
    var steps: [(pause: Int64, step: Step)]
    var position = 0
    /// When the upstream charged for it; `nil` while it has not.
    var billedAt: Int64?
    /// When the record of it can be read.
    var recordedAt: Int64?
}

/// Makes runs of every kind that has been seen.
enum UpstreamScript {
    enum Kind: CaseIterable {
        case plain, stream, streamUsageTwice, streamRunningUsage, streamNoUsage, plainNoUsage
        case zeroUsage, errorStatus, timeoutAfterRunning, timeoutWithoutName, errorFirst, errorMid
        case finishError, errorIn200, cutMid, cutAfterUsage, lostBeforeHead, lostUnbilled, silent
        case dear
    }

    /// - Parameter isCalm: nothing goes wrong.
    static func make(
        for attempt: Attempt, of exchange: Int, isCalm: Bool,
        using random: inout SeededGenerator
    ) -> UpstreamRun {
        let kind: Kind =
            isCalm || Int.random(in: 0..<3, using: &random) > 0
            ? (attempt.isStreamed ? .stream : .plain)
            : Kind.allCases.randomElement(using: &random) ?? .plain
        var run = UpstreamRun(
            attempt: attempt.id, exchange: exchange, generation: "gen-\(attempt.requestID)",
            cost: USD(
                picodollars: Int64.random(in: 0...attempt.bound.picodollars, using: &random)),
            steps: [])
        if kind == .dear {
            // A defect in the bound, on purpose: it must be booked all the same.
            run.cost = attempt.bound + USD(picodollars: Int64.random(in: 1...9, using: &random))
        }
        let pause = { (random: inout SeededGenerator) in Int64.random(in: 1...1_200, using: &random)
        }
        let usage = answer(cost: run.cost)
        let head = UpstreamRun.Step.head(status: 200, hasGeneration: true)
        let steps: [UpstreamRun.Step]
        switch kind {
        case .plain, .dear: steps = [.bill, head, .report(usage), .end]
        case .stream: steps = [head, .piece, .piece, .bill, .report(usage), .done, .end]
        case .streamUsageTwice:
            steps = [head, .piece, .bill, .report(usage), .report(usage), .done, .end]
        case .streamRunningUsage:
            steps = [head, .report(answer(cost: nil)), .piece, .bill, .report(usage), .end]
        case .streamNoUsage: steps = [head, .piece, .piece, .bill, .done, .end]
        case .plainNoUsage: steps = [.bill, head, .report(answer(cost: nil)), .end]
        case .zeroUsage:
            run.cost = .zero
            steps = [head, .bill, .report(answer(cost: .zero)), .done, .end]
        case .errorStatus:
            run.cost = .zero
            let status = [400, 402, 404, 429, 500, 502, 503].randomElement(using: &random) ?? 500
            steps = [.bill, .head(status: status, hasGeneration: false), .end]
        case .timeoutAfterRunning:
            steps = [.head(status: 504, hasGeneration: true), .end, .bill]
        case .timeoutWithoutName:
            run.cost = .zero
            steps = [.bill, .head(status: 524, hasGeneration: false), .end]
        case .errorFirst:
            run.cost = .zero
            steps = [head, .bill, .report(error(hasChoices: false)), .end]
        case .errorMid:
            run.cost = .zero
            steps = [head, .piece, .bill, .report(error(hasChoices: true)), .end]
        case .finishError:
            run.cost = .zero
            steps = [head, .piece, .bill, .report(answer(cost: .zero)), .end]
        case .errorIn200:
            run.cost = .zero
            steps = [
                .bill, .head(status: 200, hasGeneration: false), .report(error(hasChoices: false)),
                .end,
            ]
        case .cutMid: steps = [head, .piece, .bill, .lost]
        case .cutAfterUsage: steps = [head, .piece, .bill, .report(usage), .lost]
        case .lostBeforeHead: steps = [.lost, .bill]
        case .lostUnbilled:
            run.cost = .zero
            steps = [.bill, .lost]
        case .silent: steps = [head, .piece, .silence]
        }
        run.steps = steps.map { (pause(&random), $0) }
        return run
    }

    private static func answer(cost: USD?) -> ChatAnswer {
        var answer = ChatAnswer()
        answer.hasChoices = true
        answer.usage = Usage(cost: cost, costLiteral: cost?.description)
        return answer
    }

    private static func error(hasChoices: Bool) -> ChatAnswer {
        var answer = ChatAnswer()
        answer.hasError = true
        answer.hasChoices = hasChoices
        return answer
    }
}
