import Credentials
import Logging
import Metering
import OpenRouterWire
import Purser

extension GatewayCore {
    /// Judges a request and holds its bound, or queues it behind calls in flight.
    ///
    /// `resume` is called, on any thread, when a queued call's turn comes.
    func judge(
        _ request: ChatRequest, identity: Identity, requestID: String,
        resume: @escaping @Sendable (Book.WaitOutcome) -> Void
    ) -> Judgement {
        let roster = roster
        var identity = identity
        identity.memberName = identity.memberName ?? request.user.flatMap(userName)
        let matter = Case(
            request: request, identity: identity, requestID: requestID,
            attempt: makeAttemptID(), at: now(), roster: roster, catalogue: catalogue)
        let caller: Caller
        switch matter.party {
        case .caller(let found): caller = found
        case .settled(let judgement): return judgement
        }
        if isStopping { return .refused(.shuttingDown, caller) }
        // Money that came free by an entry that is in memory alone is not free yet.
        if unwrittenCount > 0 { return .refused(.ledgerUnavailable, caller) }
        let prospect = withTill { till in
            till.treasury.prospect(for: caller, at: matter.at, in: roster.zone)
        }
        let planned = matter.plan(
            for: caller, on: prospect.day, budgets: prospect.budgets,
            headroom: prospect.headroom, tokenRoom: standings(for: caller).tokens?.remaining)
        let admitted: Admitted
        switch planned {
        case .success(let plan): admitted = plan
        case .failure(let refusal): return .refused(refusal, caller)
        }
        let uptime = uptime()
        let (judgement, resumptions) = withTill { till -> (Judgement, [Resumption]) in
            let judgement = till.claim(admitted, in: roster, at: uptime)
            if case .waiting = judgement { till.resumes[admitted.attempt.id] = resume }
            return (judgement, till.resumptions(till.treasury.turnsOfNewDay(), at: uptime))
        }
        for resumption in resumptions { resumption() }
        if case .waiting = judgement { count { $0.waited += 1 } }
        return judgement
    }

    /// A key in the place of a name is nobody's name: names are written down.
    private func userName(_ user: String) -> String? {
        Name.isValid(user) && !Secret.isIn(user) ? user : nil
    }

    /// Takes a call out of the line; `false` if its turn has just come.
    func stopWaiting(_ attempt: ID<Attempt>) -> Bool {
        let uptime = uptime()
        guard let resumptions = withTill({ $0.stopWaiting(attempt, at: uptime) }) else {
            return false
        }
        for resumption in resumptions { resumption() }
        return true
    }

    /// Gives a hold back; nothing was written or billed.
    func giveBack(_ attempt: ID<Attempt>) {
        let uptime = uptime()
        let resumptions = withTill { $0.giveBack(attempt, at: uptime) }
        for resumption in resumptions { resumption() }
    }

    /// The least that any budget of the caller has left, holds counted; `nil` without budgets.
    func remaining(for admitted: Admitted) -> USD? {
        withTill { till in
            till.treasury.book.headroom(
                in: admitted.budgets, at: admitted.attempt.windows)
        }
    }

    /// How the limits of the caller's calls and tokens stand; `nil` where there is none.
    func standings(
        for caller: Caller
    ) -> (requests: RateBook.Standing?, tokens: RateBook.Standing?) {
        guard let claim = RateClaim(caller, tokens: 0) else { return (nil, nil) }
        let uptime = uptime()
        return withTill { $0.rates.standings(for: claim, at: uptime) }
    }

    /// Counts the rules in shadow that would have stopped a call that is forwarded, and says each
    /// once a day for each member.
    func reportShadows(over admitted: Admitted) {
        let rules = admitted.attempt.shadowed
        if rules.isEmpty { return }
        count { $0.shadowed += Int64(rules.count) }
        for rule in newsOfShadows(admitted.attempt) {
            logger.notice(
                "rule in shadow would have stopped a call, the first of the day",
                metadata: [
                    "request_id": "\(admitted.attempt.requestID)",
                    "member": "\(admitted.caller.member.name)",
                    "tier": "\(admitted.caller.tier?.name ?? "")", "rule": "\(rule.rawValue)",
                ])
        }
    }

    /// The soft limits of the caller that are reached.
    func warnings(for admitted: Admitted) -> [Treasury.Warning] {
        if admitted.caller.softLimits.isEmpty { return [] }
        let warnings = withTill { $0.treasury.warnings(for: admitted) }
        if !warnings.isEmpty { count { $0.warned += 1 } }
        for warning in warnings where warning.isFirst {
            logger.warning(
                "soft limit reached",
                metadata: [
                    "of": "\(roster.describe(warning.limit.scope))",
                    "window": "\(warning.limit.period.name)",
                    "soft_limit": "\(warning.limit.amount)", "spent": "\(warning.spent)",
                ])
        }
        return warnings
    }
}
