import Purser

/// The messages of a chat completion: text, whose tokens are bounded by its bytes, and media,
/// whose tokens are not.
enum ChatMessageScan {
    /// What a member of a message or of a part is.
    private enum Name: Hashable {
        case role, content, type, text, annotations, source
        /// Something of another kind than text, one or a list.
        case media(Extra)
    }

    /// What of a message is judged; everything else is text, bounded by its bytes.
    private static let messageNames = NameTable<Name>([
        (name: "role", value: .role), (name: "content", value: .content),
        // What a model said earlier, and what clients put beside the text.
        (name: "images", value: .media(.image)), (name: "image", value: .media(.image)),
        (name: "image_url", value: .media(.image)), (name: "audio", value: .media(.audio)),
        (name: "videos", value: .media(.video)), (name: "video", value: .media(.video)),
        (name: "video_url", value: .media(.video)), (name: "files", value: .media(.file)),
        (name: "file", value: .media(.file)), (name: "attachments", value: .media(.file)),
        (name: "annotations", value: .annotations),
    ])

    /// What of a content part is judged; the names of media count whatever the type says.
    private static let partNames = NameTable<Name>(
        [(name: "type", value: .type), (name: "text", value: .text)]
            + mediaTypes.map { (name: $0.name, value: .media($0.value)) }
            + [(name: "source", value: .source)])

    /// Kinds of content part that are nothing but text.
    private static let textTypes = ["text", "refusal", "thinking", "reasoning"]

    /// The spellings of media that providers accept, OpenRouter's own and others'.
    private static let mediaTypes: [(name: String, value: Extra)] = [
        (name: "image_url", value: .image), (name: "input_image", value: .image),
        (name: "image", value: .image), (name: "input_audio", value: .audio),
        (name: "audio_url", value: .audio), (name: "audio", value: .audio),
        (name: "video_url", value: .video), (name: "input_video", value: .video),
        (name: "video", value: .video), (name: "file", value: .file),
        (name: "input_file", value: .file), (name: "document", value: .file),
    ]

    private enum Kind { case text, media(Extra) }

    private static let types = NameTable<Kind>(
        textTypes.map { (name: $0, value: Kind.text) }
            + mediaTypes.map { (name: $0.name, value: Kind.media($0.value)) })

