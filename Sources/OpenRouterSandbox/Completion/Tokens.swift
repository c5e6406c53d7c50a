import OpenRouterWire

/// A tokenizer that anybody can do in their head: four bytes of UTF-8 make a token.
enum Tokens {
    static let bytesEach = 4

    static func count(bytes: Int) -> Int64 {
        Int64((bytes + bytesEach - 1) / bytesEach)
    }

    static func count(_ text: String) -> Int64 {
        count(bytes: text.utf8.count)
    }
}

/// The size of a prompt, never above the number of bytes that carried it.
enum PromptTokens {
    /// Each message costs a few tokens of framing, as with real chat templates.
    private static let perMessage: Int64 = 4
    private static let perPrompt: Int64 = 3
    /// An image at low detail.
    private static let perImage: Int64 = 85

    static func count(messages: [JSON], tools: [JSON]) -> Int64 {
        var tokens = perPrompt
        for message in messages {
            tokens += perMessage
            tokens += count(content: message["content"])
            for member in ["tool_calls", "function_call"] {
                if let value = message[member], !value.isNull { tokens += Tokens.count(value.text) }
            }
        }
        for tool in tools { tokens += Tokens.count(tool.text) }
        return tokens
    }

    private static func count(content: JSON?) -> Int64 {
        switch content {
        case .string(let text): Tokens.count(text)
        case .array(let parts): parts.reduce(0) { $0 + count(part: $1) }
        case nil, .null, .bool, .number, .object: 0
        }
    }

    private static func count(part: JSON) -> Int64 {
        if let text = part["text"]?.string { return Tokens.count(text) }
        return min(perImage, Int64(part.text.utf8.count))
    }
}
