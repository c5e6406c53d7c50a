/// How many calls and tokens were let through in the last minute, and how many calls are under
/// way: for each key, member and tier with a limit, and nobody else.
///
/// In no sixty seconds, wherever they begin, are there more calls or tokens than a limit says. A
/// call counts where it was let through. Its tokens count from there until a minute after its
/// end: first as many as it may come to, then as many as there were.
///
/// Pure: instants are arguments, and of a clock that never jumps.
package struct RateBook: Sendable {
    /// What a call has taken.
    private struct Permit: Hashable {
        var scopes: [RateScope]
        var at: Timestamp
        var tokens: Int64
    }

    private var usages: [RateScope: RateUsage] = [:]
    private var permits: [ID<Attempt>: Permit] = [:]
    private var idleLine = IdleLine<RateScope>()
    /// The latest instant that was used: callers' clocks may be read in another order than
    /// they get here.
    private var now = Timestamp(milliseconds: 0)

    package init() {}

    /// How many calls are under way, as far as they are limited.
    package var inFlightCount: Int { permits.count }

    /// How many scopes are remembered.
    package var scopeCount: Int { usages.count }
}

extension RateBook {
    /// What became of a call that asked.
    package enum Verdict: Hashable, Sendable {
        /// Also past limits in shadow: what they would have said.
        case taken(shadowed: [RateShortfall])
        case short(RateShortfall)
        /// The call alone is more than a limit.
        case never(RateShortfall)
    }

    /// Takes a call's place in every scope, or in none.
    ///
    /// Each attempt takes once, and gives it up by ``finish(_:tokens:at:)`` or
    /// ``giveBack(_:at:)``.
    package mutating func take(
        _ claim: RateClaim, for attempt: ID<Attempt>, at instant: Timestamp
    ) -> Verdict {
        precondition(permits[attempt] == nil, "an attempt takes its place once")
        advance(to: instant)
        let scopes = claim.scopes
        // Also who is refused is there, and has a share.
        for scope in scopes { touch(scope) }
        var shadowed: [RateShortfall] = []
        var worst: RateShortfall?
        var isShortOfShared = false
        for (scope, limit) in claim.limits {
            for resource in RateResource.allCases {
                guard let most = limit[resource],
                    let found = shortfall(claim, scope, resource, limit: most)
                else { continue }
                if claim.isShadowed(resource.rule) {
                    shadowed.append(found)
                } else if resource == .tokens, claim.tokens > most {
                    return .never(found)
                } else {
                    if scope == .tier(claim.tier), resource == .tokens { isShortOfShared = true }
                    let isWorse = worst.map { $0.retryAfterSeconds < found.retryAfterSeconds }
                    if isWorse ?? true { worst = found }
                }
            }
        }
        if let worst {
            if isShortOfShared { wait(claim) }
            return .short(worst)
        }
        let now = now
        changePlace(claim) { $0.serve(at: now) }
        for scope in scopes {
            change(scope) { usage in
                usage.requests.add(1, at: now)
                usage.tokensHeld += claim.tokens
                usage.inFlight += 1
            }
        }
        permits[attempt] = Permit(scopes: scopes, at: now, tokens: claim.tokens)
        return .taken(shadowed: shadowed)
    }

    /// A call has ended. Once more is nothing, as is one that took nothing.
    ///
    /// - Parameter tokens: as the provider counted them; `nil` if it did not say, and then it is
    ///   as many as there may have been.
    package mutating func finish(_ attempt: ID<Attempt>, tokens: Int64?, at instant: Timestamp) {
        guard let permit = permits.removeValue(forKey: attempt) else { return }
        advance(to: instant)
        let tokens = tokens.map(RateClaim.countable) ?? permit.tokens
        let now = now
        for scope in permit.scopes {
            end(permit, in: scope) { usage in
                usage.tokens.add(tokens, at: now)
                usage.lastSecond = now.seconds
            }
        }
    }

    /// Nothing of a call was forwarded: it is as if it had not asked. Once more is nothing.
    package mutating func giveBack(_ attempt: ID<Attempt>, at instant: Timestamp) {
        guard let permit = permits.removeValue(forKey: attempt) else { return }
        advance(to: instant)
        for scope in permit.scopes {
            end(permit, in: scope) { $0.requests.takeBack(1, from: permit.at) }
        }
    }
}

