import OpenRouterWire
import Purser

extension Sandbox {
    /// What reading one page of a document costs.
    private static let pageFee = UnitPrice(attodollars: 2_000_000_000_000_000)

    /// `POST /chat/completions`.
    mutating func complete(
        _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> SandboxReply {
        requestCount += 1
        let key = try account.completing(request, now: now)
        let chat = try ChatRequest(try request.json())
        var candidates: [(model: Model, variant: Variant)] = []
        for name in chat.models {
            guard let match = Catalogue.resolve(name) else {
                throw Refusal(400, "\(name) is not a valid model ID", namesUser: true)
            }
            candidates.append(match)
        }
        try checkKey(key, now: now)
        var refusal = Refusal(404, "No endpoints found.")
        for (asked, variant) in candidates {
            do throws(Refusal) {
                let model = asked.family == .router ? pick(for: chat) : asked
                let plan = Plan(
                    chat: chat, model: model, variant: variant, key: key,
                    router: model.id == asked.id ? nil : asked.id)
                return try begin(plan, request, now: now)
            } catch {
                refusal = error
            }
        }
        throw refusal
    }

    /// One model that may answer a request.
    private struct Plan {
        var chat: ChatRequest
        var model: Model
        var variant: Variant
        var key: SandboxKey
        var router: String?
    }

    private mutating func begin(
        _ plan: Plan, _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> SandboxReply {
        let (chat, model) = (plan.chat, plan.model)
        try checkSenses(chat, model)
        let search = chat.search ?? (plan.variant == .online ? Search() : Search?.none)
        let prompt = promptUse(chat, model, search)
        let endpoint = try chat.routing.endpoint(
            of: model, variant: plan.variant, promptTokens: prompt.total, now: now)
        guard let rates = endpoint.prices.rates(promptTokens: prompt.total, now: now) else {
            throw Refusal(404, "No endpoints found for \(model.id).", namesUser: true)
        }
        try checkLength(prompt, model)
        try checkFunds(plan, prompt, rates, now: now)
        if model.isFree { try account.countFreeRequest(at: now) }
        let fault = faults.take(model: model, isStreaming: chat.isStreaming)
        switch fault?.kind {
        case .status:
            if let fault { throw fault.refusal(model: model, provider: endpoint.provider) }
        case .errorIn200:
            if let fault { return .whole(Sandbox.errorBody(fault)) }
        case nil, .noUsage, .zeroUsage, .usageTwice, .errorFirst, .errorMid, .cut, .finishError:
            break
        }
        let answers = answers(chat, model)
        let run = Run(
            id: "gen-\(now.seconds)-\(generator.letters(20))", model: model, endpoint: endpoint,
            key: plan.key.hash, answers: answers, prompt: prompt,
            reasoningTokens: reasoningTokens(chat, model, answers), rates: rates,
            fee: Sandbox.fee(chat, model, search, rates), hasSearched: search != nil,
            fault: fault, behaviour: behaviour, isStreaming: chat.isStreaming, startedAt: now,
            attribution: attribution(plan, request, now: now))
        modelsRun[model.id, default: 0] += 1
        openRuns.insert(run.id)
        return .run(run)
    }

    /// The automatic router's choice: always the same for the same prompt.
    private func pick(for chat: ChatRequest) -> Model {
        var generator = SeededGenerator(seed: seed, for: JSON.array(chat.messages).text)
        return Catalogue.routable[generator.index(below: Catalogue.routable.count)]
    }

    private func answers(_ chat: ChatRequest, _ model: Model) -> [Answer] {
        var generator = SeededGenerator(
            seed: seed, for: model.id + JSON.array(chat.messages).text)
        let tokenMax = Sandbox.outputMax(chat, model)
        let (byteMax, overflow) = tokenMax.multipliedReportingOverflow(by: Int64(Tokens.bytesEach))
        return (0..<chat.choiceCount).map { _ in
            Answer(to: chat, byteMax: overflow ? .max : byteMax, using: &generator)
        }
    }

    private func promptUse(_ chat: ChatRequest, _ model: Model, _ search: Search?) -> PromptUse {
        var generator = SeededGenerator(seed: seed, for: "web" + JSON.array(chat.messages).text)
        let found = search.map { $0.tokens(using: &generator) } ?? 0
        return chat.prompt.use(by: model, searchTokens: found)
    }

    private func reasoningTokens(
        _ chat: ChatRequest, _ model: Model, _ answers: [Answer]
    ) -> Int64 {
        guard let thinking = chat.thinking else { return 0 }
        var generator = SeededGenerator(seed: seed, for: "hm" + JSON.array(chat.messages).text)
        let limit = Sandbox.outputMax(chat, model)
        return answers.reduce(0) { sum, answer in
            sum
                + thinking.tokens(
                    model.family, limit: limit, answer: answer.tokens, using: &generator)
        }
    }

    private static func fee(
        _ chat: ChatRequest, _ model: Model, _ search: Search?, _ rates: PriceList.Rates
    ) -> UnitPrice {
        var fee = search?.fee.attodollars ?? 0
        fee += pageFee.attodollars * Int128(chat.prompt.pages)
        if model.family.alwaysSearches { fee += rates.webSearch.attodollars }
        return UnitPrice(attodollars: fee)
    }

    private mutating func attribution(
        _ plan: Plan, _ request: SandboxRequest, now: Timestamp
    ) -> Run.Attribution {
        Run.Attribution(
            requestID: "req-\(now.seconds)-\(generator.letters(20))",
            upstreamID: "chatcmpl-\(generator.letters(20))",
            referer: request.headers["http-referer"], userAgent: request.headers["user-agent"],
            user: plan.chat.user,
            sessionID: plan.chat.sessionID ?? request.headers["x-session-id"],
            router: plan.router)
    }

    private static func errorBody(_ fault: Fault) -> SandboxReply.Whole {
        let message = fault.status == 500 ? "Internal Server Error" : "Provider returned error"
        return SandboxReply.Whole(
            json: [
                "error": ["message": .string(message), "code": JSON(Int64(fault.status))],
                "user_id": .string(Account.userID),
            ])
    }
}

extension Sandbox {
    /// The most tokens one choice may have.
    private static func outputMax(_ chat: ChatRequest, _ model: Model) -> Int64 {
        let modelMax = model.outputMax ?? model.contextLength
        return min(chat.outputMax ?? modelMax, modelMax)
    }

    /// A key whose limit is used up gets nothing, however small; nor does an account in debt.
    private func checkKey(_ key: SandboxKey, now: Timestamp) throws(Refusal) {
        if let remaining = key.remaining(at: now), remaining <= .zero {
            throw Refusal(
                behaviour.keyLimitStatus,
                "Key limit exceeded (\(key.reset.name) limit). "
                    + "Manage it using https://openrouter.ai/settings/keys")
        }
        if account.balance < .zero { throw .noCredits }
    }

    /// Documents are read for models that cannot; pictures, sound and films are not.
    private func checkSenses(_ chat: ChatRequest, _ model: Model) throws(Refusal) {
        let missing = chat.prompt.media.map(\.kind)
            .first { $0 != .file && !model.inputs.contains($0.rawValue) }
        guard let missing else { return }
        throw Refusal(
            404, "No endpoints found that support \(missing.rawValue) input", namesUser: true)
    }

    private func checkLength(_ prompt: PromptUse, _ model: Model) throws(Refusal) {
        guard prompt.total > model.contextLength else { return }
        throw Refusal(
            400,
            "This endpoint's maximum context length is \(model.contextLength) tokens. However, "
                + "you requested about \(prompt.total) tokens of input. "
                + "Please reduce the length",
            metadata: ["error_type": "context_length_exceeded"], namesUser: true)
    }

    /// The pre-flight check: prompt and the longest answer must fit into what key and account
    /// have left. Without `max_tokens` the longest answer is the model's own.
    private func checkFunds(
        _ plan: Plan, _ use: PromptUse, _ rates: PriceList.Rates, now: Timestamp
    ) throws(Refusal) {
        guard !plan.model.isFree else { return }
        guard account.balance > .zero else { throw .noCredits }
        let left = min(plan.key.remaining(at: now) ?? account.balance, account.balance)
        let isKey = left != account.balance
        let remedy =
            isKey
            ? "https://openrouter.ai/settings/keys and create a key with a higher monthly limit"
            : "https://openrouter.ai/settings/credits and upgrade to a paid account"
        let prompt = rates.prompt.costRoundedUp(count: use.total)
        guard let prompt, prompt <= left else {
            let affordable = rates.prompt.unitsAffordable(with: left)
            throw Refusal(
                402,
                "Prompt tokens limit exceeded: \(use.total) > \(affordable). "
                    + "To increase, visit \(remedy)",
                namesUser: true)
        }
        let longest = Sandbox.outputMax(plan.chat, plan.model) * Int64(plan.chat.choiceCount)
        let affordable = rates.completion.unitsAffordable(with: left - prompt)
        guard longest <= affordable else {
            throw Refusal(
                402,
                "This request requires more credits, or fewer max_tokens. You requested up to "
                    + "\(longest) tokens, but can only afford \(affordable). "
                    + "To increase, visit \(remedy)",
                metadata: ["provider_name": nil], namesUser: true)
        }
    }
}
