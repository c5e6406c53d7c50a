/// Who waits for calls in flight to give money back, in the order they came.
///
/// Each waits behind the scope whose budget was short for them, so that money which moves wakes
/// those it can help and nobody else: the cost of a move does not grow with the line.
struct WaitingLine: Sendable {
    struct Waiter: Sendable {
        var ticket: ID<Attempt>
        /// The order of arrival.
        var number: Int
        var claim: Claim
    }

    /// Those behind one scope. Who has left is still in it until their turn comes.
    private struct Queue: Sendable {
        var waiters: [Waiter] = []
        var first = 0
        var leftCount = 0
    }

    private var queues: [Scope: Queue] = [:]
    /// Behind which scope each of those who wait stands.
    private var places: [ID<Attempt>: (scope: Scope, claim: Claim)] = [:]
    /// Where money has moved since the line was last served.
    private var stirred: [Scope] = []
    private var nextNumber = 0

    var count: Int { places.count }

    /// Whether somebody stands behind the scope: who waits for another budget of theirs is in
    /// nobody's way here.
    func isWaited(for scope: Scope) -> Bool {
        queues[scope].map { $0.waiters.count - $0.first > $0.leftCount } ?? false
    }

    /// The scope that somebody stands behind; `nil` if they do not wait.
    func scope(of ticket: ID<Attempt>) -> Scope? { places[ticket]?.scope }

    mutating func add(_ claim: Claim, ticket: ID<Attempt>, behind scope: Scope) {
        precondition(places[ticket] == nil, "a call waits once")
        nextNumber += 1
        places[ticket] = (scope, claim)
        queues[scope, default: Queue()].waiters.append(
            Waiter(ticket: ticket, number: nextNumber, claim: claim))
    }

    /// `false` if the call is not waiting any more.
    mutating func remove(_ ticket: ID<Attempt>) -> Bool {
        guard let place = places.removeValue(forKey: ticket) else { return false }
        queues[place.scope]?.leftCount += 1
        tidy(place.scope)
        // Those behind it may fit where it did not.
        stir(place.claim.scopes)
        return true
    }

    /// Lets everybody go; who they were, in the order of arrival.
    mutating func removeAll() -> [ID<Attempt>] {
        let waiters = queues.flatMap { scope, queue in
            queue.waiters[queue.first...].filter { places[$0.ticket]?.scope == scope }
        }
        self = WaitingLine()
        var seen: Set<ID<Attempt>> = []
        return waiters.sorted { $0.number < $1.number }.map(\.ticket)
            .filter { seen.insert($0).inserted }
    }

    /// Notes that money has moved in those scopes.
    mutating func stir(_ scopes: [Scope]) {
        if places.isEmpty { return }
        for scope in scopes where queues[scope] != nil && !stirred.contains(scope) {
            stirred.append(scope)
        }
    }

    /// A new day has begun: whoever waits asked for windows that have ended.
    mutating func stirAll() {
        stirred = queues.keys.sorted { ($0.kind, $0.rawID) < ($1.kind, $1.rawID) }
    }

    /// The scopes to look at now.
    mutating func takeStirred() -> [Scope] {
        defer { stirred = [] }
        return stirred
    }

    /// Who came first of those behind these scopes.
    mutating func earliest(behind scopes: [Scope]) -> (scope: Scope, waiter: Waiter)? {
        var result: (scope: Scope, waiter: Waiter)?
        for scope in scopes {
            guard let waiter = first(behind: scope) else { continue }
            if let found = result, found.waiter.number < waiter.number { continue }
            result = (scope, waiter)
        }
        return result
    }

    /// The scope among the claim's behind which somebody stands who came before it.
    mutating func scopeOfEarlier(than waiter: Waiter) -> Scope? {
        for budget in waiter.claim.budgets {
            guard let other = first(behind: budget.scope) else { continue }
            if other.number < waiter.number { return budget.scope }
        }
        return nil
    }

    /// Lets somebody stand behind another scope, by the order of arrival.
    mutating func move(_ waiter: Waiter, to scope: Scope) {
        guard let place = places[waiter.ticket] else { return }
        places[waiter.ticket]?.scope = scope
        queues[place.scope]?.leftCount += 1
        var queue = queues[scope] ?? Queue()
        let position =
            queue.waiters[queue.first...].firstIndex { $0.number > waiter.number }
            ?? queue.waiters.endIndex
        queue.waiters.insert(waiter, at: position)
        queues[scope] = queue
        tidy(place.scope)
    }

    private mutating func first(behind scope: Scope) -> Waiter? {
        guard var queue = queues[scope] else { return nil }
        while queue.first < queue.waiters.count {
            let waiter = queue.waiters[queue.first]
            if places[waiter.ticket]?.scope == scope {
                if queue.first != queues[scope]?.first { queues[scope] = queue }
                return waiter
            }
            queue.first += 1
            queue.leftCount -= 1
        }
        queues[scope] = nil
        return nil
    }

    /// Forgets those who have left when they are most of a queue.
    private mutating func tidy(_ scope: Scope) {
        guard var queue = queues[scope] else { return }
        guard queue.leftCount + queue.first > queue.waiters.count / 2 else { return }
        queue.waiters = queue.waiters[queue.first...].filter { places[$0.ticket]?.scope == scope }
        queue.first = 0
        queue.leftCount = 0
        queues[scope] = queue.waiters.isEmpty ? nil : queue
    }
}
