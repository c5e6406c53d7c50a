import Metering
import OpenRouterWire
import Purser

/// Who is calling, as the request's head says.
struct Identity: Sendable {
    var digest: KeyDigest
    /// From the title; `nil` if it names nobody.
    var memberName: String?
    /// From the title; empty if it names none.
    var app: String
}

/// What becomes of a request.
enum Judgement: Sendable {
    case admitted(Admitted)
    /// Calls in flight hold the money; `shortfall` is what to say if they do not give it back.
    case waiting(Admitted, shortfall: Refusal)
    case newcomer(name: String, key: Key)
    /// The day changed in between.
    case outdated
    case refused(Refusal, Caller?)
}

/// A call whose bound is held, or queued to be.
struct Admitted: Sendable {
    var plan: Admission.Plan
    var attempt: Attempt
    var caller: Caller
    /// The directory's revision that it was judged under.
    var revision: Int64
}

extension GatewayCore {
    /// Judges a request and holds its bound, or queues it behind calls in flight.
    ///
    /// `resume` is called, on any thread, when a queued call's turn comes.
    func judge(
        _ request: ChatRequest, identity: Identity, requestID: String,
        resume: @escaping @Sendable (Book.WaitOutcome) -> Void
    ) -> Judgement {
        let roster = roster
        let now = now()
        let name = identity.memberName ?? request.user.flatMap { Name.isValid($0) ? $0 : nil }
        let caller: Caller
        switch roster.resolve(identity.digest, memberName: name, at: now) {
        case .caller(let found): caller = found
        case .management: return .refused(.managementKeyCannotComplete, nil)
        case .newcomer(let name, let key): return .newcomer(name: name, key: key)
        case .refused(let refusal): return .refused(refusal, nil)
        }
        if isStopping { return .refused(.shuttingDown, caller) }
        let day = roster.zone.day(at: now)
        let windows = Windows(holding: day)
        let headroom = readBook { $0.headroomAfterFlight(in: caller.budgets, at: windows) }
        let planned = Admission.plan(
            request, caller: caller, catalogue: catalogue, headroom: headroom)
        switch planned {
        case .failure(let refusal): return .refused(refusal, caller)
        case .success(let plan):
            let attempt = Attempt(
                id: makeAttemptID(), requestID: requestID, at: now, key: caller.key.id,
                member: caller.member.id, team: caller.team, requestedModel: plan.requestedModel,
                model: plan.model, app: identity.app, isStreamed: request.isStreamed,
                bound: plan.bound, day: day)
            let admitted = Admitted(
                plan: plan, attempt: attempt, caller: caller, revision: roster.revision)
            return claim(admitted, windows: windows, roster: roster, resume: resume)
        }
    }

    private func claim(
        _ admitted: Admitted, windows: Windows, roster: Roster,
        resume: @escaping @Sendable (Book.WaitOutcome) -> Void
    ) -> Judgement {
        let claim = Claim(
            scopes: admitted.attempt.scopes, budgets: admitted.caller.budgets, windows: windows,
            bound: admitted.plan.bound)
        let id = admitted.attempt.id
        let (outcome, isFull) = withTreasury { treasury -> (ClaimOutcome, Bool) in
            let outcome = treasury.book.hold(claim, for: id)
            guard case .short = outcome else { return (outcome, false) }
            guard treasury.book.waiterCount < GatewayCore.waiterCountMax else {
                return (outcome, true)
            }
            treasury.book.wait(claim, ticket: id)
            treasury.waiting[id] = resume
            return (outcome, false)
        }
        switch outcome {
        case .held: return .admitted(admitted)
        case .outdated: return .outdated
        case .full: return .refused(.overloaded, admitted.caller)
        case .short(let budget, let slot):
            if isFull { return .refused(.overloaded, admitted.caller) }
            count { $0.waited += 1 }
            let refusal = shortfall(budget, slot, admitted, roster, isInFlight: true)
            return .waiting(admitted, shortfall: refusal)
        case .exceeded(let budget, let slot):
            let refusal = shortfall(budget, slot, admitted, roster, isInFlight: false)
            return .refused(refusal, admitted.caller)
        }
    }

    private func shortfall(
        _ budget: Budget, _ slot: Book.Slot, _ admitted: Admitted, _ roster: Roster,
        isInFlight: Bool
    ) -> Refusal {
        .overBudget(
            BudgetShortfall(
                scope: budget.scope, owner: roster.describe(budget.scope), period: budget.period,
                limit: budget.limit, spent: slot.spent, held: slot.held,
                bound: admitted.plan.bound,
                resetsAt: budget.period.end(after: admitted.attempt.day, in: roster.zone),
                isInFlight: isInFlight))
    }

    /// Takes a call out of the queue; `false` if its turn has just come.
    func stopWaiting(_ attempt: ID<Attempt>) -> Bool {
        let wasWaiting = withTreasury { treasury -> Bool in
            treasury.waiting[attempt] = nil
            return treasury.book.stopWaiting(attempt)
        }
        // Those behind it may fit where it did not.
        if wasWaiting { moveMoney { _ in } }
        return wasWaiting
    }

    /// Gives a hold back; nothing was written or billed.
    func giveBack(_ attempt: ID<Attempt>) {
        moveMoney { $0.release(attempt) }
    }

    /// Changes the book, then serves those who wait for it.
    func moveMoney(_ move: @Sendable (inout Book) -> Void) {
        let served = withTreasury { treasury -> [Resumption] in
            move(&treasury.book)
            return treasury.book.serveWaiters().compactMap { ticket, outcome in
                treasury.waiting.removeValue(forKey: ticket).map { resume in
                    Resumption(outcome: outcome, resume: resume)
                }
            }
        }
        for resumption in served { resumption.resume(resumption.outcome) }
    }

    /// Somebody to be told that their turn has come, once the mutex is free again.
    private struct Resumption: Sendable {
        var outcome: Book.WaitOutcome
        var resume: @Sendable (Book.WaitOutcome) -> Void
    }

    /// The least that any budget of the caller has left, holds counted; `nil` without budgets.
    func remaining(for caller: Caller) -> USD? {
        let windows = Windows(holding: roster.zone.day(at: now()))
        return readBook { $0.headroom(in: caller.budgets, at: windows) }
    }
}
