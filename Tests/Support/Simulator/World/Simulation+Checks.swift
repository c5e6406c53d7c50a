import Metering
import Purser
import SimulationOracle

/// What the simulation itself knows to be wrong, because it can see into the process.
extension Simulation {
    /// Whether everything that the process moved is on disk, and nothing more moves.
    var isAtRest: Bool {
        guard let gateway else { return false }
        return gateway.unheard == 0 && gateway.treasury.unwritten.isEmpty
            && gateway.treasury.book.holdCount == 0
    }

    /// The book of a process with nothing under way says what the entries say.
    mutating func observeBeliefs() {
        guard let book = gateway?.treasury.book else { return }
        let windows = Windows(holding: book.day(notBefore: town.zone.day(at: wall)))
        let scopes = Set(store.spend.keys.map(\.scope))
            .sorted { ($0.kind, $0.rawID) < ($1.kind, $1.rawID) }
        for scope in scopes {
            for period in Period.allCases {
                observe(.believed(scope, period, book.balance(scope, period, at: windows)))
            }
        }
    }

    /// Nobody may wait for nothing: there is a budget that is short, or somebody of the same
    /// budget who came before.
    mutating func checkWaiters() {
        guard let gateway, !gateway.waiting.isEmpty else { return }
        let book = gateway.treasury.book
        var earlier: Set<Scope> = []
        for ticket in gateway.waiting.keys.sorted() {
            guard let exchange = gateway.waiting[ticket],
                let admitted = gateway.exchanges[exchange]?.admitted
            else { continue }
            let claim = admitted.claim
            let hasReason =
                book.day(notBefore: claim.day) > claim.day
                || claim.budgets.contains { budget in
                    let slot = book.balance(budget.scope, budget.period, at: claim.windows)
                    return earlier.contains(budget.scope)
                        || slot.spent + slot.held + claim.bound > budget.limit
                }
            if !hasReason { fail("\(ticket.rawValue) waits, and nothing stands in its way") }
            earlier.formUnion(claim.budgets.map(\.scope))
        }
        if book.holdCount == 0, gateway.unheard == 0, !gateway.waiting.isEmpty {
            fail("\(gateway.waiting.count) wait, and nothing is under way")
        }
    }

    /// Whoever comes now stands behind everybody who waits for a budget that is theirs too.
    mutating func checkOvertaking(_ admitted: Admitted) {
        guard let gateway else { return }
        let scopes = Set(admitted.budgets.map(\.scope))
        for ticket in gateway.waiting.keys.sorted() {
            guard let scope = gateway.treasury.book.scopeWaitedFor(by: ticket),
                scopes.contains(scope)
            else { continue }
            fail("\(admitted.attempt.id.rawValue) overtakes \(ticket.rawValue)")
        }
    }

    /// Nothing is left of a day's work when it has ended.
    mutating func checkRest() {
        guard let gateway else { return fail("the gateway is down at the end") }
        let book = gateway.treasury.book
        for (count, what) in [
            (book.holdCount, "holds"), (book.waiterCount, "waiters"),
            (gateway.waiting.count, "unanswered waiters"), (gateway.exchanges.count, "calls"),
            (gateway.treasury.unwritten.count, "unwritten entries"),
            (gateway.unheard, "unanswered writes"), (store.open.count, "open attempts"),
        ] where count != 0 {
            fail("\(count) \(what) are left at the end")
        }
    }

    private mutating func fail(_ sentence: String) {
        violations.append("step \(tally.steps): \(sentence)")
    }
}
