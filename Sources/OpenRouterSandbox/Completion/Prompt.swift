import OpenRouterWire

/// What a request puts in front of a model.
struct Prompt: Sendable {
    /// Something beside text, with the tokens it would have if the context were large enough.
    struct Medium: Hashable, Sendable {
        enum Kind: String, Sendable { case image, audio, video, file }

        var kind: Kind
        var tokens: Int64
        /// Pages of a document, which are read for a fee.
        var pages: Int64 = 0
    }

    /// What becomes of a part of the text when the client marks it for a cache.
    enum Caching: Sendable { case read, write, writeHour }

    /// Tokens of text, never above the number of bytes that carried it.
    private(set) var textTokens: Int64
    private(set) var media: [Medium] = []
    /// `nil` where nothing is marked.
    private(set) var caching: Caching?
    /// Eighths of the text that are cached.
    private(set) var cachedEighths: Int64 = 0
    var hasTools: Bool

    /// Each message costs a few tokens of framing, as with real chat templates.
    private static let perMessage: Int64 = 4
    private static let perPrompt: Int64 = 3

    init(_ body: JSON, messages: [JSON]) {
        let tools = body["tools"]?.array ?? []
        hasTools = !tools.isEmpty
        textTokens = Prompt.perPrompt
        for tool in tools { textTokens += Tokens.count(tool.text) }
        for message in messages { add(message) }
        markCache(body, messages)
    }

    private mutating func add(_ message: JSON) {
        textTokens += Prompt.perMessage
        switch message["content"] {
        case .string(let text): textTokens += Tokens.count(text)
        case .array(let parts): for part in parts { add(part: part) }
        case nil, .null, .bool, .number, .object: break
        }
        for member in ["tool_calls", "function_call"] {
            if let value = message[member], !value.isNull {
                textTokens += Tokens.count(value.text)
            }
        }
        let fields: [(String, Medium.Kind)] = [
            ("images", .image), ("audio", .audio), ("videos", .video), ("files", .file),
        ]
        for (name, kind) in fields {
            guard let value = message[name], !value.isNull else { continue }
            for thing in value.array ?? [value] { media.append(Medium(kind, thing)) }
        }
    }

    private mutating func add(part: JSON) {
        if let text = part["text"]?.string {
            textTokens += Tokens.count(text)
        } else if let kind = part["type"]?.string.flatMap(Medium.Kind.init(type:)) {
            media.append(Medium(kind, part))
        } else {
            textTokens += Tokens.count(part.text)
        }
    }

    /// Whoever marks something for the cache finds it there, or pays for putting it there: which
    /// of both, and how much, is always the same for the same prompt.
    private mutating func markCache(_ body: JSON, _ messages: [JSON]) {
        let parts = messages.flatMap { $0["content"]?.array ?? [] } + (body["tools"]?.array ?? [])
        let marks = ([body] + messages + parts).compactMap { $0["cache_control"]?.object }
        guard let mark = marks.first else { return }
        var generator = SeededGenerator(seed: 0, for: JSON.array(messages).text)
        cachedEighths = Int64(generator.index(below: 9))
        let isHour = mark["ttl"] == "1h"
        caching = generator.index(below: 3) == 0 ? .read : isHour ? .writeHour : .write
    }
}

extension Prompt.Medium {
    /// The size of a thing has nothing to do with the bytes that name it; the same thing always
    /// has the same.
    init(_ kind: Kind, _ thing: JSON) {
        var generator = SeededGenerator(seed: 0, for: thing.text)
        self.kind = kind
        switch kind {
        // Low detail, or anything up to the largest picture.
        case .image:
            tokens =
                generator.index(below: 2) == 0 ? 85 : Int64(85 + generator.index(below: 47_916))
        case .audio: tokens = Int64(1 + generator.index(below: 20_000))
        case .video: tokens = Int64(1 + generator.index(below: 100_000))
        case .file:
            tokens = Int64(1 + generator.index(below: 30_000))
            pages = Int64(1 + generator.index(below: 50))
        }
    }
}

extension Prompt.Medium.Kind {
    /// The kind of a content part; `nil` for text and what is not known.
    init?(type: String) {
        switch type {
        case "image_url", "input_image", "image": self = .image
        case "input_audio", "audio_url", "audio": self = .audio
        case "video_url", "input_video", "video": self = .video
        case "file", "input_file", "document": self = .file
        default: return nil
        }
    }
}

/// The prompt of one call as a model bills it.
struct PromptUse: Hashable, Sendable {
    /// Tokens of text, those from and for a cache included.
    var text: Int64 = 0
    var cached: Int64 = 0
    var written: Int64 = 0
    var writtenHour: Int64 = 0
    var imageTokens: Int64 = 0
    var audioTokens: Int64 = 0
    /// Tokens of films and documents, at the price of text.
    var otherTokens: Int64 = 0
    var videoTokens: Int64 = 0
    var images: Int64 = 0

    var total: Int64 { text + imageTokens + audioTokens + otherTokens + videoTokens }
}

extension Prompt {
    /// Anthropic's instructions for tools, which are billed and in no body.
    private static let claudeTools: Int64 = 346

    /// - Parameter searchTokens: what a search of the web puts in.
    func use(by model: Model, searchTokens: Int64) -> PromptUse {
        var use = PromptUse()
        use.text = textTokens * (model.isByteLevel ? Int64(Tokens.bytesEach) : 1)
        use.text += (hasTools && model.family == .claude ? Prompt.claudeTools : 0)
        // Providers shrink pictures and cut search results rather than refuse.
        var room = max(0, model.contextLength - use.text)
        func taken(_ tokens: Int64) -> Int64 {
            let taken = min(room, tokens)
            room -= taken
            return taken
        }
        use.text += taken(searchTokens)
        for medium in media {
            switch medium.kind {
            case .image:
                use.images += 1
                use.imageTokens += taken(medium.tokens)
            case .audio: use.audioTokens += taken(medium.tokens)
            case .video: use.videoTokens += taken(medium.tokens)
            case .file: use.otherTokens += taken(medium.tokens)
            }
        }
        let part = use.text * cachedEighths / 8
        switch caching {
        case .read: use.cached = part
        case .write: use.written = part
        case .writeHour: use.writtenHour = part
        case nil: break
        }
        return use
    }

    var pages: Int64 { media.reduce(0) { $0 + $1.pages } }
}
