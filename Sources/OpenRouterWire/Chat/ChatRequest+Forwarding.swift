package import Purser

/// What the gateway writes into a body before it goes upstream.
package struct Forwarding: Hashable, Sendable {
    /// The primary model, if it is another than the client asked for.
    package var model: String?
    /// The fall-back list, if some of it was taken out.
    package var models: [String]?
    /// The output limit that the hold was computed with.
    package var outputTokensMax: Int64
    /// The prices the hold was computed with.
    package var prices: PriceLimits
    /// Who the upstream's records shall name.
    package var user: String
    package var effort: ReasoningEffort?
    package var writesEffort = false
    package var thinkingTokensMax: Int64?
    package var providersOnly: [String]?
    package var providersIgnored: [String] = []
    package var requiresZeroRetention = false
    package var passedFields: Set<String> = []

    package init(
        model: String? = nil, models: [String]? = nil, outputTokensMax: Int64,
        prices: PriceLimits, user: String
    ) {
        self.model = model
        self.models = models
        self.outputTokensMax = outputTokensMax
        self.prices = prices
        self.user = user
    }
}

/// The prices the upstream must not route above; `nil` leaves that one to it.
package struct PriceLimits: Hashable, Sendable {
    /// One token of the prompt.
    package var prompt: UnitPrice?
    /// One token of the answer.
    package var completion: UnitPrice?
    /// One call.
    package var request: UnitPrice?
    /// One image.
    package var image: UnitPrice?
    /// One unit of sound, as the list prices it.
    package var audio: UnitPrice?

    package init(
        prompt: UnitPrice? = nil, completion: UnitPrice? = nil, request: UnitPrice? = nil,
        image: UnitPrice? = nil, audio: UnitPrice? = nil
    ) {
        self.prompt = prompt
        self.completion = completion
        self.request = request
        self.image = image
        self.audio = audio
    }
}

/// A stretch of the body and the text that takes its place.
package struct BodyEdit: Hashable, Sendable {
    package var range: Range<Int>
    package var text: String
}

extension ChatRequest {
    /// The changes to the body, in rising order; everything between them stays byte for byte.
    package func edits(for forwarding: Forwarding) -> [BodyEdit] {
        var edits: [BodyEdit] = []
        var inserted = ""
        func write(_ field: Field, _ name: String, _ value: JSON) {
            if let range = ranges[field] {
                edits.append(BodyEdit(range: range, text: value.text))
            } else {
                inserted += "\"\(name)\":\(value.text),"
            }
        }
        if let model = forwarding.model { write(.model, "model", .string(model)) }
        if let models = forwarding.models {
            write(.models, "models", .array(models.map(JSON.string)))
        }
        let limit = JSON(forwarding.outputTokensMax)
        if ranges[.maxCompletionTokens] != nil {
            write(.maxCompletionTokens, "max_completion_tokens", limit)
            if ranges[.maxTokens] != nil { write(.maxTokens, "max_tokens", limit) }
        } else {
            write(.maxTokens, "max_tokens", limit)
        }
        if let wishes = providerWishes(with: forwarding.prices) {
            write(.provider, "provider", .object(wishes))
        }
        write(.user, "user", .string(forwarding.user))
        if !inserted.isEmpty {
            edits.append(BodyEdit(range: insertionPoint..<insertionPoint, text: inserted))
        }
        return edits.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// The client's wishes, with price limits no higher than what the hold was computed with;
    /// `nil` if there is nothing to write.
    private func providerWishes(with limits: PriceLimits) -> JSONObject? {
        var wishes = provider ?? JSONObject()
        var prices = wishes["max_price"]?.object ?? JSONObject()
        // A price per token is given for a million of them, any other as it is listed.
        let rows: [(name: String, price: UnitPrice?, isPerMillion: Bool)] = [
            ("prompt", limits.prompt, true), ("completion", limits.completion, true),
            ("request", limits.request, false), ("image", limits.image, false),
            ("audio", limits.audio, false),
        ]
        guard rows.contains(where: { $0.price != nil }) else { return nil }
        for row in rows {
            guard let price = row.price else { continue }
            let places = UnitPrice.places - (row.isPerMillion ? 6 : 0)
            let wished = prices[row.name].flatMap { $0.literal ?? $0.string }
                .flatMap { DecimalText.scaled($0, places: places, rounding: .up) }
            if let wished, wished >= 0, wished < price.attodollars { continue }
            prices[row.name] = .string(row.isPerMillion ? price.perMillion : price.description)
        }
        wishes["max_price"] = .object(prices)
        return wishes
    }
}
