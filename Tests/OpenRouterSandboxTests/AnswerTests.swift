import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct AnswerTests {
    @Test(arguments: [1, 2, 7, 40, 1_000])
    func `the prompt can ask for a number of words`(count: Int) {
        var sandbox = Sandbox()
        let answer = sandbox.chat("openai/gpt-5.4", "Please reply with exactly \(count) words.")
        #expect(answer.content.split(separator: " ").count == count)
        #expect(answer.content.hasSuffix("."))
        #expect(answer.json["choices"]?.array?.first?["finish_reason"] == "stop")
    }

    @Test func `only the last message of the user says how long`() {
        var sandbox = Sandbox()
        let body = """
            {"model":"openai/gpt-4o","messages":[{"role":"user","content":"in 90 words"},\
            {"role":"assistant","content":"in 50 words"},\
            {"role":"user","content":[{"type":"text","text":"now in 3 words"}]}]}
            """
        let answer = sandbox.send("POST", "/api/v1/chat/completions", key: sandbox.key, body)
        #expect(answer.content.split(separator: " ").count == 3)
    }

    @Test(arguments: [
        ("max_tokens", "openai/gpt-4o-mini", "length"),
        ("max_completion_tokens", "anthropic/claude-haiku-4.5", "max_tokens"),
    ])
    func `the token limit cuts`(field: String, model: String, native: String) {
        var sandbox = Sandbox()
        let answer = sandbox.chat(model, "Reply with 100 words", #""\#(field)":5"#)
        let choice = answer.json["choices"]?.array?.first
        #expect(answer.json["usage"]?["completion_tokens"] == 5)
        #expect(answer.content.utf8.count == 20)
        #expect(choice?["finish_reason"] == "length")
        #expect(choice?["native_finish_reason"]?.string == native)
    }

    @Test func `max_completion_tokens wins over max_tokens`() {
        var sandbox = Sandbox()
        let limits = #""max_tokens":50,"max_completion_tokens":5"#
        let answer = sandbox.chat("openai/gpt-4o", "Reply with 100 words", limits)
        #expect(answer.json["usage"]?["completion_tokens"] == 5)
    }

    @Test func `a stop sequence ends the text in front of itself`() {
        var sandbox = Sandbox()
        let whole = sandbox.chat("openai/gpt-4o", "Reply with 60 words").content
        let cut = sandbox.chat("openai/gpt-4o", "Reply with 60 words", #""stop":["zzz","."]"#)
        #expect(whole.hasPrefix(cut.content))
        #expect(!cut.content.contains("."))
        #expect(cut.content.utf8.count < whole.utf8.count)
        #expect(cut.json["choices"]?.array?.first?["finish_reason"] == "stop")
    }

    @Test func `json mode answers with a JSON document`() throws {
        var sandbox = Sandbox()
        let format = #""response_format":{"type":"json_object"}"#
        let answer = sandbox.chat("openai/gpt-4o", "Reply with 5 words", format)
        #expect(parsed(answer.content)["answer"]?.string != nil)
    }

    @Test func `several choices are billed together`() throws {
        var sandbox = Sandbox()
        let one = sandbox.chat("openai/gpt-4o", "Reply with 9 words").json
        let three = sandbox.chat("openai/gpt-4o", "Reply with 9 words", #""n":3"#).json
        let texts = (three["choices"]?.array ?? []).compactMap { $0["message"]?["content"]?.string }
        #expect(texts.count == 3)
        #expect(three["choices"]?.array?.map { $0["index"]?.integer } == [0, 1, 2])
        #expect(one["choices"]?.array?.first?["message"]?["content"]?.string == texts.first)
        let tokens = texts.map(Tokens.count).reduce(0, +)
        #expect(three["usage"]?["completion_tokens"]?.integer == tokens)
    }

    @Test func `the same seed and requests give the same answers, keys and ids`() {
        func transcript(_ seed: UInt64) -> [String] {
            var sandbox = Sandbox(SandboxSettings(seed: seed), now: noon)
            return [
                sandbox.key, sandbox.managementKey, sandbox.chat().text, sandbox.stream().text,
                sandbox.manage("POST", "/keys", #"{"name":"ada"}"#).text,
            ]
        }
        #expect(transcript(1) == transcript(1))
        for (one, other) in zip(transcript(1), transcript(2)) { #expect(one != other) }
    }

    @Test func `text never has more tokens than its body has bytes`() throws {
        let byteLevel = try #require(Catalogue.resolve("qwen/byte-level")).model
        var generator = SeededGenerator(seed: 7)
        let samples = ["", "a", "wörter", "日本語", "\\u00e9", "\\n", "lots of words in a row"]
        let parts = [
            #"{"type":"image_url","image_url":{"url":"u"}}"#, #"{"type":"text","text":"t"}"#,
        ]
        for _ in 0..<500 {
            let messages = (0...generator.index(below: 4)).map { _ in
                let content =
                    generator.index(below: 2) == 0
                    ? "\"\(samples[generator.index(below: samples.count)])\""
                    : "[\(parts[generator.index(below: parts.count)])]"
                return #"{"role":"user","content":\#(content)}"#
            }
            let body = #"{"messages":[\#(messages.joined(separator: ","))],"tools":[{"a":1}]}"#
            let chat = try ChatRequest(parsed(body))
            let use = chat.prompt.use(by: byteLevel, searchTokens: 0)
            #expect(use.text <= Int64(body.utf8.count))
            #expect(chat.prompt.textTokens > 0)
        }
    }

    @Test func `a longer prompt costs more`() {
        var sandbox = Sandbox()
        let short = sandbox.chat("openai/gpt-4o", "Hello").json["usage"]?["prompt_tokens"]
        let long = sandbox.chat("openai/gpt-4o", String(repeating: "Hello", count: 400))
            .json["usage"]?["prompt_tokens"]
        #expect(short == 9)
        #expect(long == 507)
    }
}
