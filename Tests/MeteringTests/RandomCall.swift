import OpenRouterWire
import Purser
import TestSupport

/// A request and a tier as nobody would think of them, the same for the same seed.
struct RandomCall {
    private var dice: SeededGenerator
    private(set) var body = ""
    private(set) var tier: Tier?
    private(set) var headroom: USD?
    /// What it has, for counting and for the widths.
    private(set) var traits: Set<String> = []
    /// Whether there is little beside what costs the most, so that no slack hides a mistake.
    private let isTight: Bool

    init(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        isTight = Bool.random(using: &dice)
        self.dice = dice
        tier = makeTier()
        headroom = happens(2) ? nil : USD(picodollars: Int64(below(2_000_000)) * 1_000_000)
        var fields = thoughts()
        fields += [messages(), model()] + limits() + wishes() + harmless()
        if !isTight { fields += extras() }
        if isTight, happens(4) { fields.append(tools()) }
        fields.shuffle(using: &dice)
        let space = happens(4) ? " \n\t" : ""
        body = "\(space){\(space)" + fields.joined(separator: "\(space),\(space)") + "}\(space)"
    }

    private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &dice) }

    /// Whether one of so many things happens.
    private mutating func happens(_ chances: Int) -> Bool { below(chances) == 0 }

    private mutating func one(_ choices: [String]) -> String { choices[below(choices.count)] }
}

extension RandomCall {
    /// No less than what one of each can add at the sandbox.
    private static let ceilings: [Extra: USD] = [
        .image: cents(30), .audio: cents(70), .video: cents(50), .file: cents(30),
        .webSearch: cents(30), .plugin: cents(1), .serverTool: cents(2), .mediaOutput: cents(4),
        .serviceTier: cents(50), .unknownPrice: cents(60),
    ]

    private static func cents(_ count: Int64) -> USD {
        USD(picodollars: count * 10_000_000_000)
    }

    private mutating func makeTier() -> Tier? {
        if happens(4) { return nil }
        var ceilings: [Extra: USD] = [:]
        for kind in Extra.allCases where happens(2) { ceilings[kind] = RandomCall.ceilings[kind] }
        return Tier(
            id: ID(1), name: "t", models: ModelPattern("*").map { [$0] } ?? [],
            outputTokensMax: happens(6) ? Int64(1 + below(2_000)) : nil,
            requestCostMax: happens(6) ? RandomCall.cents(Int64(1 + below(200))) : nil,
            clampsOutput: happens(2), ceilings: ceilings)
    }

    private static let models = [
        "openai/gpt-4o-mini", "openai/gpt-4o", "openai/gpt-5-mini", "openai/gpt-5.4",
        "anthropic/claude-haiku-4.5", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-5",
        "anthropic/claude-opus-4.8", "google/gemini-3.1-flash-lite-preview",
        "google/gemini-3-pro-preview", "google/gemini-3-pro-preview", "deepseek/deepseek-v4-pro",
        "qwen/qwen3.5-27b", "cohere/north-mini-code:free", "openai/gpt-4o-2024-05-13",
        "openai/gpt-4o-2024-05-13", "openai/gpt-audio", "perplexity/sonar",
        "qwen/qwen3-vl-32b-instruct", "qwen/unpriced", "qwen/byte-level", "qwen/byte-level",
    ]

    private mutating func model() -> String {
        let names = (0..<(2 + below(3))).map { _ in "\"\(one(RandomCall.models))\"" }
        if happens(5) {
            traits.insert("models")
            return "\"model\":\(names[0]),\"models\":[\(names[1...].joined(separator: ","))]"
        }
        return happens(12) ? "\"models\":[\(names[0])]" : "\"model\":\(names[0])"
    }

    private mutating func limits() -> [String] {
        let hasLongAnswer = traits.contains("reasoning") || happens(3)
        if isTight { return ["\"max_tokens\":\(1 + below(hasLongAnswer ? 4_000 : 60))"] }
        var fields: [String] = []
        if !happens(3) { fields.append("\"max_tokens\":\(1 + below(happens(3) ? 30 : 3_000))") }
        if happens(5) { fields.append("\"max_completion_tokens\":\(1 + below(2_000))") }
        if happens(6) {
            traits.insert("n")
            fields.append("\"n\":\(1 + below(5))")
        }
        return fields
    }

    private mutating func thoughts() -> [String] {
        guard happens(4) else { return [] }
        traits.insert("reasoning")
        return [
            one([
                #""reasoning":{"max_tokens":\#(below(9_000))}"#,
                #""reasoning":{"effort":"high"}"#, #""reasoning":{"enabled":true}"#,
                #""reasoning_effort":"low""#, #""reasoning":{"effort":"none"}"#,
                #""thinking":{"type":"enabled","budget_tokens":\#(1 + below(9_000))}"#,
                #""reasoning":{"effort":"low"},"thinking":{"budget_tokens":\#(1 + below(5_000))}"#,
            ])
        ]
    }

