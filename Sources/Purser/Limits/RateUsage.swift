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
    /// The second in which somebody last called, was refused, or ended a call.
    var lastSecond: Int64
    /// Of a tier: who called in the last minute or is calling.
    var sharers: Set<ID<Member>> = []
    /// Of a tier: how many of them wait for tokens.
    var waiterCount = 0
    /// Of a share.
    var place = SharePlace()

    init(second: Int64) {
        lastSecond = second
    }

    /// Whether there is nothing to remember in that second.
    func isIdle(in second: Int64) -> Bool {
        inFlight == 0 && lastSecond + IdleLine<RateScope>.secondCount <= second
    }

    mutating func advance(to instant: Timestamp) {
        requests.advance(to: instant)
        tokens.advance(to: instant)
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
