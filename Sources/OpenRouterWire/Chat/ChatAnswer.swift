package import Purser

/// What an answer, or one chunk of a streamed one, says about what was billed.
package struct ChatAnswer: Hashable, Sendable {
    /// The generation's id; `nil` if there is none.
    package var id: String?
    /// `nil` if the answer has no usage at all.
    package var usage: Usage?
    /// Whether there is an error where a completion should be, or beside it.
    package var hasError = false
    /// Whether there is a list of choices, even an empty one.
    package var hasChoices = false

    package init() {}

    /// Reads the top level of a JSON object; `nil` if the bytes are not one.
    package static func read(_ bytes: Span<UInt8>) -> ChatAnswer? {
        var answer = ChatAnswer()
        var index = 0
        JSONGrammar.skipSpace(bytes, &index)
        do {
            var hasMember = try JSONGrammar.enterObject(bytes, &index)
            while hasMember {
                let name = try JSON.text(bytes, in: try JSONGrammar.readName(bytes, &index))
                let value = try JSONGrammar.skipValue(bytes, &index, depth: 1)
                try answer.take(name, bytes, value)
                hasMember = try JSONGrammar.hasNextMember(bytes, &index)
            }
        } catch {
            // Not JSON: the caller treats the answer as one without usage.
            return nil
        }
        return answer
    }

    private mutating func take(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(JSONGrammar.Fault) {
        switch name {
        case "id":
            // An empty one names nothing that could be looked up.
            id = try JSON.value(bytes, in: range).string.flatMap { $0.isEmpty ? nil : $0 }
        case "usage": usage = Usage(try JSON.value(bytes, in: range))
        case "error": hasError = bytes[range.lowerBound] != UInt8(ascii: "n")
        case "choices": hasChoices = bytes[range.lowerBound] == UInt8(ascii: "[")
        default: break
        }
    }
}

/// The usage object of an answer.
package struct Usage: Hashable, Sendable {
    /// What the account was charged; `nil` if the answer does not say.
    package var cost: USD?
    /// The digits it was sent in.
    package var costLiteral: String?
    package var tokens: TokenCounts

    package init(cost: USD?, costLiteral: String?, tokens: TokenCounts = TokenCounts()) {
        self.cost = cost
        self.costLiteral = costLiteral
        self.tokens = tokens
    }

    /// `nil` unless `json` is an object.
    package init?(_ json: JSON) {
        guard let object = json.object else { return nil }
        let literal = object["cost"]?.literal
        let cost = literal.flatMap { USD($0) }.flatMap { USD.isPlausibleCost($0) ? $0 : nil }
        self.init(
            cost: cost, costLiteral: cost == nil ? nil : literal,
            tokens: TokenCounts(
                prompt: JSON.count(object["prompt_tokens"]),
                completion: JSON.count(object["completion_tokens"]),
                cached: JSON.count(object["prompt_tokens_details"]?["cached_tokens"]),
                reasoning: JSON.count(object["completion_tokens_details"]?["reasoning_tokens"])))
    }
}
