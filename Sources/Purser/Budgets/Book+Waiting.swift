/// First come, first served among calls that wait for calls in flight.
extension Book {
    /// What became of a waiting call when money was given back.
    package enum WaitOutcome: Hashable, Sendable {
        /// The bound is held now.
        case held
        /// The money went to others for good: judge the call anew.
        case judgeAnew
    }

    /// Queues a claim that ``hold(_:for:)`` found short.
    package mutating func wait(_ claim: Claim, ticket: ID<Attempt>) {
        waiters.append(Waiter(ticket: ticket, claim: claim))
        count(claim, by: 1)
    }

    /// Takes a waiting call out of the queue; `false` if it is not in it any more.
    package mutating func stopWaiting(_ ticket: ID<Attempt>) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
        let waiter = waiters.remove(at: index)
        count(waiter.claim, by: -1)
        return true
    }

    private mutating func count(_ claim: Claim, by change: Int) {
        for scope in Set(claim.budgets.map(\.scope)) {
            let count = (waiting[scope] ?? 0) + change
            waiting[scope] = count == 0 ? nil : count
        }
    }

    /// Serves the queue in order: who stands behind a call that is short of a budget does not
    /// overtake it in that budget.
    package mutating func serveWaiters() -> [(ticket: ID<Attempt>, outcome: WaitOutcome)] {
        guard !waiters.isEmpty else { return [] }
        var served: [(ticket: ID<Attempt>, outcome: WaitOutcome)] = []
        var remaining: [Waiter] = []
        var blocked: Set<Scope> = []
        for waiter in waiters {
            if waiter.claim.budgets.contains(where: { blocked.contains($0.scope) }) {
                remaining.append(waiter)
                continue
            }
            switch hold(waiter.claim, for: waiter.ticket, isFirstInLine: true) {
            case .held:
                count(waiter.claim, by: -1)
                served.append((waiter.ticket, .held))
            case .exceeded, .outdated, .full:
                count(waiter.claim, by: -1)
                served.append((waiter.ticket, .judgeAnew))
            case .short(let budget, _):
                blocked.insert(budget.scope)
                remaining.append(waiter)
            }
        }
        waiters = remaining
        return served
    }
}
