import Logging
import Metering
package import OpenRouterWire
package import Purser
import Storage

extension GatewayCore {
    /// Books an outcome and queues its entry; `done` hears, on any thread, whether it is on disk.
    func book(
        _ outcome: Passage.Outcome, of attempt: Attempt,
        done: @escaping @Sendable (_ isWritten: Bool) -> Void
    ) {
        let entry = entry(outcome, of: attempt)
        let cost = entry.amount
        switch entry.kind {
        case .released: moveMoney { $0.release(attempt.id) }
        case .settled, .kept, .correction: moveMoney { $0.settle(attempt.id, cost: cost) }
        }
        countOutcome(entry, of: attempt)
        write(entry, of: attempt, done: done)
    }

    /// Writes an entry that the book has already; one that the ledger cannot take is kept in
    /// memory until it can, because nobody else knows what the call cost.
    func write(
        _ entry: Entry, of attempt: Attempt, done: @escaping @Sendable (_ isWritten: Bool) -> Void
    ) {
        ledger.append(.entry(entry, of: attempt)) { [self] result in
            switch result {
            case .success:
                if entry.kind == .kept, entry.generationID != nil { reportKept(attempt, entry) }
                if entry.kind == .correction { count { $0.corrected += 1 } }
                done(true)
            case .failure:
                remember(entry, of: attempt)
                count { $0.ledgerFailures += 1 }
                logger.error(
                    "entry not written",
                    metadata: [
                        "request_id": "\(attempt.requestID)", "kind": "\(entry.kind)",
                        "amount": "\(entry.amount)",
                    ])
                done(false)
            }
        }
    }

    /// Adds late truth about a kept attempt as a correcting entry.
    package func correct(
        _ attempt: Attempt, kept: Entry, truth: GenerationCost,
        done: @escaping @Sendable (_ isWritten: Bool) -> Void
    ) {
        let delta = truth.cost - kept.amount
        let entry = Entry(
            attempt: attempt.id, at: now(), kind: .correction, amount: delta,
            literal: truth.literal, source: .generation, generationID: kept.generationID,
            tokens: truth.tokens)
        moveMoney { $0.correct(by: delta, in: attempt.scopes, attempt.windows) }
        write(entry, of: attempt, done: done)
    }

    private func entry(_ outcome: Passage.Outcome, of attempt: Attempt) -> Entry {
        switch outcome {
        case .settle(let usage, let evidence):
            Entry(
                attempt: attempt.id, at: now(), kind: .settled, amount: usage.cost ?? .zero,
                literal: usage.costLiteral, source: .upstream,
                generationID: evidence.generationID, tokens: usage.tokens,
                upstreamStatus: evidence.status)
        case .release(let evidence):
            Entry(
                attempt: attempt.id, at: now(), kind: .released, amount: .zero, source: .none,
                generationID: evidence.generationID, upstreamStatus: evidence.status)
        case .keep(let evidence):
            Entry(
                attempt: attempt.id, at: now(), kind: .kept, amount: attempt.bound,
                source: .hold, generationID: evidence.generationID,
                upstreamStatus: evidence.status)
        }
    }

    private func countOutcome(_ entry: Entry, of attempt: Attempt) {
        let isAboveHold = entry.amount > attempt.bound
        count { counters in
            switch entry.kind {
            case .settled: counters.settled += 1
            case .released: counters.released += 1
            case .kept: counters.kept += 1
            case .correction: break
            }
            if isAboveHold { counters.costAboveHold += 1 }
        }
        if isAboveHold {
            logger.critical(
                "cost above hold",
                metadata: [
                    "request_id": "\(attempt.requestID)", "cost": "\(entry.amount)",
                    "hold": "\(attempt.bound)", "model": "\(attempt.model)",
                ])
        }
    }

    /// What a refused call's model is called in the report when the upstream has no such model.
    private static let unknownModel = "(unknown)"

    /// Notes a refused call for the report. Nobody waits for it: a refusal moves no money.
    func record(_ refusal: Refusal, caller: Caller?, model: String) {
        count { $0.refused += 1 }
        guard let caller else { return }
        let now = now()
        // Only models that exist get a line of their own: made-up names must not fill the books.
        let known = catalogue[model]?.id ?? GatewayCore.unknownModel
        let call = RefusedCall(
            at: now, day: roster.zone.day(at: now), key: caller.key.id, member: caller.member.id,
            team: caller.team, model: known, code: refusal.code)
        ledger.append(.refusal(call)) { [self] result in
            if case .failure = result { count { $0.ledgerFailures += 1 } }
        }
    }
}
