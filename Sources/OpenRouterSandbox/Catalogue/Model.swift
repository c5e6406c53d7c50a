/// A model as the catalogue lists it.
struct Model: Sendable {
    var id: String
    /// The dated name; several rows may share one.
    var slug: String
    var name: String
    var about: String
    var created: Int64
    var contextLength: Int64
    /// Whether the catalogue says so; some rows do not.
    var listsContext = true
    /// Whether each byte of a prompt is a token, and not every fourth.
    var isByteLevel = false
    /// `nil` for a router, which leaves it to the model it picks.
    var outputMax: Int64?
    var isModerated: Bool
    var family: Family
    var inputs: [String]
    var huggingFaceID: String?
    var prices: PriceList
    /// Endpoints besides the maker's own.
    var alternatives: [Endpoint] = []

    /// In the order of preference, the maker's own at the listed price first; none for a router.
    var endpoints: [Endpoint] {
        guard let maker = family.maker else { return [] }
        return [Endpoint(provider: maker, tag: maker.slug, prices: prices)] + alternatives
    }

    /// The name that answers carry: some families come back under the dated one.
    var answerName: String { family.answersUnderSlug ? slug : id }

    var isFree: Bool { prices.isFree }

    /// Who made it: the part before the slash.
    var author: String { String(id.prefix { $0 != "/" }) }
}

/// What models of one make have in common.
enum Family: Sendable {
    case gpt, gptReasoning, claude, gemini, deepSeek, qwen, cohere, sonar, router

    var tokenizer: String {
        switch self {
        case .gpt, .gptReasoning: "GPT"
        case .claude: "Claude"
        case .gemini: "Gemini"
        case .deepSeek: "DeepSeek"
        case .qwen: "Qwen3"
        case .cohere: "Cohere"
        case .sonar: "Other"
        case .router: "Router"
        }
    }

    /// Who runs the family's models; a router runs none.
    var maker: Provider? {
        switch self {
        case .gpt, .gptReasoning: .openAI
        case .claude: .anthropic
        case .gemini: .google
        case .deepSeek: .deepSeek
        case .qwen: .alibaba
        case .cohere: .cohere
        case .sonar: .perplexity
        case .router: nil
        }
    }

    /// Observed for Claude; the others come back under the name that was asked for.
    var answersUnderSlug: Bool { self == .claude }

    /// Whether every answer begins with a search of the web, asked for or not.
    var alwaysSearches: Bool { self == .sonar }

    /// The provider's own word for a finish reason.
    func nativeReason(_ reason: String) -> String {
        switch (self, reason) {
        case (.claude, "stop"): "end_turn"
        case (.claude, "length"): "max_tokens"
        case (.gemini, "stop"): "STOP"
        case (.gemini, "length"): "MAX_TOKENS"
        default: reason
        }
    }

    var parameters: [String] {
        switch self {
        case .gpt, .router:
            [
                "frequency_penalty", "logit_bias", "logprobs", "max_tokens", "presence_penalty",
                "response_format", "seed", "stop", "structured_outputs", "temperature",
                "tool_choice", "tools", "top_logprobs", "top_p",
            ]
        case .gptReasoning:
            [
                "include_reasoning", "max_tokens", "reasoning", "response_format", "seed",
                "structured_outputs", "tool_choice", "tools",
            ]
        case .claude:
            [
                "include_reasoning", "max_completion_tokens", "max_tokens", "reasoning",
                "response_format", "stop", "structured_outputs", "temperature", "tool_choice",
                "tools", "verbosity",
            ]
        case .gemini:
            [
                "include_reasoning", "max_tokens", "reasoning", "response_format", "seed", "stop",
                "structured_outputs", "temperature", "tool_choice", "tools", "top_p",
            ]
        case .deepSeek, .qwen:
            [
                "frequency_penalty", "include_reasoning", "logit_bias", "logprobs", "max_tokens",
                "min_p", "presence_penalty", "reasoning", "repetition_penalty", "response_format",
                "seed", "stop", "structured_outputs", "temperature", "tool_choice", "tools",
                "top_k", "top_logprobs", "top_p",
            ]
        case .sonar:
            [
                "frequency_penalty", "max_tokens", "presence_penalty", "temperature", "top_k",
                "top_p", "web_search_options",
            ]
        case .cohere:
            [
                "frequency_penalty", "include_reasoning", "max_tokens", "presence_penalty",
                "reasoning", "seed", "stop", "temperature", "tool_choice", "tools", "top_k",
                "top_p",
            ]
        }
    }
}
