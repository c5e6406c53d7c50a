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
    private var crowds: [ID<Tier>: SharedDemand] = [:]
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
        var shortfalls: [(scope: RateScope, found: RateShortfall)] = []
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
                    shortfalls.append((scope, found))
                }
            }
        }
        if let first = shortfalls.first {
            noteRefusal(claim, shortfalls)
            return .short(
                shortfalls.dropFirst().reduce(first.found) { worst, next in
                    next.found.retryAfterSeconds > worst.retryAfterSeconds ? next.found : worst
                })
        }
        let now = now
        for scope in scopes {
            change(scope) { usage in
                usage.requests.add(1, at: now)
                usage.tokensHeld += claim.tokens
                usage.inFlight += 1
                guard case .share = scope else { return }
                usage.asked.place.serve(at: now)
                usage.asked.atOnce.note(usage.inFlight, at: now)
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
                usage.lastSlot = SlidingSum.slot(of: now)
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
        return room(in: share(claim, resource, limit: limit), claim, resource, for: 1)
    }

    private func share(
        _ claim: RateClaim, _ resource: RateResource, limit: Int64
    ) -> FairShare {
        let crowd = crowds[claim.tier]
        let noted = usages[.share(claim.tier, claim.member)]?.noted
        let most = limit - FairShare.reserve(of: limit)
        return FairShare(
            limit: limit, used: current(.tier(claim.tier)).used(resource),
            own: current(.share(claim.tier, claim.member)).used(resource),
            sharerCount: (crowd?.memberCount ?? 0) + (noted == nil ? 1 : 0),
            level: crowd?[resource].level(of: most, for: noted?[resource] ?? RateNeed()) ?? most,
            ahead: ahead(of: claim, resource, limit: limit))
    }

    /// - Parameter wanted: less is as good as nothing.
    private func room(
        in share: FairShare, _ claim: RateClaim, _ resource: RateResource, for wanted: Int64
    ) -> Int64 {
        guard share.own > 0, share.room >= wanted, let crowd = crowds[claim.tier] else {
            return share.room
        }
        let noted = usages[.share(claim.tier, claim.member)]?.noted
        let rest = share.limit - FairShare.reserve(of: share.limit) - share.used
        var share = share
        share.levelOfRest = crowd[resource].levelOfRest(
            of: rest + share.own, for: noted?[resource] ?? RateNeed())
        return share.room
    }

    /// The tokens for which those wait who come before the caller, as far as it matters.
    private func ahead(of claim: RateClaim, _ resource: RateResource, limit: Int64) -> Int64 {
        guard resource == .tokens else { return 0 }
        let place = usages[.share(claim.tier, claim.member)]?.asked.place ?? SharePlace()
        return crowds[claim.tier]?.tokensAhead(of: place, at: now, most: limit) ?? 0
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
        let isShared = scope == .tier(claim.tier)
        let own = isShared ? current(.share(claim.tier, claim.member)) : RateUsage(slot: slot)
        let share = isShared ? self.share(claim, resource, limit: limit) : nil
        let past = usage.past(resource)
        let instant = past.instantWithRoom(part: own.past(resource)) { left, ownLeft in
            let used = left + usage.present(resource)
            guard var later = share else { return used + wanted <= limit }
            later.used = used
            later.own = ownLeft + own.present(resource)
            return room(in: later, claim, resource, for: wanted) >= wanted
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
    private var slot: Int64 { SlidingSum.slot(of: now) }

    private func current(_ scope: RateScope) -> RateUsage {
        var usage = usages[scope] ?? RateUsage(slot: slot)
        usage.advance(to: now)
        return usage
    }

    private mutating func touch(_ scope: RateScope) {
        let slot = slot
        if usages[scope] == nil {
            usages[scope] = RateUsage(slot: slot)
            idleLine.put(scope, in: slot)
            if case .share(let tier, _) = scope {
                crowds[tier, default: SharedDemand()].memberCount += 1
            }
        }
        change(scope) { $0.lastSlot = slot }
    }

    private mutating func change(_ scope: RateScope, _ body: (inout RateUsage) -> Void) {
        guard let index = usages.index(forKey: scope) else {
            preconditionFailure("what is in use is not forgotten")
        }
        usages.values[index].advance(to: now)
        body(&usages.values[index])
        guard case .share(let tier, let member) = scope else { return }
        let old = usages.values[index].noted
        let new = usages.values[index].part
        if old != new {
            usages.values[index].noted = new
            crowds[tier, default: SharedDemand()].replace(old, by: new, of: member)
        }
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
        for scope in idleLine.takeDue(in: slot) {
            guard let usage = usages[scope] else { continue }
            if usage.isIdle(in: slot) {
                forget(scope)
            } else {
                change(scope) { _ in }
                idleLine.put(scope, in: nextSlot(scope))
            }
        }
    }

    /// The slot of what is next to age, or to be forgotten. Of a share all that ages counts for
    /// the others, too.
    private func nextSlot(_ scope: RateScope) -> Int64 {
        guard let usage = usages[scope] else { return slot }
        if case .share = scope, let first = usage.firstSlot { return first }
        return usage.lastSlot + SlidingSum.slotCount > slot ? usage.lastSlot : slot
    }

    /// What was refused for want of what is shared, and of nothing else, is what the caller
    /// wants of it.
    private mutating func noteRefusal(
        _ claim: RateClaim, _ shortfalls: [(scope: RateScope, found: RateShortfall)]
    ) {
        guard shortfalls.allSatisfy({ $0.scope == .tier(claim.tier) }) else { return }
        let now = now
        let rules = Set(shortfalls.map(\.found.rule))
        let mayBeFirst = ahead(of: claim, .tokens, limit: 1) == 0
        change(.share(claim.tier, claim.member)) { usage in
            for resource in RateResource.allCases where rules.contains(resource.rule) {
                let wanted = resource == .tokens ? claim.tokens : 1
                usage.asked.refuse(wanted, of: resource, at: now)
                guard resource == .tokens else { continue }
                let isFirst = usage.used(.tokens) == 0 && mayBeFirst
                usage.asked.place.wait(for: claim.tokens, isFirst: isFirst, at: now)
            }
        }
    }

    private mutating func forget(_ scope: RateScope) {
        guard let usage = usages.removeValue(forKey: scope),
            case .share(let tier, let member) = scope
        else { return }
        crowds[tier]?.replace(usage.noted, by: SharePart(), of: member)
        crowds[tier]?.memberCount -= 1
        if crowds[tier]?.memberCount == 0 { crowds[tier] = nil }
    }
}
