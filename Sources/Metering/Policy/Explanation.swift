package import OpenRouterWire
package import Purser

/// What would become of a request, and the way there: the decision that the gateway makes, made
/// on a copy of what it rests on, and followed by nothing.
package struct Explanation: Sendable {
    package enum Outcome: String, Sendable {
        case pass
        /// It goes on, but not as it was sent.
        case change
        case refuse
    }

    /// What is asked, of whom, and what the answer rests on.
    package struct Question: Sendable {
        package var body: [UInt8]
        /// In the place of the body's own model; `nil` leaves that.
        package var model: String?
        /// A member who is not there is nobody to ask about.
        package var identity: Identity
        package var at: Timestamp
        package var roster: Roster
        package var catalogue: Catalogue
        /// With what calls in flight hold.
        package var book: Book

        package init(
            body: [UInt8], model: String? = nil, identity: Identity, at: Timestamp,
            roster: Roster, catalogue: Catalogue, book: Book
        ) {
            self.body = body
            self.model = model
            self.identity = identity
            self.at = at
            self.roster = roster
            self.catalogue = catalogue
            self.book = book
        }
    }

    /// One budget that the call must fit in.
    package struct Standing: Hashable, Sendable {
        package var budget: Budget
        package var slot: Book.Slot
        /// Whether the bound fits beside what is spent and held; `nil` where there is no bound.
        package var fits: Bool?
    }

    package private(set) var steps: [Trail.Step] = []
    /// `nil` for a stranger.
    package private(set) var caller: Caller?
    /// Who the tier was given to; `nil` without one.
    package private(set) var tierGiver: Scope?
    /// What the client calls the model; `nil` if it names none.
    package private(set) var wished: String?
    /// `nil` for a call that no rule lets through.
    package private(set) var plan: Admission.Plan?
    /// Why not; `nil` for a call that passes.
    package private(set) var refusal: Refusal?
    /// The day that the call counts in.
    package private(set) var day: CivilDate
    package private(set) var standings: [Standing] = []

    /// The most that the call can cost; `nil` where it was refused before that was known.
    package var bound: USD? {
        if let plan { return plan.bound }
        if case .requestTooDear(let bound, _, _) = refusal { return bound }
        return nil
    }

    package var outcome: Outcome {
        if refusal != nil { return .refuse }
        let isChanged = plan?.forwarding.model != nil || plan?.forwarding.models != nil
        return isChanged || steps.contains { $0.outcome == .changed } ? .change : .pass
    }

    /// Judges the request in the gateway's order: who, what, which rule, how much.
    package init(_ question: Question) {
        day = question.book.day(notBefore: question.roster.zone.day(at: question.at))
        do throws(Refusal) {
            try judge(question)
        } catch {
            refusal = error
        }
    }
}

extension Explanation {
    private mutating func judge(_ question: Question) throws(Refusal) {
        let roster = question.roster
        let identity = question.identity
        switch roster.resolve(identity.digest, memberName: identity.memberName, at: question.at) {
        case .caller(let found): take(found, roster)
        case .refused(let refusal): throw refuse("caller", refusal)
        case .management: throw refuse("caller", .managementKeyCannotComplete)
        case .newcomer(let name, _):
            preconditionFailure("whoever asks has looked \(name) up")
        }
        let matter = Case(
            request: try scan(question), identity: identity, requestID: "", attempt: ID(0),
            at: question.at, roster: roster, catalogue: question.catalogue)
        try judge(matter, treasury: Treasury(book: question.book))
    }

    private mutating func scan(_ question: Question) throws(Refusal) -> ChatRequest {
        do throws(ChatRequest.Fault) {
            var request = try ChatRequest.scan(question.body.span)
            if let model = question.model { request.replaceModel(by: model) }
            wished = request.candidates.first
            return request
        } catch {
            wished = question.model
            throw refuse("request", .malformed(error.sentence))
        }
    }

    private mutating func take(_ caller: Caller, _ roster: Roster) {
        self.caller = caller
        let team = caller.team.map { " of \(roster.describe(.team($0)))" } ?? ""
        add("caller", .passed, "\(caller.member.name)\(team), with key \(caller.key.name)")
        let holder = roster.member(caller.key.member) ?? caller.member
        guard let given = roster.tier(of: caller.member, using: caller.key, holder: holder) else {
            return add("tier", .passed, "none is set, so every model may run")
        }
        tierGiver = given.giver
        add("tier", .passed, "\(given.tier.name), which \(roster.describe(given.giver)) has")
    }