    private mutating func extras() -> [String] {
        var fields: [String] = []
        if happens(8) {
            traits.insert("search")
            let engine = one([#","engine":"exa""#, #","engine":"exa""#, "", #","engine":"native""#])
            let results = happens(2) ? ",\"max_results\":\(1 + below(30))" : ""
            let mode = happens(4) ? #","mode":"deep""# : ""
            fields.append(#""plugins":[{"id":"web"\#(engine)\#(results)\#(mode)}]"#)
        } else if happens(20) {
            fields.append(#""plugins":[{"id":"\#(one(["file-parser", "fusion"]))"}]"#)
        }
        if happens(5) { fields.append(tools()) }
        if happens(25) {
            fields.append(
                one([
                    #""service_tier":"priority""#, #""modalities":["text","image"]"#,
                    #""preset":"p""#,
                ]))
        }
        return fields
    }

    private mutating func tools() -> String {
        traits.insert("tools")
        let more = happens(6) ? #",{"type":"openrouter:datetime"}"# : ""
        return #""tools":[{"type":"function","function":{"name":"f"}}\#(more)]"#
    }

    private mutating func wishes() -> [String] {
        guard happens(3) else { return [] }
        return [
            one([
                #""provider":{"order":["azure"]}"#, #""provider":{"sort":"price"}"#,
                #""provider":{"max_price":{"prompt":100,"image":"1","audio":2}}"#,
                #""provider":{"order":["azure"],"max_price":{"completion":"50","request":3}}"#,
            ])
        ]
    }

    private mutating func harmless() -> [String] {
        var fields: [String] = []
        if happens(2) { fields.append(#""stream":true"#) }
        if happens(6) { fields.append(#""temperature":0.5"#) }
        if happens(9) { fields.append(#""response_format":{"type":"json_object"}"#) }
        if happens(9) { fields.append(#""prediction":{"type":"content","content":"so"}"#) }
        if happens(9) { fields.append(#""user":"\#(text())""#) }
        if happens(isTight ? 2 : 6) {
            fields.append(#""cache_control":{"type":"ephemeral"\#(lifetime())}"#)
        }
        return fields
    }

    private mutating func lifetime() -> String { happens(2) ? #","ttl":"1h""# : "" }
}

extension RandomCall {
    /// Words in many scripts, escapes, marks on marks, and characters outside the basic plane.
    private static let words = [
        "a", "word", "Wörter", "日本語", "مرحبا", "🧑‍🚀", "e\u{301}\u{301}\u{301}", "\\u0000",
        "\\ud83d\\ude00", "\\n\\n", "\\\"", "{\\\"max_tokens\\\":1}", "\u{FEFF}", "𝔘𝔫𝔦", "%s",
    ]

    private mutating func text() -> String {
        let words = (0..<below(12)).map { _ in one(RandomCall.words) }
        return words.joined(separator: happens(2) ? " " : "")
    }

    private mutating func messages() -> String {
        var messages = isTight ? [] : (0..<below(4)).map { _ in message() }
        // Answers as long as the limit are those that try the bound.
        var wish = happens(2) ? " Reply with \(1 + below(1_500)) words" : ""
        if isTight {
            wish = happens(3) ? " Reply with 1 word " : " Reply with 2000 words "
            wish += String(repeating: "longer and ", count: below(happens(2) ? 1_000 : 8))
        }
        messages.append(#"{"role":"user","content":\#(content(wish))}"#)
        return "\"messages\":[\(messages.joined(separator: ","))]"
    }

    private mutating func message() -> String {
        switch below(5) {
        case 0: return #"{"role":"system","content":"\#(text())"}"#
        case 1:
            return #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","#
                + #""function":{"name":"f","arguments":"\#(text())"}}]}"#
        case 2 where happens(3):
            traits.insert("image")
            let urls = (0..<(1 + below(3))).map { _ in part("image_url") }
            return #"{"role":"assistant","content":"","images":[\#(urls.joined(separator: ","))]}"#
        default: return #"{"role":"user","content":\#(content(""))}"#
        }
    }

    private mutating func content(_ end: String) -> String {
        guard happens(2) else { return "\"\(text())\(end)\"" }
        let mark = happens(4) ? #","cache_control":{"type":"ephemeral"\#(lifetime())}"# : ""
        if !mark.isEmpty { traits.insert("cache") }
        var parts = [#"{"type":"text","text":"\#(text())\#(end)"\#(mark)}"#]
        let kinds = ["image", "image", "audio", "video", "file"]
        let onlyKind = one(kinds)
        let most = isTight && happens(2) ? 40 : 0
        var count = below(most + 1)
        while count > 0 || !isTight && happens(2) {
            count -= 1
            let kind = isTight ? onlyKind : one(kinds)
            traits.insert(kind)
            let spellings = [
                "image": ["image_url", "input_image", "image"], "audio": ["input_audio", "audio"],
                "video": ["video_url", "video"], "file": ["file", "input_file"],
            ]
            parts.append(part(one(spellings[kind] ?? [])))
        }
        return "[\(parts.joined(separator: ","))]"
    }

    private mutating func part(_ type: String) -> String {
        #"{"type":"\#(type)","url":"https://example.com/\#(below(1_000_000))"}"#
    }
}
