import OpenRouterWire
import Purser

/// The body of `POST /chat/completions`, checked; fields the sandbox has no use for are ignored.
struct ChatRequest: Sendable {
    /// What may answer, in the order to try it.
    var models: [String]
    var messages: [JSON]
    var isStreaming: Bool
    /// The most tokens one choice may have; `nil` leaves it to the model.
    var outputMax: Int64?
    var choiceCount: Int
    var stops: [String]
    var wantsJSON: Bool
    var routing: RoutingWish
    var user: String?
    var sessionID: String?
    /// The search of the web that comes first; `nil` if there is none.
    var search: Search?
    /// `nil` if the client asks for none.
    var thinking: Thinking?
    var prompt: Prompt

    /// What is asked of no model in particular goes to the automatic router.
    static let defaultModel = "openrouter/auto"
    /// More choices than any provider gives.
    static let choicesMax: Int64 = 128

    init(_ body: JSON) throws(Refusal) {
        guard body.object != nil else { throw .invalid("the body must be a JSON object") }
        models = try ChatRequest.models(body)
        messages = try ChatRequest.messages(body)
        isStreaming = try body.field("stream", \.bool, "true or false") ?? false
        let outputMax = try body.count("max_tokens")
        self.outputMax = try body.count("max_completion_tokens") ?? outputMax
        let choices = try body.count("n") ?? 1
        guard choices <= ChatRequest.choicesMax else {
            throw .invalid("n must be at most \(ChatRequest.choicesMax)")
        }
        choiceCount = Int(choices)
        stops = try ChatRequest.stops(body)
        let format = try body.field("response_format", \.object, "an object")
        wantsJSON = ["json_object", "json_schema"].contains(format?["type"]?.string)
        routing = try RoutingWish(body)
        user = try body.field("user", \.string, "a string")
        sessionID = try body.field("session_id", \.string, "a string")
        let plugins = try body.field("plugins", \.array, "an array") ?? []
        search = Search(plugins)
        try ChatRequest.checkTheRest(body)
        thinking = Thinking(body)
        prompt = Prompt(body, messages: messages)
    }

    private static func models(_ body: JSON) throws(Refusal) -> [String] {
        var names: [String] = []
        if let name = try body.field("model", \.string, "a string") { names.append(name) }
        for element in try body.field("models", \.array, "an array of strings") ?? [] {
            guard let name = element.string else {
                throw .invalid("models must be an array of strings")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names.isEmpty ? [defaultModel] : names
    }

    private static func messages(_ body: JSON) throws(Refusal) -> [JSON] {
        guard let messages = body["messages"]?.array, !messages.isEmpty else {
            throw .invalid("messages must be a non-empty array")
        }
        let roles = ["system", "developer", "user", "assistant", "tool"]
        for (index, message) in messages.enumerated() {
            guard let role = message["role"]?.string, roles.contains(role) else {
                let choice = roles.joined(separator: ", ")
                throw .invalid("messages[\(index)].role must be one of \(choice)")
            }
            switch message["content"] {
            case .string, .array: continue
            case nil, .null:
                guard role == "assistant" else {
                    throw .invalid("messages[\(index)].content is required")
                }
            case .bool, .number, .object:
                throw .invalid("messages[\(index)].content must be a string or an array")
            }
        }
        return messages
    }

    private static func stops(_ body: JSON) throws(Refusal) -> [String] {
        switch body["stop"] {
        case nil, .null: return []
        case .string(let text): return [text].filter { !$0.isEmpty }
        case .array(let elements) where elements.allSatisfy { $0.string != nil }:
            return elements.compactMap(\.string).filter { !$0.isEmpty }
        case .bool, .number, .object, .array:
            throw .invalid("stop must be a string or an array of strings")
        }
    }

    /// Fields that change nothing here, but whose wrong type OpenRouter would refuse.
    private static func checkTheRest(_ body: JSON) throws(Refusal) {
        let numbers = [
            "temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty",
            "presence_penalty", "repetition_penalty", "seed", "top_logprobs",
        ]
        for name in numbers { _ = try body.field(name, \.literal, "a number") }
        for name in ["tools"] { _ = try body.field(name, \.array, "an array") }
        for name in ["stream_options", "reasoning", "usage", "metadata", "logit_bias"] {
            _ = try body.field(name, \.object, "an object")
        }
        for name in ["logprobs", "parallel_tool_calls"] {
            _ = try body.field(name, \.bool, "true or false")
        }
    }
}

extension JSON {
    /// A whole number of at least one; `nil` if it is missing or null.
    fileprivate func count(_ name: String) throws(Refusal) -> Int64? {
        guard let value = try field(name, \.integer, "a whole number") else { return nil }
        guard value >= 1 else { throw .invalid("\(name) must be at least 1") }
        return value
    }
}
