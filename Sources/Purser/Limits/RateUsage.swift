/// Whose calls a limit counts together.
enum RateScope: Hashable, Sendable {
    case key(ID<Key>)
    case member(ID<Member>)
    case tier(ID<Tier>)
    /// What one member uses of that which a tier's members share.
    case share(ID<Tier>, ID<Member>)
}

/// What one scope has used in the last minute, and uses now.
struct RateUsage: Hashable, Sendable {
    var requests = SlidingSum()
    /// Of calls that have ended; they count from their end, when it is known how many there are.
    var tokens = SlidingSum()
    /// What calls in flight may come to.
    var tokensHeld: Int64 = 0
    var inFlight: Int64 = 0
    /// The slot of a sum in which somebody last called, was refused, or ended a call.
    var lastSlot: Int64
    /// Of a share.
    var asked = ShareAsked()
    /// Of a share: how it counts among the others.
    var noted = SharePart()

    init(slot: Int64) {
        lastSlot = slot
    }

    /// Whether there is nothing to remember in that slot.
    func isIdle(in slot: Int64) -> Bool {
        inFlight == 0 && lastSlot + SlidingSum.slotCount <= slot
    }

    mutating func advance(to instant: Timestamp) {
        requests.advance(to: instant)
        tokens.advance(to: instant)
        asked.advance(to: instant)
    }

    /// When something is forgotten next, a minute later; `nil` if there is nothing.
    var firstSlot: Int64? {
        [requests.firstSlot, tokens.firstSlot, asked.firstSlot].compactMap { $0 }.min()
    }

    /// How a share counts among the others now.
    var part: SharePart {
        SharePart(
            requests: need(.requests), tokens: need(.tokens), parallel: need(.parallel),
            place: asked.place.tokens > 0 && used(.tokens) == 0 ? asked.place : nil)
    }

    private func need(_ resource: RateResource) -> RateNeed {
        let used = used(resource)
        let demand = used + asked.refused(resource)
        return RateNeed(
            used: used, demand: resource == .parallel ? max(demand, asked.atOnce.most) : demand)
    }

    func used(_ resource: RateResource) -> Int64 {
        past(resource).sum + present(resource)
    }

    /// The part that time alone makes room from.
    func past(_ resource: RateResource) -> SlidingSum {
        switch resource {
        case .requests: requests
        case .tokens: tokens
        case .parallel: SlidingSum()
        }
    }

    /// The part that counts for as long as calls are in flight.
    func present(_ resource: RateResource) -> Int64 {
        switch resource {
        case .requests: 0
        case .tokens: tokensHeld
        case .parallel: inFlight
        }
    }
}

/// One of the three things that a rate limits.
enum RateResource: CaseIterable, Sendable {
    case requests, tokens, parallel

    var rule: Rule {
        switch self {
        case .requests: .requestsPerMinute
        case .tokens: .tokensPerMinute
        case .parallel: .parallel
        }
    }
}

extension RateLimit {
    subscript(resource: RateResource) -> Int64? {
        switch resource {
        case .requests: requestsPerMinute
        case .tokens: tokensPerMinute
        case .parallel: parallel
        }
    }
}
