/// A field of a chat completion's body that Purser knows, by its name.
///
/// All others are left out of what is forwarded: a field that nobody here knows can then neither
/// cost nor route, and no other spelling of a known one reaches a reader that folds cases.
package enum ChatField: String, CaseIterable, Hashable, Sendable {
    // Which model runs, and where.
    case model, models, provider, messages
    case preset, fallbacks, route
    // How much of it.
    case maxTokens = "max_tokens"
    case maxCompletionTokens = "max_completion_tokens"
    case n, stream
    case reasoning
    case reasoningEffort = "reasoning_effort"
    case includeReasoning = "include_reasoning"
    case thinking
    case outputConfig = "output_config"
    case verbosity
    case prediction
    // What it brings or buys beside text.
    case plugins, tools, functions, modalities, audio, transforms
    case responseFormat = "response_format"
    case imageConfig = "image_config"
    case serviceTier = "service_tier"
    case webSearchOptions = "web_search_options"
    case stopServerTools = "stop_server_tools_when"
    case cacheControl = "cache_control"
    case promptCacheKey = "prompt_cache_key"
    case promptCacheOptions = "prompt_cache_options"
    case promptCacheRetention = "prompt_cache_retention"
    // Who asks.
    case user, metadata, trace, usage, store, debug
    case sessionID = "session_id"
    case safetyIdentifier = "safety_identifier"
    // How the model chooses words.
    case temperature, seed, stop, logprobs
    case topP = "top_p"
    case topK = "top_k"
    case topA = "top_a"
    case minP = "min_p"
    case frequencyPenalty = "frequency_penalty"
    case presencePenalty = "presence_penalty"
    case repetitionPenalty = "repetition_penalty"
    case logitBias = "logit_bias"
    case topLogprobs = "top_logprobs"
    case structuredOutputs = "structured_outputs"
    case streamOptions = "stream_options"
    case toolChoice = "tool_choice"
    case functionCall = "function_call"
    case parallelToolCalls = "parallel_tool_calls"
    // Of other interfaces; some gateways and providers read them here too.
    case batch, background, speed, container
    case mcpServers = "mcp_servers"
    case contextManagement = "context_management"

    /// What becomes of a field, and why.
    package enum Rule: Hashable, Sendable {
        /// It decides what may run: it is read, refused where it says what no rule covers, and
        /// forwarded as it was read.
        case judged
        /// It can cost: what it can cost is in the bound, and it is forwarded as it is or lower.
        case bounded
        /// It neither costs nor routes, whatever it says: it is forwarded unread.
        case harmless
        /// It is known for what Purser does not want: it is never forwarded.
        case leftOut
    }

    package var rule: Rule {
        switch self {
        case .model, .models, .provider, .messages, .plugins, .tools, .transforms, .user,
            .preset, .fallbacks:
            .judged
        case .maxTokens, .maxCompletionTokens, .n, .stream, .reasoning, .reasoningEffort,
            .includeReasoning, .thinking, .outputConfig, .verbosity, .prediction, .functions,
            .modalities, .audio, .responseFormat, .imageConfig, .serviceTier, .webSearchOptions:
            .bounded
        // Writing to a cache has a listed price, and every token is bounded at the dearest.
        case .cacheControl, .promptCacheKey, .promptCacheOptions, .promptCacheRetention:
            .bounded
        case .metadata, .trace, .usage, .sessionID, .temperature, .seed, .stop, .logprobs, .topP,
            .topK, .topA, .minP, .frequencyPenalty, .presencePenalty, .repetitionPenalty,
            .logitBias, .topLogprobs, .structuredOutputs, .streamOptions, .toolChoice,
            .functionCall, .parallelToolCalls:
            .harmless
        // `models` says what `route` once said.
        case .route: .leftOut
        // It lifts the limit of rounds that a ceiling for a server tool was made for.
        case .stopServerTools: .leftOut
        // A second name for the end user, whom the gateway names.
        case .safetyIdentifier: .leftOut
        // Keeps the conversation at the provider; shows what the gateway wrote into the body.
        case .store, .debug: .leftOut
        // The answer, and its cost, would come later or elsewhere.
        case .batch, .background: .leftOut
        // Speed at several times the price; tools, machines and memories of other interfaces.
        case .speed, .container, .mcpServers, .contextManagement: .leftOut
        }
    }

    /// By the bytes of their names.
    static let table = NameTable(allCases.map { (name: $0.rawValue, value: $0) })

    /// Whether some reader could take the name for a known field's: one that folds cases or
    /// takes other spellings of words.
    package static func isLikeKnown(_ name: String) -> Bool {
        let plain = folded(name)
        return foldedNames.contains(plain)
    }

    private static let foldedNames = Set(allCases.map { folded($0.rawValue) })

    /// The letters and digits of a name, in small letters.
    private static func folded(_ name: String) -> String {
        name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
}
