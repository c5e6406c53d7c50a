/// The messages of a chat completion: whether all they hold is text, whose cost is bounded by
/// its bytes.
enum ChatMessageScan {
    /// Kinds of content part that are nothing but text.
    private static let textKinds: Set<String> = ["text", "refusal", "thinking", "reasoning"]

    /// Fields of a message that bring something other than text.
    private static let mediaFields: Set<String> = ["audio", "images", "videos", "files"]

    static func run(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        guard bytes[range.lowerBound] == UInt8(ascii: "[") else {
            throw ChatRequest.Fault("\"messages\" must be a list of messages.")
        }
        var count = 0
        var unboundable: String?
        var fault: ChatRequest.Fault?
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { message throws(JSONGrammar.Fault) in
            count += 1
            guard bytes[message.lowerBound] == UInt8(ascii: "{") else {
                fault = fault ?? ChatRequest.Fault("Each message must be an object.")
                return
            }
            let found = try mediaInMessage(bytes, message, fault: &fault)
            unboundable = unboundable ?? found
        }
        if let fault { throw fault }
        guard count > 0 else { throw ChatRequest.Fault("\"messages\" must not be empty.") }
        request.unboundable = request.unboundable ?? unboundable
    }

    private static func mediaInMessage(
        _ bytes: Span<UInt8>, _ range: Range<Int>, fault: inout ChatRequest.Fault?
    ) throws(JSONGrammar.Fault) -> String? {
        var found: String?
        var index = range.lowerBound
        var problem: ChatRequest.Fault?
        try JSONGrammar.forEachMember(bytes, &index) { name, value throws(JSONGrammar.Fault) in
            let name = try JSON.string(bytes, in: name)
            if mediaFields.contains(name), !ChatRequestScan.isNull(bytes, value) {
                found = found ?? "\"\(name)\" in a message"
            }
            guard name == "content" else { return }
            switch bytes[value.lowerBound] {
            case UInt8(ascii: "\""), UInt8(ascii: "n"): return
            case UInt8(ascii: "["):
                let media = try mediaInContent(bytes, value)
                found = found ?? media
            default:
                problem = ChatRequest.Fault("A message's \"content\" must be a string or a list.")
            }
        }
        fault = fault ?? problem
        return found
    }

    private static func mediaInContent(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(JSONGrammar.Fault) -> String? {
        var found: String?
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { part throws(JSONGrammar.Fault) in
            let kinds = try ChatExtraScan.types(bytes, part)
            let other = kinds.first { !textKinds.contains($0) }
            if let other { found = found ?? "A content part of type \"\(other)\"" }
            if kinds.isEmpty { found = found ?? "A content part without a type" }
        }
        return found
    }
}

/// Fields that buy something beside tokens.
enum ChatExtraScan {
    /// Service tiers that cost the listed price or less.
    private static let plainServiceTiers: Set<String> = ["auto", "default", "flex"]

    static func run(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        if ChatRequestScan.isNull(bytes, range) { return }
        var found: String?
        switch name {
        case "plugins", "fallbacks":
            let isEmpty = try ChatRequestScan.whole(name, bytes, range).array?.isEmpty ?? false
            found = isEmpty ? nil : "\"\(name)\""
        case "preset", "web_search_options", "audio", "image_config":
            found = "\"\(name)\""
        case "modalities":
            let kinds = try ChatRequestScan.strings(name, bytes, range) ?? []
            found = kinds.first { $0 != "text" }.map { "Output of type \"\($0)\"" }
        case "service_tier":
            let tier = try ChatRequestScan.string(name, bytes, range) ?? "auto"
            found = plainServiceTiers.contains(tier) ? nil : "Service tier \"\(tier)\""
        case "tools":
            found = try paidTool(bytes, range)
        default: return
        }
        request.unboundable = request.unboundable ?? found
    }

    private static func paidTool(_ bytes: Span<UInt8>, _ range: Range<Int>) throws -> String? {
        guard bytes[range.lowerBound] == UInt8(ascii: "[") else {
            throw ChatRequest.Fault("\"tools\" must be a list.")
        }
        var found: String?
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { tool throws(JSONGrammar.Fault) in
            let kinds = try types(bytes, tool)
            let other = kinds.first { $0 != "function" && $0 != "custom" }
            if let other { found = found ?? "A tool of type \"\(other)\"" }
            if kinds.isEmpty { found = found ?? "A tool without a type" }
        }
        return found
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