/// What callers are told of their limits.
extension RateBook {
    /// How a limit stands, for one caller.
    package struct Standing: Hashable, Sendable {
        package var limit: Int64
        /// What the caller could take of it now.
        package var remaining: Int64
        /// Until nothing of it is used any more, as far as can be told now.
        package var resetSeconds: Int
    }

    /// How the tightest limits of calls and of tokens stand; `nil` where there is none, or where
    /// it refuses nothing.
    package mutating func standings(
        for claim: RateClaim, at instant: Timestamp
    ) -> (requests: Standing?, tokens: Standing?) {
        advance(to: instant)
        return (tightest(.requests, claim), tightest(.tokens, claim))
    }

    private mutating func tightest(_ resource: RateResource, _ claim: RateClaim) -> Standing? {
        guard !claim.isShadowed(resource.rule) else { return nil }
        var tightest: Standing?
        for (scope, limit) in claim.limits {
            guard let most = limit[resource] else { continue }
            let usage = current(scope)
            // What is in flight counts for a minute after its end, which may be soon.
            let isHeld = usage.present(resource) > 0
            let end = isHeld ? now.adding(seconds: 60) : usage.past(resource).end ?? now
            let standing = Standing(
                limit: most, remaining: room(claim, scope, resource, limit: most),
                resetSeconds: seconds(until: end))
            if tightest.map({ standing.remaining < $0.remaining }) ?? true { tightest = standing }
        }
        return tightest
    }
}

extension RateBook {
    /// When calls that are under way end, nobody knows: often enough it is soon.
    private static let callEndSeconds = 2

    /// OpenAI's libraries do not heed a longer one, and come again at once. Nothing counts for
    /// longer, but for a tenth of a second.
    private static let retryAfterSecondsMax = 60

    private func room(
        _ claim: RateClaim, _ scope: RateScope, _ resource: RateResource, limit: Int64
    ) -> Int64 {
        let usage = current(scope)
        guard case .tier = scope else { return max(0, limit - usage.used(resource)) }
        return share(
            claim, resource, limit: limit, used: usage.used(resource),
            own: current(.share(claim.tier, claim.member)).used(resource)
        ).room
    }

    private func share(
        _ claim: RateClaim, _ resource: RateResource, limit: Int64, used: Int64, own: Int64
    ) -> FairShare {
        let sharers = usages[.tier(claim.tier)]?.sharers ?? []
        return FairShare(
            limit: limit, used: used, own: own,
            sharerCount: sharers.count + (sharers.contains(claim.member) ? 0 : 1),
            ahead: resource == .tokens && own == 0 ? tokensAhead(of: claim) : 0)
    }

    /// The tokens for which those wait who come before the caller.
    private func tokensAhead(of claim: RateClaim) -> Int64 {
        guard let tier = usages[.tier(claim.tier)], tier.waiterCount > 0 else { return 0 }
        let place = usages[.share(claim.tier, claim.member)]?.place ?? SharePlace()
        return tier.sharers.reduce(0) { sum, member in
            let other = current(.share(claim.tier, member))
            // Who has something already is not served before that is a minute old.
            let isAhead = other.used(.tokens) == 0 && other.place.isBefore(place, at: now)
            return isAhead ? sum + other.place.tokens : sum
        }
    }

    /// Why a call does not fit in one limit; `nil` if it does.
    private func shortfall(
        _ claim: RateClaim, _ scope: RateScope, _ resource: RateResource, limit: Int64
    ) -> RateShortfall? {
        let wanted = resource == .tokens ? claim.tokens : 1
        guard room(claim, scope, resource, limit: limit) < wanted else { return nil }
        let usage = current(scope)
        let used = usage.used(resource)
        return RateShortfall(
            rule: resource.rule, owner: claim.owner(of: scope), limit: limit, used: used,
            wanted: wanted, isShared: used + wanted <= limit,
            retryAfterSeconds: retryAfter(claim, scope, resource, limit: limit, wanted: wanted))
    }

