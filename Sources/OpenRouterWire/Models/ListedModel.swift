package import Purser

/// One row of OpenRouter's model list, as far as it bounds a call.
///
/// A value that never changes; it is shared and not copied, because a decision passes it around.
package final class ListedModel: Hashable, Sendable {
    package let id: String
    /// The name answers may carry instead of the id.
    package let canonicalSlug: String
    /// `nil` where the list says the price is not known beforehand.
    package let prices: ModelPrices?
    /// The most output tokens; the whole context where the list does not say.
    package let outputTokensMax: Int64
    /// The most tokens a prompt can have; `nil` where the list does not say.
    package let contextLength: Int64?
    /// Whether it answers with text alone.
    package let isTextOnly: Bool
    /// Whether it hands each call to a model of its choice.
    package let isRouter: Bool
    /// How often it searches the web without being asked to.
    package let searching: Searching
    /// Whether its maker is suspected of billing instructions of its own in front of each prompt.
    package let hasInstructions: Bool
    /// What it says about thinking; `nil` for a model that does not think, or says nothing.
    package let thinking: Thinking?
    /// The model that a name like `~maker/family-latest` stands for; `nil` for any other.
    package let aliasTarget: String?
    /// The row as it was sent, for lists that pass it on.
    package let row: JSON

    /// How often a model searches the web without being asked to.
    package enum Searching: Hashable, Sendable {
        case never
        case once
        /// As often as it likes.
        case freely
    }

    /// How a model thinks.
    package struct Thinking: Hashable, Sendable {
        /// Whether it thinks where a body says nothing about it.
        package var thinksUnasked: Bool
        /// Whether it cannot be told not to.
        package var isMandatory: Bool
        /// How much it thinks where a body says nothing of that; `nil` where it does not say.
        package var effort: ReasoningEffort?

        /// `nil` unless `row` is an object. What cannot be read counts as more thinking.
        init?(_ row: JSON) {
            guard row.object != nil else { return nil }
            isMandatory = row["mandatory"]?.bool ?? true
            thinksUnasked = isMandatory || row["default_enabled"] != false
            effort = row["default_effort"]?.effort
        }
    }

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
        contextLength = [
            row["context_length"]?.integer, row["top_provider"]?["context_length"]?.integer,
        ].compactMap { $0 }.filter { $0 > 0 }.max()
        outputTokensMax = max(1, output ?? contextLength ?? ListedModel.outputTokensUnknown)
        let outputs = row["architecture"]?["output_modalities"]?.array ?? ["text"]
        isTextOnly = outputs.allSatisfy { $0 == "text" }
        isRouter = id.hasPrefix("openrouter/") || row["architecture"]?["tokenizer"] == "Router"
        searching = ListedModel.searching(id, row)
        hasInstructions = id.hasPrefix("x-ai/")
        thinking = row["reasoning"].flatMap(Thinking.init)
        aliasTarget = row["alias_target"]?["slug"]?.string
    }

    package static func == (left: ListedModel, right: ListedModel) -> Bool {
        left === right || left.row == right.row
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    /// The list has no word for it: such models have a price for searches and take options for
    /// them, and those that go on searching say so in their names.
    private static func searching(_ id: String, _ row: JSON) -> Searching {
        let price = row["pricing"]?["web_search"].flatMap { $0.string ?? $0.literal }
        guard let price, UnitPrice(price) != .zero else { return .never }
        if id.contains("deep-research") { return .freely }
        let parameters = row["supported_parameters"]?.array ?? []
        return parameters.contains("web_search_options") ? .once : .never
    }

    /// Every readable row of a list's answer; `nil` if it is not one.
    package static func list(_ answer: JSON) -> [ListedModel]? {
        answer["data"]?.array?.compactMap(ListedModel.init)
    }
}