    /// Reads the list at `index`.
    static func run(
        _ bytes: Span<UInt8>, _ index: inout Int, into request: inout ChatRequest
    ) throws {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "[") else {
            try JSONGrammar.skipValue(bytes, &index, depth: 1)
            throw ChatRequest.Fault("\"messages\" must be a list of messages.")
        }
        var hasMessage = try JSONGrammar.enterArray(bytes, &index)
        guard hasMessage else { throw ChatRequest.Fault("\"messages\" must not be empty.") }
        while hasMessage {
            try readMessage(bytes, &index, into: &request.extras)
            hasMessage = try JSONGrammar.hasNextElement(bytes, &index)
        }
    }

    private static func readMessage(
        _ bytes: Span<UInt8>, _ index: inout Int, into extras: inout ChatExtras
    ) throws {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else {
            try JSONGrammar.skipValue(bytes, &index, depth: 2)
            throw ChatRequest.Fault("Each message must be an object.")
        }
        var hasRole = false
        var hasContent = false
        var hasMember = try JSONGrammar.enterObject(bytes, &index)
        while hasMember {
            let start = index
            switch try ChatNames.read(bytes, &index, in: messageNames) {
            case .role:
                guard !hasRole else { throw ChatNames.twice("role", at: start) }
                hasRole = true
                try JSONGrammar.skipValue(bytes, &index, depth: 3)
            case .content:
                guard !hasContent else { throw ChatNames.twice("content", at: start) }
                hasContent = true
                try readContent(bytes, &index, into: &extras)
            case .media(let kind):
                let value = try JSONGrammar.skipValue(bytes, &index, depth: 3)
                extras.add(
                    kind, count: try elementCount(bytes, value),
                    "\"\(excerpt(bytes, from: start))\" in a message")
            case .annotations:
                let value = try JSONGrammar.skipValue(bytes, &index, depth: 3)
                extras.add(
                    .file, count: try fileCount(bytes, value), "\"annotations\" in a message")
            case .type, .text, .source, nil: try JSONGrammar.skipValue(bytes, &index, depth: 3)
            }
            hasMember = try JSONGrammar.hasNextMember(bytes, &index)
        }
    }

    private static func readContent(
        _ bytes: Span<UInt8>, _ index: inout Int, into extras: inout ChatExtras
    ) throws {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "[") else {
            let value = try JSONGrammar.skipValue(bytes, &index, depth: 3)
            switch bytes[value.lowerBound] {
            case UInt8(ascii: "\""), UInt8(ascii: "n"): return
            default:
                throw ChatRequest.Fault("A message's \"content\" must be a string or a list.")
            }
        }
        var hasPart = try JSONGrammar.enterArray(bytes, &index)
        while hasPart {
            try readPart(bytes, &index, into: &extras)
            hasPart = try JSONGrammar.hasNextElement(bytes, &index)
        }
    }

    private static func readPart(
        _ bytes: Span<UInt8>, _ index: inout Int, into extras: inout ChatExtras
    ) throws {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else {
            try JSONGrammar.skipValue(bytes, &index, depth: 4)
            return extras.forbid("A content part without a type")
        }
        var type: Range<Int>?
        var hasText = false
        // Media that its members bring: none in nearly every part.
        var brought: [Brought] = []
        var hasMember = try JSONGrammar.enterObject(bytes, &index)
        while hasMember {
            let start = index
            let name = try ChatNames.read(bytes, &index, in: partNames)
            let value = try JSONGrammar.skipValue(bytes, &index, depth: 5)
            switch name {
            case .type:
                guard type == nil else { throw ChatNames.twice("type", at: start) }
                type = value
            case .text:
                guard !hasText else { throw ChatNames.twice("text", at: start) }
                hasText = true
            case .media(let kind):
                let count = try elementCount(bytes, value)
                brought.append(Brought(kind: kind, count: count, start: start))
            case .source: brought.append(Brought(kind: nil, count: 1, start: start))
            case nil:
                guard let kind = mediaKind(soundingIn: bytes, start) else { break }
                let count = try elementCount(bytes, value)
                brought.append(
                    Brought(kind: kind, count: count, start: start, isGuess: true))
            case .role, .content, .annotations: break
            }
            hasMember = try JSONGrammar.hasNextMember(bytes, &index)
        }
        guard let type else { return extras.forbid("A content part without a type") }
        try judgePart(bytes, type, brought, into: &extras)
    }

    /// What an unknown name with a word for media in it may bring: some reader may know it.
    ///
    /// - Parameter start: where the name's quote is. It has no escapes.
    private static func mediaKind(soundingIn bytes: Span<UInt8>, _ start: Int) -> Extra? {
        var offset = start + 1
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            let (word, kind): (StaticString, Extra)
            switch bytes[offset] | 0x20 {
            case UInt8(ascii: "i"): (word, kind) = ("image", .image)
            case UInt8(ascii: "a"):
                let isAttachment = offset + 1 < bytes.count && bytes[offset + 1] | 0x20 == 0x74
                (word, kind) = isAttachment ? ("attachment", .file) : ("audio", .audio)
            case UInt8(ascii: "v"): (word, kind) = ("video", .video)
            case UInt8(ascii: "f"): (word, kind) = ("file", .file)
            case UInt8(ascii: "d"): (word, kind) = ("document", .file)
            case UInt8(ascii: "p"): (word, kind) = ("pdf", .file)
            case UInt8(ascii: "m"): (word, kind) = ("media", .file)
            default:
                offset += 1
                continue
            }
            if stands(word, in: bytes, at: offset) { return kind }
            offset += 1
        }
        return nil
    }

    private static func stands(
        _ word: StaticString, in bytes: Span<UInt8>, at offset: Int
    ) -> Bool {
        guard offset + word.utf8CodeUnitCount <= bytes.count else { return false }
        var place = offset
        return word.withUTF8Buffer { letters in
            for letter in letters {
                if bytes[place] | 0x20 != letter { return false }
                place += 1
            }
            return true
        }
    }

    /// Something that a member of a part brings.
    private struct Brought {
        /// `nil` for whatever the part's type says.
        var kind: Extra?
        var count: Int64
        /// Where the member's name begins.
        var start: Int
        /// Whether only its name's sound says so: in a part of that kind it is a detail.
        var isGuess = false
    }

    /// A part is what its type says; what else its members bring may be read as well.
    private static func judgePart(
        _ bytes: Span<UInt8>, _ type: Range<Int>, _ brought: [Brought],
        into extras: inout ChatExtras
    ) throws {
        func words() -> String {
            "A content part of type \"\(excerpt(bytes, from: type.lowerBound))\""
        }
        guard let kind = try kind(bytes, type) else { return extras.forbid(words()) }
        var own: Extra?
        if case .media(let media) = kind {
            own = media
            let count = brought.reduce(0) {
                $0 + ($1.kind == media && !$1.isGuess ? $1.count : 0)
            }
            extras.add(media, count: max(1, count), words())
        }
        for thing in brought {
            // Nobody can tell what a source of text is.
            guard let other = thing.kind ?? own else {
                extras.forbid("A content part of text with a source")
                continue
            }
            if other == own { continue }
            extras.add(
                other, count: thing.count,
                "\"\(excerpt(bytes, from: thing.start))\" in a content part")
        }
    }

    /// `nil` for a type that nobody can tell.
    private static func kind(_ bytes: Span<UInt8>, _ type: Range<Int>) throws -> Kind? {
        guard bytes[type.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inside = type.lowerBound + 1..<type.upperBound - 1
        if let kind = types[bytes, inside] { return kind }
        // It may be spelt with escapes.
        return ShortName(try JSON.text(bytes, in: inside)).flatMap { types[$0] }
    }

    /// The string that begins at `start`, as far as a sentence can take it.
    private static func excerpt(_ bytes: Span<UInt8>, from start: Int) -> String {
        var index = start
        do {
            try JSONGrammar.skipString(bytes, &index)
            return ChatRequestScan.excerpt(try JSON.string(bytes, in: start..<index))
        } catch {
            // It is no string, or none that can be written.
            return "?"
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
        var hasElement = try JSONGrammar.enterArray(bytes, &index)
        while hasElement {
            count += 1
            try JSONGrammar.skipValue(bytes, &index)
            hasElement = try JSONGrammar.hasNextElement(bytes, &index)
        }
        return count
    }

    /// How many annotations bring a file, or could: all but those that cite an address.
    private static func fileCount(_ bytes: Span<UInt8>, _ range: Range<Int>) throws -> Int64 {
        if ChatRequestScan.isNull(bytes, range) { return 0 }
        guard bytes[range.lowerBound] == UInt8(ascii: "[") else { return 1 }
        var count: Int64 = 0
        var index = range.lowerBound
        var hasElement = try JSONGrammar.enterArray(bytes, &index)
        while hasElement {
            let element = try JSONGrammar.skipValue(bytes, &index)
            if !(try isCitation(bytes, element)) { count += 1 }
            hasElement = try JSONGrammar.hasNextElement(bytes, &index)
        }
        return count
    }

    private static func isCitation(_ bytes: Span<UInt8>, _ range: Range<Int>) throws -> Bool {
        guard bytes[range.lowerBound] == UInt8(ascii: "{") else { return false }
        var isCitation = false
        var index = range.lowerBound
        var hasMember = try JSONGrammar.enterObject(bytes, &index)
        while hasMember {
            let start = index
            let isType = try ChatNames.read(bytes, &index, in: partNames) == .type
            let value = try JSONGrammar.skipValue(bytes, &index)
            if isType {
                guard !isCitation else { throw ChatNames.twice("type", at: start) }
                isCitation = excerpt(bytes, from: value.lowerBound) == "url_citation"
            }
            hasMember = try JSONGrammar.hasNextMember(bytes, &index)
        }
        return isCitation
    }
}
