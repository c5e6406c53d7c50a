package import Purser

/// One row of OpenRouter's model list, as far as it bounds a call.
package struct ListedModel: Hashable, Sendable {
    package var id: String
    /// The name answers may carry instead of the id.
    package var canonicalSlug: String
    /// `nil` where the list says the price is not known beforehand.
    package var prices: ModelPrices?
    /// The most output tokens; the whole context where the list does not say.
    package var outputTokensMax: Int64
    /// Whether it answers with text alone.
    package var isTextOnly: Bool
    /// The row as it was sent, for lists that pass it on.
    package var row: JSON

    /// Assumed where a row gives neither an output limit nor a context length.
    private static let outputTokensUnknown: Int64 = 1_000_000

    /// `nil` if the row has no id.
    package init?(_ row: JSON) {
        guard let id = row["id"]?.string else { return nil }
        self.id = id
        self.row = row
        canonicalSlug = row["canonical_slug"]?.string ?? id
        prices = row["pricing"].flatMap(ModelPrices.init)
        let output = row["top_provider"]?["max_completion_tokens"]?.integer
        let context =
            row["context_length"]?.integer ?? row["top_provider"]?["context_length"]?.integer
        outputTokensMax = max(1, output ?? context ?? ListedModel.outputTokensUnknown)
        let outputs = row["architecture"]?["output_modalities"]?.array ?? ["text"]
        isTextOnly = outputs.allSatisfy { $0 == "text" }
    }

    /// Every readable row of a list's answer; `nil` if it is not one.
    package static func list(_ answer: JSON) -> [ListedModel]? {
        answer["data"]?.array?.compactMap(ListedModel.init)
    }
}

/// The dearest prices a text call can meet at one model.
package struct ModelPrices: Hashable, Sendable {
    /// The listed price of a prompt token, conditional prices included.
    package var prompt: UnitPrice
    /// The dearest a prompt token can be: also when it is written to a cache.
    package var promptDearest: UnitPrice
    /// A token of output or reasoning.
    package var completion: UnitPrice
    /// One call.
    package var request: UnitPrice

    package init(
        prompt: UnitPrice, promptDearest: UnitPrice, completion: UnitPrice, request: UnitPrice
    ) {
        self.prompt = prompt
        self.promptDearest = promptDearest
        self.completion = completion
        self.request = request
    }

    /// `nil` if a price that every call meets is missing or not a price.
    package init?(_ pricing: JSON) {
        let rows = [pricing] + (pricing["overrides"]?.array ?? [])
        func dearest(_ names: String...) -> UnitPrice? {
            var result: UnitPrice?
            for row in rows {
                for name in names {
                    guard let text = row[name]?.string ?? row[name]?.literal else { continue }
                    guard let price = UnitPrice(text) else { return nil }
                    result = max(result ?? price, price)
                }
            }
            return result
        }
        guard let prompt = dearest("prompt"),
            let promptDearest = dearest("prompt", "input_cache_write", "input_cache_write_1h"),
            let completion = dearest("completion", "internal_reasoning")
        else { return nil }
        let hasRequestPrice = rows.contains { $0["request"] != nil }
        guard let request = hasRequestPrice ? dearest("request") : .zero else { return nil }
        self.init(
            prompt: prompt, promptDearest: promptDearest, completion: completion, request: request)
    }

    /// The dearest of both in every price.
    package func dearest(_ other: ModelPrices) -> ModelPrices {
        ModelPrices(
            prompt: max(prompt, other.prompt),
            promptDearest: max(promptDearest, other.promptDearest),
            completion: max(completion, other.completion), request: max(request, other.request))
    }
}
