package import OpenRouterWire
package import Purser

/// Who is calling, as the request's head says.
package struct Identity: Sendable {
    package var digest: KeyDigest
    /// From the title, else from the body's `user`; `nil` if nobody is named.
    package var memberName: String?
    /// From the title; empty if it names none.
    package var app: String

    package init(digest: KeyDigest, memberName: String?, app: String) {
        self.digest = digest
        self.memberName = memberName
        self.app = app
    }
}

/// A call that may run, with everything that was decided about it.
package struct Admitted: Sendable {
    package var plan: Admission.Plan
    package var attempt: Attempt
    package var caller: Caller
    /// The directory's revision that it was judged under.
    package var revision: Int64
    /// The day's budgets, as far as they bind this call.
    package var budgets: [Budget]

    /// What it asks the book for.
    package var claim: Claim {
        Claim(
            scopes: attempt.scopes, budgets: budgets, day: attempt.day, bound: attempt.bound)
    }
}

/// What becomes of a request.
package enum Judgement: Sendable {
    case admitted(Admitted)
    /// Calls in flight hold the money; `shortfall` is what to say if they do not give it back.
    case waiting(Admitted, shortfall: Refusal)
    case newcomer(name: String, key: Key)
    /// The day changed in between.
    case outdated
    case refused(Refusal, Caller?)
}

/// One request to judge, with everything the decision rests on.
package struct Case: Sendable {
    package var request: ChatRequest
    package var identity: Identity
    package var requestID: String
    package var attempt: ID<Attempt>
    package var at: Timestamp
    package var roster: Roster
    package var catalogue: Catalogue

    package init(
        request: ChatRequest, identity: Identity, requestID: String, attempt: ID<Attempt>,
        at: Timestamp, roster: Roster, catalogue: Catalogue
    ) {
        self.request = request
        self.identity = identity
        self.requestID = requestID
        self.attempt = attempt
        self.at = at
        self.roster = roster
        self.catalogue = catalogue
    }

    /// Who is calling: a caller, or the judgement that there is none to judge further.
    package enum Party: Sendable {
        case caller(Caller)
        case settled(Judgement)
    }

    package var party: Party {
        switch roster.resolve(identity.digest, memberName: identity.memberName, at: at) {
        case .caller(let caller): return .caller(caller)
        case .management: return .settled(.refused(.managementKeyCannotComplete, nil))
        case .newcomer(let name, let key): return .settled(.newcomer(name: name, key: key))
        case .refused(let refusal): return .settled(.refused(refusal, nil))
        }
    }

    /// What may run and what it can cost, if the budgets of that day have `headroom` left.
    package func plan(
        for caller: Caller, on day: CivilDate, budgets: [Budget], headroom: USD?,
        tokenRoom: Int64? = nil
    ) -> Result<Admitted, Refusal> {
        Admission.plan(inquiry(for: caller, headroom: headroom, tokenRoom: tokenRoom))
            .map { admit($0, for: caller, on: day, budgets: budgets) }
    }

    /// The same, with the way to it.
    func explain(
        for caller: Caller, on day: CivilDate, budgets: [Budget], headroom: USD?,
        tokenRoom: Int64?
    ) -> (Result<Admitted, Refusal>, Trail) {
        let (planned, trail) = Admission.explain(
            inquiry(for: caller, headroom: headroom, tokenRoom: tokenRoom))
        return (planned.map { admit($0, for: caller, on: day, budgets: budgets) }, trail)
    }

    private func inquiry(
        for caller: Caller, headroom: USD?, tokenRoom: Int64?
    ) -> Admission.Inquiry {
        Admission.Inquiry(
            request: request, caller: caller, app: identity.app, at: at, catalogue: catalogue,
            headroom: headroom, tokenRoom: tokenRoom)
    }

    private func admit(
        _ plan: Admission.Plan, for caller: Caller, on day: CivilDate, budgets: [Budget]
    ) -> Admitted {
        let attempt = Attempt(
            id: attempt, requestID: requestID, at: at, key: caller.key.id,
            member: caller.member.id, team: caller.team, requestedModel: plan.requestedModel,
            model: plan.model, app: identity.app, isStreamed: request.isStreamed,
            bound: plan.bound, day: day, alias: plan.alias, shadowed: plan.shadows.map(\.rule))
        return Admitted(
            plan: plan, attempt: attempt, caller: caller, revision: roster.revision,
            budgets: budgets)
    }
}
