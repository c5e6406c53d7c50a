import Purser

/// The messages of a chat completion: text, whose tokens are bounded by its bytes, and media,
/// whose tokens are not.
enum ChatMessageScan {
    /// Kinds of content part that are nothing but text.
    private static let textTypes: Set<String> = ["text", "refusal", "thinking", "reasoning"]

    /// The spellings of media that providers accept, OpenRouter's own and others'.
    private static let mediaTypes: [String: Extra] = [
        "image_url": .image, "input_image": .image, "image": .image,
        "input_audio": .audio, "audio_url": .audio, "audio": .audio,
        "video_url": .video, "input_video": .video, "video": .video,
        "file": .file, "input_file": .file, "document": .file,
    ]

    /// Fields of a message that bring media: what a model said earlier.
    private static let mediaFields: [String: Extra] = [
        "images": .image, "audio": .audio, "videos": .video, "files": .file,
    ]

    static func run(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into request: inout ChatRequest
    ) throws {
        guard bytes[range.lowerBound] == UInt8(ascii: "[") else {
            throw ChatRequest.Fault("\"messages\" must be a list of messages.")
        }
        var count = 0
        var extras = request.extras
        var fault: ChatRequest.Fault?
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { message throws(JSONGrammar.Fault) in
            count += 1
            guard bytes[message.lowerBound] == UInt8(ascii: "{") else {
                fault = fault ?? ChatRequest.Fault("Each message must be an object.")
                return
            }
            try readMessage(bytes, message, into: &extras, fault: &fault)
        }
        if let fault { throw fault }
        guard count > 0 else { throw ChatRequest.Fault("\"messages\" must not be empty.") }
        request.extras = extras
    }

    private static func readMessage(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into extras: inout ChatExtras,
        fault: inout ChatRequest.Fault?
    ) throws(JSONGrammar.Fault) {
        var index = range.lowerBound
        try JSONGrammar.forEachMember(bytes, &index) { name, value throws(JSONGrammar.Fault) in
            let name = try JSON.string(bytes, in: name)
            if let kind = mediaFields[name] {
                let count = try elementCount(bytes, value)
                extras.add(kind, count: count, "\"\(name)\" in a message")
            }
            guard name == "content" else { return }
            switch bytes[value.lowerBound] {
            case UInt8(ascii: "\""), UInt8(ascii: "n"): return
            case UInt8(ascii: "["): try readContent(bytes, value, into: &extras)
            default:
                fault =
                    fault
                    ?? ChatRequest.Fault("A message's \"content\" must be a string or a list.")
            }
        }
    }

    private static func readContent(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into extras: inout ChatExtras
    ) throws(JSONGrammar.Fault) {
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { part throws(JSONGrammar.Fault) in
            let types = try ChatExtraScan.types(bytes, part)
            if types.isEmpty { extras.forbid("A content part without a type") }
            for type in types where !textTypes.contains(type) {
                if let kind = mediaTypes[type] {
                    extras.add(kind, "A content part of type \"\(type)\"")
                } else {
                    extras.forbid("A content part of type \"\(type)\"")
                }
            }
        }
    }

    /// How many things a field has: a list's elements, none where it is null, else one.
    private static func elementCount(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(JSONGrammar.Fault) -> Int64 {
        if ChatRequestScan.isNull(bytes, range) { return 0 }
        guard bytes[range.lowerBound] == UInt8(ascii: "[") else { return 1 }
        var count: Int64 = 0
        var index = range.lowerBound
        try JSONGrammar.forEachElement(bytes, &index) { _ throws(JSONGrammar.Fault) in
            count += 1
        }
        return count
    }
}
