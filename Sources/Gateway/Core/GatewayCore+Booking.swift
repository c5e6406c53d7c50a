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
        let now = now()
        let entry = bookMoney(of: attempt, done: done) { $0.book(outcome, of: attempt, at: now) }
        countOutcome(entry, of: attempt)
    }

    /// Adds late truth about a kept attempt as a correcting entry.
    package func correct(
        _ attempt: Attempt, kept: Entry, truth: GenerationCost,
        done: @escaping @Sendable (_ isWritten: Bool) -> Void
    ) {
        let now = now()
        _ = bookMoney(of: attempt, done: done) {
            $0.correct(attempt, kept: kept, truth: truth, at: now)
        }
        if truth.cost > attempt.bound { raiseAlarm(cost: truth.cost, of: attempt) }
    }

    /// Moves money and queues the entry that says so, in one step: whoever uses the money that
    /// came free stands behind the entry in the ledger's queue, so that at no durable point both
    /// the old hold and the new one count.
    private func bookMoney(
        of attempt: Attempt, done: @escaping @Sendable (_ isWritten: Bool) -> Void,
        _ book: (inout Treasury) -> Treasury.Booking
    ) -> Entry {
        let uptime = uptime()
        let (entry, resumptions) = withTill { till in
            let booking = book(&till.treasury)
            till.endRate(of: booking.entry, at: uptime)
            write(booking.entry, of: attempt, done: done)
            return (booking.entry, till.resumptions(booking.turns, at: uptime))
        }
        for resumption in resumptions { resumption() }
        return entry
    }

    /// Writes an entry that the book has already; one that the ledger cannot take is kept until
    /// it can, because nobody else knows what the call cost.
    func write(
        _ entry: Entry, of attempt: Attempt, done: @escaping @Sendable (_ isWritten: Bool) -> Void
    ) {
        ledger.append(.entry(entry, of: attempt)) { [self] result in
            switch result {
            case .success:
                if entry.kind == .kept, entry.generationID != nil { reportKept(attempt, entry) }
                if entry.kind == .correction { count { $0.corrected += 1 } }
                done(true)
            case .failure(let failure) where failure.code != .unavailable:
                keepInstead(of: entry, attempt, failure, done: done)
            case .failure:
                withTill { $0.treasury.remember(entry, of: attempt) }
                reportUnwritten(entry, of: attempt)
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

    /// The ledger calls an entry impossible, and always will: a defect, told aloud. The call's
    /// outcome becomes "unknown", so that it is in the books at its bound.
    private func keepInstead(
        of entry: Entry, _ attempt: Attempt, _ failure: StorageFailure,
        done: @escaping @Sendable (_ isWritten: Bool) -> Void
    ) {
        count { $0.ledgerFailures += 1 }
        logger.critical(
            "entry impossible",
            metadata: [
                "event": "alarm", "request_id": "\(attempt.requestID)",
                "kind": "\(entry.kind)", "amount": "\(entry.amount)", "reason": "\(failure)",
            ])
        guard entry.kind == .settled || entry.kind == .released else { return done(false) }
        let now = now()
        _ = bookMoney(of: attempt, done: { _ in done(false) }) {
            $0.keepInstead(of: entry, attempt, at: now)
        }
    }

    /// Writes what the ledger could not take before; `done` when all of it has been answered.
    /// Call it when the ledger works again.
    package func writeUnwritten(done: @escaping @Sendable () -> Void) {
        let waiting = withTill { $0.treasury.takeUnwritten() }
        let countdown = Countdown(waiting.count, done)
        for one in waiting {
            write(one.entry, of: one.attempt) { _ in countdown.step() }
        }
    }

    /// An attempt that the ledger would not take, and that nobody forwards. If a crash shows that
    /// it took it after all, it cost nothing.
    func disown(_ attempt: Attempt) {
        reportUnwritten(
            Entry(.release(Passage.Evidence()), of: attempt, at: now()), of: attempt)
    }

    /// How many entries wait for the ledger to work again.
    package var unwrittenCount: Int { withTill { $0.treasury.unwritten.count } }

    /// Makes what the upstream calls an attempt durable, so that a crash does not lose it. A
    /// ledger that fails stops no stream that is running: then the attempt may be kept.
    func note(
        generation id: String, of attempt: Attempt, done: @escaping @Sendable () -> Void
    ) {
        ledger.append(.generation(id, of: attempt.id)) { [self] result in
            if case .failure = result { count { $0.ledgerFailures += 1 } }
            done()
        }
    }

    private func countOutcome(_ entry: Entry, of attempt: Attempt) {
        count { counters in
            switch entry.kind {
            case .settled: counters.settled += 1
            case .released: counters.released += 1
            case .kept: counters.kept += 1
            case .correction: break
            }
        }
        if entry.amount > attempt.bound { raiseAlarm(cost: entry.amount, of: attempt) }
    }

    /// The bound was too small: a defect, whose numbers somebody must see.
    private func raiseAlarm(cost: USD, of attempt: Attempt) {
        count { $0.costAboveHold += 1 }
        logger.critical(
            "cost above hold",
            metadata: [
                "event": "alarm", "request_id": "\(attempt.requestID)", "cost": "\(cost)",
                "hold": "\(attempt.bound)", "model": "\(attempt.model)",
            ])
    }

    /// What a refused call's model is called in the report when the upstream has no such model.
    private static let unknownModel = "(unknown)"

    /// Notes a refused call for the report. Nobody waits for it: a refusal moves no money.
    func record(_ refusal: Refusal, caller: Caller?, model: String) {
        let isByRate =
            switch refusal {
            case .rateLimited, .requestOverRate: true
            default: false
            }
        count { counters in
            counters.refused += 1
            if isByRate { counters.refusedByRate += 1 }
        }
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
