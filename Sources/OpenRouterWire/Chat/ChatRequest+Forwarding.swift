package import Purser

/// What the gateway writes into a body before it goes upstream.
package struct Forwarding: Hashable, Sendable {
    /// The primary model, if it is another than the client asked for.
    package var model: String?
    /// The fall-back list, if some of it was taken out.
    package var models: [String]?
    /// The output limit that the hold was computed with.
    package var outputTokensMax: Int64
    /// The prices the hold was computed with: the upstream must not route above them.
    package var promptPriceMax: UnitPrice
    package var completionPriceMax: UnitPrice
    package var requestPriceMax: UnitPrice
    /// Who the upstream's records shall name.
    package var user: String

    package init(
        model: String? = nil, models: [String]? = nil, outputTokensMax: Int64,
        promptPriceMax: UnitPrice, completionPriceMax: UnitPrice,
        requestPriceMax: UnitPrice = .zero, user: String
    ) {
        self.model = model
        self.models = models
        self.outputTokensMax = outputTokensMax
        self.promptPriceMax = promptPriceMax
        self.completionPriceMax = completionPriceMax
        self.requestPriceMax = requestPriceMax
        self.user = user
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
        write(.provider, "provider", .object(providerWishes(with: forwarding)))
        write(.user, "user", .string(forwarding.user))
        if !inserted.isEmpty {
            edits.append(BodyEdit(range: insertionPoint..<insertionPoint, text: inserted))
        }
        return edits.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// The client's wishes, with price limits no higher than what the hold was computed with.
    private func providerWishes(with forwarding: Forwarding) -> JSONObject {
        var wishes = provider ?? JSONObject()
        var prices = wishes["max_price"]?.object ?? JSONObject()
        let limits = [
            ("prompt", forwarding.promptPriceMax), ("completion", forwarding.completionPriceMax),
            ("request", forwarding.requestPriceMax),
        ]
        for (name, price) in limits {
            // A price per token is given for a million of them; one per request as it is.
            let places = name == "request" ? UnitPrice.places : UnitPrice.places - 6
            let wished = prices[name].flatMap { $0.literal ?? $0.string }
                .flatMap { DecimalText.scaled($0, places: places, rounding: .up) }
            if let wished, wished >= 0, wished < price.attodollars { continue }
            let text = name == "request" ? price.description : price.perMillion
            prices[name] = .string(text)
        }
        wishes["max_price"] = .object(prices)
        return wishes
    }
}
