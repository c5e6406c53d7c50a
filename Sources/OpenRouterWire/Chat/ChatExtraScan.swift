import Purser

/// Fields that buy something beside tokens, or let other models run.
enum ChatExtraScan {
    /// Service tiers that cost the listed price or less.
    private static let plainServiceTiers: Set<String> = ["auto", "default", "flex"]

    /// Plugins that work for the model that was asked for; any other may choose another model.
    private static let plainPlugins: Set<String> = [
        "web-fetch", "file-parser", "response-healing", "context-compression", "moderation",
    ]

    static func run(
        _ field: ChatField, _ bytes: Span<UInt8>, _ range: Range<Int>,
        into request: inout ChatRequest
    ) throws {
        let name = field.rawValue
        switch field {
        case .plugins:
            try readPlugins(bytes, range, into: &request.extras)
        case .preset, .fallbacks:
            let value = try ChatRequestScan.whole(name, bytes, range)
            if value.array?.isEmpty != true { request.extras.forbid("\"\(name)\"") }
        case .webSearchOptions:
            request.extras.addSearch(fee: nil, "\"web_search_options\"")
        case .audio, .imageConfig:
            request.extras.add(.mediaOutput, "\"\(name)\"")
        case .modalities:
            let kinds = try ChatRequestScan.strings(name, bytes, range) ?? []
            if let kind = kinds.first(where: { $0 != "text" }) {
                request.extras.add(
                    .mediaOutput, "Output of type \"\(ChatRequestScan.excerpt(kind))\"")
            }
        case .serviceTier:
            let tier = try ChatRequestScan.string(name, bytes, range) ?? "auto"
            if !plainServiceTiers.contains(tier) {
                request.extras.add(
                    .serviceTier, "Service tier \"\(ChatRequestScan.excerpt(tier))\"")
            }
        case .functions, .responseFormat:
            request.hasInstructions = true
        case .transforms: _ = try ChatRequestScan.strings(name, bytes, range)
        default: return
        }
    }

    private static func readPlugins(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into extras: inout ChatExtras
    ) throws {
        let plugins = try ChatRequestScan.whole("plugins", bytes, range).array
        guard let plugins else { throw ChatRequest.Fault("\"plugins\" must be a list.") }
        for plugin in plugins {
            guard let id = plugin["id"]?.string.map(ChatRequestScan.excerpt) else {
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

    /// A name outside ASCII may be the word to a reader that folds letters.
    private static func soundsLikeModel(_ name: String) -> Bool {
        name.lowercased().contains("model") || !name.utf8.allSatisfy { $0 < 0x80 }
    }

    /// Whether any member, however deep, has a name that speaks of models.
    static func namesModel(_ json: JSON) -> Bool {
        switch json {
        case .object(let object):
            object.members.contains {
                soundsLikeModel($0.name) || namesModel($0.value)
            }
        case .array(let elements): elements.contains(where: namesModel)
        case .null, .bool, .number, .string: false
        }
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
