/// First come, first served among calls that wait for calls in flight.
extension Book {
    /// What became of a waiting call when money was given back.
    package enum WaitOutcome: Hashable, Sendable {
        /// The bound is held now.
        case held
        /// The money went to others for good: judge the call anew.
        case judgeAnew
    }

    /// Somebody whose waiting is over.
    package struct Turn: Hashable, Sendable {
        package var ticket: ID<Attempt>
        package var outcome: WaitOutcome

        package init(ticket: ID<Attempt>, outcome: WaitOutcome) {
            self.ticket = ticket
            self.outcome = outcome
        }
    }

    /// Queues a claim that ``hold(_:for:)`` found short of a budget of `scope`.
    package mutating func wait(_ claim: Claim, ticket: ID<Attempt>, behind scope: Scope) {
        line.add(claim, ticket: ticket, behind: scope)
    }

    /// Takes a waiting call out of the line; `false` if it is not in it any more.
    package mutating func stopWaiting(_ ticket: ID<Attempt>) -> Bool {
        line.remove(ticket)
    }

    /// The scope whose budget a waiting call stands behind; `nil` if it does not wait.
    package func scopeWaitedFor(by ticket: ID<Attempt>) -> Scope? { line.scope(of: ticket) }

    /// Lets everybody who waits be judged anew: limits have changed.
    package mutating func dissolveLine() -> [Turn] {
        line.removeAll().map { Turn(ticket: $0, outcome: .judgeAnew) }
    }

    /// Serves the line in order, where money has moved: who stands behind a call that is short
    /// of a budget does not overtake it in that budget.
    package mutating func serveWaiters() -> [Turn] {
        var scopes = line.takeStirred()
        var turns: [Turn] = []
        while !scopes.isEmpty, let (scope, waiter) = line.earliest(behind: scopes) {
            if let earlier = line.scopeOfEarlier(than: waiter) {
                line.move(waiter, to: earlier)
                continue
            }
            switch hold(waiter.claim, for: waiter.ticket, isFirstInLine: true) {
            case .held:
                _ = line.remove(waiter.ticket)
                turns.append(Turn(ticket: waiter.ticket, outcome: .held))
            case .exceeded, .outdated, .full:
                _ = line.remove(waiter.ticket)
                turns.append(Turn(ticket: waiter.ticket, outcome: .judgeAnew))
            case .short(let budget, _):
                if budget.scope != scope { line.move(waiter, to: budget.scope) }
                scopes.removeAll { $0 == budget.scope }
            }
            // Whoever has just gone made room for those who stood behind them in other budgets.
            for scope in line.takeStirred() where !scopes.contains(scope) { scopes.append(scope) }
        }
        return turns
    }
}
