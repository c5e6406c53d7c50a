/// What is noted of one member of a tier.
struct SharePart: Hashable, Sendable {
    var requests = RateNeed()
    var tokens = RateNeed()
    var parallel = RateNeed()
    /// Of one who waits for tokens and has none; who has some is not served out of turn.
    var place: SharePlace?

    subscript(resource: RateResource) -> RateNeed {
        switch resource {
        case .requests: requests
        case .tokens: tokens
        case .parallel: parallel
        }
    }
}

/// What the members of a tier together have, want and wait for.
struct SharedDemand: Sendable {
    private struct Waiter: Sendable {
        var place: SharePlace
        var member: ID<Member>

        func isBefore(_ other: Waiter) -> Bool {
            place.order == other.place.order
                ? member < other.member : place.order < other.place.order
        }
    }

    /// How many called, or were refused, in the last minute.
    var memberCount = 0
    private var requests = DemandTally()
    private var tokens = DemandTally()
    private var parallel = DemandTally()
    /// The first in turn first.
    private var waiters: [Waiter] = []

    subscript(resource: RateResource) -> DemandTally {
        switch resource {
        case .requests: requests
        case .tokens: tokens
        case .parallel: parallel
        }
    }

    mutating func replace(_ old: SharePart, by new: SharePart, of member: ID<Member>) {
        if old.requests != new.requests { requests.replace(old.requests, by: new.requests) }
        if old.tokens != new.tokens { tokens.replace(old.tokens, by: new.tokens) }
        if old.parallel != new.parallel { parallel.replace(old.parallel, by: new.parallel) }
        guard old.place != new.place else { return }
        if let place = old.place { waiters.remove(at: index(of: place, member)) }
        if let place = new.place {
            waiters.insert(
                Waiter(place: place, member: member), at: index(of: place, member))
        }
    }

    /// The tokens for which those wait who come before that place, as far as it matters.
    func tokensAhead(of place: SharePlace, at now: Timestamp, most: Int64) -> Int64 {
        var sum: Int64 = 0
        for waiter in waiters {
            guard sum < most, waiter.place.isBefore(place, at: now) else { break }
            sum += waiter.place.tokens
        }
        return sum
    }

    private func index(of place: SharePlace, _ member: ID<Member>) -> Int {
        let waiter = Waiter(place: place, member: member)
        var range = waiters.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                waiters[middle].isBefore(waiter)
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
