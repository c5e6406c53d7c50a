import Purser

/// Fields that buy something beside tokens, or let other models run.
enum ChatExtraScan {
    /// Service tiers that cost the listed price or less.
    private static let plainServiceTiers: Set<String> = ["auto", "default", "flex"]

    /// Plugins that work for the model that was asked for; any other may choose another model.
    private static let plainPlugins: Set<String> = [
        "web-fetch", "file-parser", "response-healing", "context-compression", "moderation",
    ]

    /// OpenRouter's own tools that run no model; any other may.
    private static let plainServerTools: Set<String> = [
        "apply_patch", "bash", "code_interpreter", "datetime", "experimental__search_models",
        "file_search", "files", "mcp", "memory", "shell", "text_editor", "tool_search",
        "web_fetch", "web_search",
    ]

    /// Tools that run another model, whoever's they are.
    private static let modelTools: Set<String> = [
        "advisor", "fusion", "image_generation", "subagent",
    ]

    static func run(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        if ChatRequestScan.isNull(bytes, range) { return }
        switch name {
        case "plugins":
            try readPlugins(bytes, range, into: &request.extras)
        case "preset", "fallbacks":
            let value = try ChatRequestScan.whole(name, bytes, range)
            if value.array?.isEmpty != true { request.extras.forbid("\"\(name)\"") }
        case "web_search_options":
            request.extras.addSearch(fee: nil, "\"web_search_options\"")
        case "audio", "image_config":
            request.extras.add(.mediaOutput, "\"\(name)\"")
        case "modalities":
            let kinds = try ChatRequestScan.strings(name, bytes, range) ?? []
            if let kind = kinds.first(where: { $0 != "text" }) {
                request.extras.add(.mediaOutput, "Output of type \"\(kind)\"")
            }
        case "service_tier":
            let tier = try ChatRequestScan.string(name, bytes, range) ?? "auto"
            if !plainServiceTiers.contains(tier) {
                request.extras.add(.serviceTier, "Service tier \"\(tier)\"")
            }
        case "tools":
            try readTools(bytes, range, into: &request)
        case "functions", "response_format":
            request.hasInstructions = true
        case "reasoning", "reasoning_effort", "thinking":
            try readReasoning(name, bytes, range, into: &request)
        default: return
        }
    }

    private static func readPlugins(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into extras: inout ChatExtras
    ) throws {
        let plugins = try ChatRequestScan.whole("plugins", bytes, range).array
        guard let plugins else { throw ChatRequest.Fault("\"plugins\" must be a list.") }
        for plugin in plugins {
            guard let id = plugin["id"]?.string else {
                extras.forbid("A plugin without an id")
                continue
            }
            if namesModel(plugin) {
                extras.forbid("The plugin \"\(id)\" with a model of its own")
            } else if id == "web" {
                if plugin["enabled"] != false {
                    extras.addSearch(fee: searchFee(plugin), "The plugin \"web\"")
                }
            } else if plainPlugins.contains(id) {
                extras.add(.plugin, "The plugin \"\(id)\"")
            } else {
                extras.forbid("The plugin \"\(id)\"")
            }
        }
    }

    /// What the web plugin costs beside tokens, where it names the engine that has a known price.
    private static func searchFee(_ plugin: JSON) -> UnitPrice? {
        guard plugin["engine"] == "exa" else { return nil }
        var results: JSON = 5
        if let wished = plugin["max_results"], !wished.isNull { results = wished }
        var mode: JSON = "auto"
        if let wished = plugin["mode"], !wished.isNull { mode = wished }
        guard let count = results.integer, (1...SearchPrice.resultsMax).contains(count),
            let mode = mode.string
        else { return nil }
        return SearchPrice.exa(results: count, mode: mode)
    }

    private static func readTools(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        guard bytes[range.lowerBound] == UInt8(ascii: "[") else {
            throw ChatRequest.Fault("\"tools\" must be a list.")
        }
        var extras = request.extras
        var count = 0
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { tool throws(JSONGrammar.Fault) in
            count += 1
            let types = try types(bytes, tool)
            if types.isEmpty { extras.forbid("A tool without a type") }
            for type in types where type != "function" && type != "custom" {
                let value = try JSON.value(bytes, in: tool)
                addServerTool(type, value, to: &extras)
            }
        }
        request.extras = extras
        if count > 0 { request.hasInstructions = true }
    }

    private static func addServerTool(
        _ type: String, _ tool: JSON, to extras: inout ChatExtras
    ) {
        let prefix = "openrouter:"
        let isOwn = type.hasPrefix(prefix)
        let name = isOwn ? String(type.dropFirst(prefix.count)) : type
        let runsModels =
            modelTools.contains(name) || isOwn && !plainServerTools.contains(name)
            || namesModel(tool)
        if runsModels {
            extras.forbid("A tool of type \"\(type)\"")
        } else {
            extras.add(.serverTool, "A tool of type \"\(type)\"")
        }
    }

    /// Whether any member, however deep, has a name that speaks of models.
    private static func namesModel(_ json: JSON) -> Bool {
        switch json {
        case .object(let object):
            object.members.contains {
                $0.name.lowercased().contains("model") || namesModel($0.value)
            }
        case .array(let elements): elements.contains(where: namesModel)
        case .null, .bool, .number, .string: false
        }
    }

    private static func readReasoning(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        let value = try ChatRequestScan.whole(name, bytes, range)
        let limit = value[name == "thinking" ? "budget_tokens" : "max_tokens"]
        if let limit, !limit.isNull {
            guard let tokens = limit.integer, (0...Int64(Int32.max)).contains(tokens) else {
                throw ChatRequest.Fault(
                    "\"\(name)\" must give its tokens as an integer from 0 to \(Int32.max).")
            }
            let budget = tokens == 0 ? 0 : max(tokens, ChatRequest.thinkingTokensMin)
            request.reasoningTokens = max(request.reasoningTokens, budget)
        } else if value.string != "none", value["effort"] != "none", value["enabled"] != false,
            value["type"] != "disabled"
        {
            request.reasoningTokens = max(request.reasoningTokens, ChatRequest.thinkingTokensMin)
        }
    }

    /// Every value under `type` in the object at `range`, however often it is named.
    static func types(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(JSONGrammar.Fault) -> [String] {
        guard bytes[range.lowerBound] == UInt8(ascii: "{") else { return [] }
        var types: [String] = []
        var index = range.lowerBound
        try JSONGrammar.forEachMember(bytes, &index) { name, value throws(JSONGrammar.Fault) in
            guard try JSON.string(bytes, in: name) == "type" else { return }
            let isString = bytes[value.lowerBound] == UInt8(ascii: "\"")
            types.append(isString ? try JSON.string(bytes, in: value) : "?")
        }
        return types
    }
}

/// What a web search costs on top of its tokens, where that is published.
enum SearchPrice {
    /// More results than any engine gives.
    static let resultsMax: Int64 = 1_000

    /// Exa's fee for one search: ten results are in it; the deep modes cost up to twice as much.
    static func exa(results: Int64, mode: String) -> UnitPrice {
        let quick: Set<String> = ["auto", "fast", "instant"]
        let search: Int128 = quick.contains(mode) ? 7 : 15
        let further = Int128(max(0, results - 10))
        return UnitPrice(attodollars: (search + further) * 1_000_000_000_000_000)
    }
}
