/// What a member asked for of that which is shared, beyond what they have of it.
struct ShareAsked: Hashable, Sendable {
    /// How many calls were in flight at once.
    var atOnce = SlidingPeak()
    var place = SharePlace()
    private var requests = SlidingSum()
    private var tokens = SlidingSum()
    private var parallel = SlidingSum()

    /// What was refused in the last minute for want of that, and of nothing that is the member's
    /// own.
    func refused(_ resource: RateResource) -> Int64 {
        switch resource {
        case .requests: requests.sum
        case .tokens: tokens.sum
        case .parallel: parallel.sum
        }
    }

    mutating func refuse(_ amount: Int64, of resource: RateResource, at now: Timestamp) {
        switch resource {
        case .requests: requests.add(amount, at: now)
        case .tokens: tokens.add(amount, at: now)
        case .parallel: parallel.add(amount, at: now)
        }
    }

    mutating func advance(to instant: Timestamp) {
        atOnce.advance(to: instant)
        requests.advance(to: instant)
        tokens.advance(to: instant)
        parallel.advance(to: instant)
    }

    /// What is forgotten first; `nil` if there is nothing.
    var firstSlot: Int64? {
        [requests.firstSlot, tokens.firstSlot, parallel.firstSlot, atOnce.firstSlot]
            .compactMap { $0 }.min()
    }
}
