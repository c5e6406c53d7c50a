import Purser

/// One pass over a chat completion's body.
///
/// What is forwarded is what was judged: a field named twice, or spelt with escapes, could read
/// differently upstream, and is refused.
enum ChatRequestScan {
    typealias Fault = ChatRequest.Fault

    static func run(_ bytes: Span<UInt8>) throws -> ChatRequest {
        var request = ChatRequest()
        request.byteCount = bytes.count
        var index = 0
        JSONGrammar.skipSpace(bytes, &index)
        guard index < bytes.count else { throw Fault("The request body is empty.") }
        guard bytes[index] == UInt8(ascii: "{") else {
            var probe = index
            try JSONGrammar.skipValue(bytes, &probe)
            throw Fault("The request body must be a JSON object.")
        }
        request.insertionPoint = index + 1
        request.members.reserveCapacity(16)
        var hasMember = try JSONGrammar.enterObject(bytes, &index)
        while hasMember {
            try readMember(bytes, &index, into: &request)
            hasMember = try JSONGrammar.hasNextMember(bytes, &index)
        }
        JSONGrammar.skipSpace(bytes, &index)
        guard index == bytes.count else {
            throw JSONGrammar.Fault("goes on after its end", at: index)
        }
        guard request.members.contains(where: { $0.field == .messages }) else {
            throw Fault("\"messages\" is required: a list of messages.")
        }
        request.reasoningTokens = request.thinking.tokensBeside
        return request
    }

    private static func readMember(
        _ bytes: Span<UInt8>, _ index: inout Int, into request: inout ChatRequest
    ) throws {
        let start = index
        let name = try JSONGrammar.readName(bytes, &index)
        guard request.members.count < ChatRequest.fieldCountMax else {
            throw JSONGrammar.Fault("has too many fields", at: start)
        }
        let field = ChatField.table[bytes, name]
        if let field {
            guard !request.members.contains(where: { $0.field == field }) else {
                throw JSONGrammar.Fault("names \"\(field.rawValue)\" twice", at: start)
            }
        } else {
            try noteUnknown(bytes, name, into: &request)
        }
        let valueStart = index
        switch field {
        case .messages: try ChatMessageScan.run(bytes, &index, into: &request)
        case .tools: try ChatToolScan.run(bytes, &index, into: &request)
        case let field?:
            let range = try JSONGrammar.skipValue(bytes, &index, depth: 1)
            try read(field, bytes, range, into: &request)
        case nil: try JSONGrammar.skipValue(bytes, &index, depth: 1)
        }
        request.members.append(
            ChatRequest.Member(field: field, start: start, value: valueStart..<index))
    }

    private static func noteUnknown(
        _ bytes: Span<UInt8>, _ name: Range<Int>, into request: inout ChatRequest
    ) throws {
        if hasEscape(bytes, name) {
            throw JSONGrammar.Fault("has a field name spelt with an escape", at: name.lowerBound)
        }
        guard name.count <= ChatRequest.fieldNameBytesMax else {
            throw JSONGrammar.Fault(
                "has a field name longer than \(ChatRequest.fieldNameBytesMax) bytes",
                at: name.lowerBound)
        }
        let text = try JSON.text(bytes, in: name)
        guard !request.unknownFields.contains(text) else {
            throw JSONGrammar.Fault("names \"\(text)\" twice", at: name.lowerBound)
        }
        request.unknownFields.append(text)
    }

    private static func read(
        _ field: ChatField, _ bytes: Span<UInt8>, _ range: Range<Int>,
        into request: inout ChatRequest
    ) throws {
        let name = field.rawValue
        switch field {
        case .model: request.model = try string(name, bytes, range)
        case .models: request.models = try strings(name, bytes, range)
        case .stream: request.isStreamed = try bool(name, bytes, range) ?? false
        case .maxTokens, .maxCompletionTokens:
            let limit = try integer(name, bytes, range, in: 1...Int64(Int32.max))
            if let limit {
                request.outputTokensMax = min(request.outputTokensMax ?? limit, limit)
            }
        case .n:
            request.answerCount =
                try integer(name, bytes, range, in: 1...ChatRequest.answerCountMax) ?? 1
        case .user: request.user = try string(name, bytes, range)
        case .provider:
            request.provider = try object(name, bytes, range).map(ProviderWishes.read)
        case .prediction:
            request.predictionBytes = isNull(bytes, range) ? 0 : Int64(range.count)
        case .reasoning, .reasoningEffort, .includeReasoning, .thinking, .outputConfig,
            .verbosity:
            try request.thinking.read(field, bytes, range)
        default:
            if field.rule == .judged || field.rule == .bounded, !isNull(bytes, range) {
                try ChatExtraScan.run(field, bytes, range, into: &request)
            }
        }
    }
}

/// Values of expected types; `null` reads as absent everywhere.
extension ChatRequestScan {
    static func hasEscape(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for offset in range where bytes[offset] == UInt8(ascii: "\\") { return true }
        return false
    }

    /// As much of a client's word as a sentence can take.
    static func excerpt(_ text: String) -> String {
        text.utf8.count <= 60 ? text : String(text.prefix(20)) + "…"
    }

    static func isNull(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        bytes[range.lowerBound] == UInt8(ascii: "n")
    }

    static func string(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws -> String? {
        if isNull(bytes, range) { return nil }
        guard bytes[range.lowerBound] == UInt8(ascii: "\"") else {
            throw Fault("\"\(name)\" must be a string.")
        }
        return try JSON.string(bytes, in: range)
    }

    static func bool(_ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>) throws -> Bool? {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "n"): return nil
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: throw Fault("\"\(name)\" must be true or false.")
        }
    }

    static func integer(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, in allowed: ClosedRange<Int64>
    ) throws -> Int64? {
        if isNull(bytes, range) { return nil }
        let value = try whole(name, bytes, range)
        guard let number = value.integer, allowed.contains(number) else {
            throw Fault(
                "\"\(name)\" must be an integer from \(allowed.lowerBound) to "
                    + "\(allowed.upperBound).")
        }
        return number
    }

    static func strings(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws -> [String]? {
        if isNull(bytes, range) { return nil }
        let elements = try whole(name, bytes, range).array
        let texts = elements?.compactMap(\.string)
        guard let elements, let texts, texts.count == elements.count else {
            throw Fault("\"\(name)\" must be a list of strings.")
        }
        return texts
    }

    static func object(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws -> JSONObject? {
        if isNull(bytes, range) { return nil }
        let value = try whole(name, bytes, range)
        guard let object = value.object else { throw Fault("\"\(name)\" must be an object.") }
        return object
    }

    /// A field's value, read as a whole: none of them is long, and nothing in it stands twice.
    static func whole(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws -> JSON {
        guard range.count <= ChatRequest.fieldBytesMax else {
            throw Fault("\"\(name)\" is longer than \(ChatRequest.fieldBytesMax) bytes.")
        }
        return try JSON.value(bytes, in: range, duplicates: .refused)
    }
}