    private mutating func judge(_ matter: Case, treasury: Treasury) throws(Refusal) {
        guard let caller else { return }
        var treasury = treasury
        let zone = matter.roster.zone
        let idle = RateClaim(caller, tokens: 0).map { claim in
            var rates = RateBook()
            return rates.standings(for: claim, at: matter.at)
        }
        let prospect = treasury.prospect(for: caller, at: matter.at, in: zone)
        let (planned, trail) = matter.explain(
            for: caller, on: prospect.day, budgets: prospect.budgets, headroom: prospect.headroom,
            tokenRoom: idle?.tokens?.remaining)
        steps += trail.steps
        addRates(caller, matter.roster)
        var obstacle: Refusal?
        switch planned {
        case .success(let admitted):
            plan = admitted.plan
            addFields(matter.request, admitted.plan)
            obstacle = judgeRates(admitted) ?? claim(admitted, matter.roster, &treasury)
        case .failure(let refusal): obstacle = refusal
        }
        addBudgets(prospect.budgets, matter.roster, in: treasury.book)
        if let obstacle { throw obstacle }
    }

    /// What stands in the way of the money; `nil` if nothing does.
    private func claim(
        _ admitted: Admitted, _ roster: Roster, _ treasury: inout Treasury
    ) -> Refusal? {
        switch treasury.claim(admitted, in: roster) {
        case .refused(let refusal, _), .waiting(_, let refusal): refusal
        case .admitted, .newcomer, .outdated: nil
        }
    }

    /// What a rate refuses also in a minute without other calls.
    private mutating func judgeRates(_ admitted: Admitted) -> Refusal? {
        let tokens = admitted.plan.tokenEstimate
        guard let claim = RateClaim(admitted.caller, tokens: tokens) else { return nil }
        var rates = RateBook()
        switch rates.take(claim, for: admitted.attempt.id, at: admitted.attempt.at) {
        case .taken(let shadowed):
            for shortfall in shadowed {
                let words = Refusal.requestOverRate(shortfall).sentence
                add(shortfall.rule.rawValue, .shadowed, words)
                plan?.shadows.append(Shadow(rule: shortfall.rule, words: words))
            }
            return nil
        case .short(let shortfall):
            return refuse(shortfall.rule.rawValue, .rateLimited(shortfall))
        case .never(let shortfall):
            return refuse(shortfall.rule.rawValue, .requestOverRate(shortfall))
        }
    }

    private mutating func addFields(_ request: ChatRequest, _ plan: Admission.Plan) {
        let left = request.fieldsLeftOut(by: plan.forwarding)
        guard !left.isEmpty else { return }
        add("fields", .changed, "left out of what is forwarded: \(left.joined(separator: ", "))")
    }

    /// - Parameter book: where the call itself holds its bound, if it was let through.
    private mutating func addBudgets(_ budgets: [Budget], _ roster: Roster, in book: Book) {
        if budgets.isEmpty { add("budget", .noted, "none binds this call") }
        let windows = Windows(holding: day)
        let isHeld = book.holds(ID(0))
        for budget in budgets {
            var slot = book.balance(budget.scope, budget.period, at: windows)
            if isHeld, let plan { slot.held -= plan.bound }
            let left = budget.limit - slot.spent - slot.held
            let fits = plan.map { $0.bound <= left }
            standings.append(Standing(budget: budget, slot: slot, fits: fits))
            let words =
                "\(roster.describe(budget.scope)) may spend \(budget.limit.dollars) "
                + "\(budget.period.phrase): \(slot.spent.dollars) is spent, "
                + "\(slot.held.dollars) is held, \(left.dollars) is left"
            switch fits {
            case nil: add("budget", .noted, words)
            case true?: add("budget", .passed, "\(words), and the call fits")
            case false?: add("budget", .refused, "\(words), and the call does not fit")
            }
        }
    }

    private mutating func addRates(_ caller: Caller, _ roster: Roster) {
        guard let tier = caller.tier else { return }
        let rates = [
            (roster.describe(.key(caller.key.id)), tier.rates.key),
            (roster.describe(.member(caller.member.id)), tier.rates.member),
            ("everybody in tier \(tier.name)", tier.rates.tier),
        ]
        for (owner, rate) in rates where !rate.isEmpty {
            let limits = [
                rate.requestsPerMinute.map { "\($0) calls in a minute" },
                rate.tokensPerMinute.map { "\($0) tokens in a minute" },
                rate.parallel.map { "\($0) calls at once" },
            ].compactMap { $0 }.joined(separator: ", ")
            add(
                "rate", .noted,
                "\(owner) may have \(limits); only the running gateway knows what is used")
        }
    }

    private mutating func refuse(_ subject: String, _ refusal: Refusal) -> Refusal {
        add(subject, .refused, refusal.sentence)
        return refusal
    }

    private mutating func add(_ subject: String, _ outcome: Trail.Outcome, _ words: String) {
        steps.append(Trail.Step(subject, outcome, words))
    }
}

extension ChatRequest {
    /// The request as if the body named another model.
    fileprivate mutating func replaceModel(by name: String) {
        let old = model.map { JSON.string($0).text.utf8.count }
        let new = JSON.string(name).text.utf8.count
        // A body without one gets the field's name and marks besides: `"model":…,`.
        byteCount += old.map { new - $0 } ?? (new + 9)
        model = name
    }
}