    private func retryAfter(
        _ claim: RateClaim, _ scope: RateScope, _ resource: RateResource, limit: Int64,
        wanted: Int64
    ) -> Int {
        let usage = current(scope)
        let own: RateUsage
        if case .tier = scope {
            own = current(.share(claim.tier, claim.member))
        } else {
            own = RateUsage(second: now.seconds)
        }
        let past = usage.past(resource)
        let instant = past.instantWithRoom(part: own.past(resource)) { left, ownLeft in
            let used = left + usage.present(resource)
            guard case .tier = scope else { return used + wanted <= limit }
            return share(
                claim, resource, limit: limit, used: used, own: ownLeft + own.present(resource)
            ).room >= wanted
        }
        if let instant {
            return min(max(1, seconds(until: instant)), RateBook.retryAfterSecondsMax)
        }
        // Time alone does not help. Where a call must end first, it may end soon.
        return usage.present(resource) > 0
            ? RateBook.callEndSeconds : RateBook.retryAfterSecondsMax
    }

    /// Rounded up: who waits that long does not come too early.
    private func seconds(until instant: Timestamp) -> Int {
        Int((max(0, instant.milliseconds - now.milliseconds) + 999) / 1_000)
    }
}

/// What is remembered, and for how long.
extension RateBook {
    private func current(_ scope: RateScope) -> RateUsage {
        var usage = usages[scope] ?? RateUsage(second: now.seconds)
        usage.advance(to: now)
        return usage
    }

    private mutating func touch(_ scope: RateScope) {
        let second = now.seconds
        if usages[scope] == nil {
            usages[scope] = RateUsage(second: second)
            idleLine.put(scope, in: second)
            if case .share(let tier, let member) = scope {
                change(.tier(tier)) { $0.sharers.insert(member) }
            }
        }
        change(scope) { $0.lastSecond = second }
    }

    private mutating func change(_ scope: RateScope, _ body: (inout RateUsage) -> Void) {
        guard let index = usages.index(forKey: scope) else {
            preconditionFailure("what is in use is not forgotten")
        }
        usages.values[index].advance(to: now)
        body(&usages.values[index])
    }

    private mutating func end(
        _ permit: Permit, in scope: RateScope, _ body: (inout RateUsage) -> Void
    ) {
        change(scope) { usage in
            usage.tokensHeld -= permit.tokens
            usage.inFlight -= 1
            body(&usage)
        }
    }

    private mutating func advance(to instant: Timestamp) {
        now = max(now, instant)
        for scope in idleLine.takeDue(in: now.seconds) {
            guard let usage = usages[scope] else { continue }
            if usage.isIdle(in: now.seconds) {
                forget(scope)
            } else {
                idleLine.put(scope, in: usage.inFlight > 0 ? now.seconds : usage.lastSecond)
            }
        }
    }

    private mutating func wait(_ claim: RateClaim) {
        let isFirst =
            current(.share(claim.tier, claim.member)).used(.tokens) == 0
            && tokensAhead(of: claim) == 0
        let now = now
        changePlace(claim) { $0.wait(for: claim.tokens, isFirst: isFirst, at: now) }
    }

    private mutating func changePlace(_ claim: RateClaim, _ body: (inout SharePlace) -> Void) {
        let share = RateScope.share(claim.tier, claim.member)
        guard let before = usages[share]?.place else { return }
        change(share) { body(&$0.place) }
        let waits = [before, usages[share]?.place].map { ($0?.tokens ?? 0) > 0 ? 1 : 0 }
        change(.tier(claim.tier)) { $0.waiterCount += waits[1] - waits[0] }
    }

    private mutating func forget(_ scope: RateScope) {
        let usage = usages.removeValue(forKey: scope)
        // A tier is used at least as lately as its members' shares, so it goes with the last of
        // them or after it.
        if case .share(let tier, let member) = scope, usages[.tier(tier)] != nil {
            let waited = usage.map { $0.place.tokens > 0 } ?? false
            change(.tier(tier)) { tier in
                tier.sharers.remove(member)
                if waited { tier.waiterCount -= 1 }
            }
        }
    }
}
