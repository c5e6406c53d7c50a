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
            _ = try JSONGrammar.skipValue(bytes, &probe)
            throw Fault("The request body must be a JSON object.")
        }
        request.insertionPoint = index + 1
        let fields = try members(bytes, at: &index)
        JSONGrammar.skipSpace(bytes, &index)
        guard index == bytes.count else {
            throw JSONGrammar.Fault("goes on after its end", at: index)
        }
        for field in fields {
            try read(field.name, bytes, field.value, into: &request)
        }
        guard fields.contains(where: { $0.name == "messages" }) else {
            throw Fault("\"messages\" is required: a list of messages.")
        }
        return request
    }

    struct Member {
        var name: String
        var value: Range<Int>
    }

    /// The body's own fields, none twice and none spelt with escapes.
    private static func members(_ bytes: Span<UInt8>, at index: inout Int) throws -> [Member] {
        var members: [Member] = []
        try JSONGrammar.forEachMember(bytes, &index) { name, value throws(JSONGrammar.Fault) in
            for offset in name where bytes[offset] == UInt8(ascii: "\\") {
                throw JSONGrammar.Fault("has a field name spelt with an escape", at: offset)
            }
            let text = try JSON.string(bytes, in: name)
            guard !members.contains(where: { $0.name == text }) else {
                throw JSONGrammar.Fault("names \"\(text)\" twice", at: name.lowerBound)
            }
            guard members.count < ChatRequest.fieldCountMax else {
                throw JSONGrammar.Fault("has too many fields", at: name.lowerBound)
            }
            members.append(Member(name: text, value: value))
        }
        return members
    }

    private static func read(
        _ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        switch name {
        case "model":
            request.ranges[.model] = range
            request.model = try string(name, bytes, range)
        case "models":
            request.ranges[.models] = range
            request.models = try strings(name, bytes, range)
        case "stream":
            request.isStreamed = try bool(name, bytes, range) ?? false
        case "max_tokens", "max_completion_tokens":
            request.ranges[name == "max_tokens" ? .maxTokens : .maxCompletionTokens] = range
            let limit = try integer(name, bytes, range, in: 1...Int64(Int32.max))
            request.outputTokensMax = [request.outputTokensMax, limit].compactMap { $0 }.min()
        case "n":
            request.answerCount =
                try integer(name, bytes, range, in: 1...ChatRequest.answerCountMax) ?? 1
        case "user":
            request.ranges[.user] = range
            request.user = try string(name, bytes, range)
        case "provider":
            request.ranges[.provider] = range
            request.provider = try object(name, bytes, range)
        case "prediction":
            request.predictionBytes = isNull(bytes, range) ? 0 : Int64(range.count)
        case "messages":
            try ChatMessageScan.run(bytes, range, into: &request)
        default:
            try ChatExtraScan.run(name, bytes, range, into: &request)
        }
    }
}

/// Values of expected types; `null` reads as absent everywhere.
extension ChatRequestScan {
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
