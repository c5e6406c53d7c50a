import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct ChatTests {
    private func post(_ body: String) -> Exchange {
        var sandbox = Sandbox()
        let answer = sandbox.send("POST", "/api/v1/chat/completions", key: sandbox.key, body)
        if answer.status != 200 {
            #expect(sandbox.bill == .zero)
            #expect(sandbox.modelsRun.isEmpty)
        }
        return answer
    }

    @Test(arguments: [
        ("", "JSON"), ("{", "JSON"), ("[]", "object"), ("{}", "messages"),
        (#"{"messages":[]}"#, "messages"), (#"{"messages":"hi"}"#, "messages"),
        (#"{"messages":[{"role":"boss","content":"a"}]}"#, "messages[0].role"),
        (#"{"messages":[{"role":"user"}]}"#, "messages[0].content"),
        (#"{"messages":[{"role":"user","content":5}]}"#, "messages[0].content"),
        (#"{"model":5,"messages":[{"role":"user","content":"a"}]}"#, "model"),
    ])
    func `a body without a proper prompt is refused by name`(body: String, word: String) {
        let answer = post(body)
        #expect(answer.status == 400)
        #expect(answer.json["error"]?["code"] == 400)
        #expect(answer.message.contains(word))
    }

    @Test(arguments: [
        #""max_tokens":0"#, #""max_tokens":1.5"#, #""max_tokens":"9""#, #""n":0"#, #""n":129"#,
        #""max_completion_tokens":-1"#, #""stream":"yes""#, #""temperature":"hot""#,
        #""stop":5"#, #""stop":["a",5]"#, #""models":"openai/gpt-4o""#, #""models":[5]"#,
        #""provider":[]"#, #""provider":{"only":"openai"}"#, #""user":5"#, #""tools":{}"#,
        #""provider":{"max_price":{"prompt":true}}"#, #""response_format":"json""#,
        #""stream_options":true"#, #""plugins":{}"#,
    ])
    func `a field of the wrong type is refused by name`(field: String) throws {
        var sandbox = Sandbox()
        let answer = sandbox.chat("openai/gpt-4o", "hi", field)
        let name = try #require(field.split(separator: "\"").first)
        #expect(answer.status == 400)
        #expect(answer.message.contains(name) || answer.message.contains("provider"))
        #expect(sandbox.bill == .zero)
    }

    @Test(arguments: [
        #""max_tokens":null"#, #""stop":null"#, #""temperature":0.5"#, #""max_tokens":5e0"#,
        #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto""#,
        #""usage":{"include":true},"stream_options":{"include_usage":true}"#, #""unheard":{}"#,
    ])
    func `nulls, tools and unknown fields are fine`(field: String) {
        var sandbox = Sandbox()
        #expect(sandbox.chat("openai/gpt-4o", "hi", field).status == 200)
    }

    @Test func `an unknown model is refused, also among the fallbacks`() {
        var sandbox = Sandbox()
        let wrong = sandbox.chat("acme/fake-1.0")
        #expect(wrong.status == 400)
        #expect(wrong.message == "acme/fake-1.0 is not a valid model ID")
        #expect(wrong.json["user_id"]?.string == Account.userID)
        let fallback = sandbox.chat("openai/gpt-4o", "hi", #""models":["acme/fake-1.0"]"#)
        #expect(fallback.status == 400)
    }

    @Test(arguments: [
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("openai/gpt-5-mini-2025-08-07", "openai/gpt-5-mini", "openai/gpt-5-mini"),
        (
            "anthropic/claude-sonnet-4.6", "anthropic/claude-4.6-sonnet-20260217",
            "anthropic/claude-sonnet-4.6"
        ),
        (
            "anthropic/claude-4.5-haiku-20251001", "anthropic/claude-4.5-haiku-20251001",
            "anthropic/claude-haiku-4.5"
        ),
        ("openai/gpt-4o:nitro", "openai/gpt-4o", "openai/gpt-4o"),
        (
            "cohere/north-mini-code:free", "cohere/north-mini-code:free",
            "cohere/north-mini-code:free"
        ),
    ])
    func `the answer names the model as OpenRouter does`(
        asked: String, answered: String, ran: String
    ) {
        var sandbox = Sandbox()
        #expect(sandbox.chat(asked).json["model"]?.string == answered)
        #expect(sandbox.modelsRun == [ran: 1])
    }

    @Test func `the automatic router runs a real model and is billed at its price`() throws {
        var sandbox = Sandbox()
        for prompt in (0..<8).map({ "Question \($0)" }) {
            let answer = sandbox.chat("openrouter/auto", prompt)
            let model = try #require(answer.json["model"]?.string)
            #expect(Catalogue.routable.map(\.id).contains(model))
        }
        #expect(sandbox.modelsRun.count == 2)
        #expect(sandbox.bill > .zero)
        #expect(sandbox.modelsRun["openrouter/auto"] == nil)
    }

    @Test(arguments: [
        // gpt-4o-mini costs 0.15/0.60 at OpenAI and 0.165/0.66 at Azure
        (#"{"max_price":{"prompt":0.15,"completion":0.6}}"#, "OpenAI"),
        (#"{"max_price":{"prompt":"0.15","completion":"0.60"}}"#, "OpenAI"),
        (#"{"max_price":{"prompt":"0.149999"}}"#, nil),
        (#"{"max_price":{"completion":0.59}}"#, nil),
        (#"{"only":["azure"]}"#, "Azure"),
        (#"{"only":["azure"],"max_price":{"prompt":0.16}}"#, nil),
        (#"{"order":["azure"]}"#, "Azure"),
        (#"{"order":["azure","openai"],"sort":"price"}"#, "OpenAI"),
        (#"{"order":["azure"],"max_price":{"prompt":0.15}}"#, "OpenAI"),
        (#"{"order":["azure"],"allow_fallbacks":false,"max_price":{"prompt":0.15}}"#, nil),
        (#"{"ignore":["OpenAI"]}"#, "Azure"),
        (#"{"only":["azure/swedencentral"]}"#, "Azure"),
    ])
    func `provider wishes and price ceilings choose the endpoint`(wish: String, provider: String?) {
        var sandbox = Sandbox()
        let answer = sandbox.chat("openai/gpt-4o-mini", "hi", #""provider":\#(wish)"#)
        if let provider {
            #expect(answer.json["provider"]?.string == provider)
        } else {
            #expect(answer.status == 404)
            #expect(
                answer.message == "No endpoints found that satisfy the max price for this request")
            #expect(
                answer.json["error"]?["metadata"]?["failed_routing_step"] == "Filter by Max Price")
        }
    }

    @Test func `another provider charges its own price`() {
        var cheap = Sandbox { $0.hasFloatNoise = false }
        var dear = cheap
        let one = cheap.chat().costs.first.flatMap { USD($0) } ?? .zero
        let other = dear.chat("openai/gpt-4o-mini", "Say ok.", #""provider":{"only":["azure"]}"#)
            .costs.first.flatMap { USD($0) }
        #expect(other?.picodollars == one.picodollars / 10 * 11)
    }

    @Test func `a provider that does not have the model leaves nothing`() {
        var sandbox = Sandbox()
        let answer = sandbox.chat("openai/gpt-4o", "hi", #""provider":{"only":["anthropic"]}"#)
        #expect(answer.status == 404)
        #expect(answer.message == "No allowed providers are available for the selected model.")
    }

    @Test func `a web search costs extra`() {
        var sandbox = Sandbox { $0.hasFloatNoise = false }
        let plain = sandbox.chat("openai/gpt-4o").costs.first.flatMap { USD($0) } ?? .zero
        for answer in [
            sandbox.chat("openai/gpt-4o", "Say ok.", #""plugins":[{"id":"web"}]"#),
            sandbox.chat("openai/gpt-4o:online"),
        ] {
            #expect(answer.costs.first.flatMap { USD($0) } == USD("0.007").map { plain + $0 })
        }
    }

    @Test func `a long prompt reaches the dearer price`() throws {
        var sandbox = Sandbox { $0.hasFloatNoise = false }
        let prompt = String(repeating: "word", count: 200_000)
        let answer = sandbox.chat("anthropic/claude-sonnet-4.5", prompt, #""max_tokens":1"#)
        // 200,007 tokens at 6 dollars a million, one at 22.50.
        #expect(answer.costs == ["1.2000645"])
    }

    @Test func `a prompt beyond the context is refused`() {
        var sandbox = Sandbox()
        let prompt = String(repeating: "word", count: 128_001)
        let answer = sandbox.chat("openai/gpt-4o-mini", prompt)
        #expect(answer.status == 400)
        #expect(answer.message.contains("128000"))
    }

    @Test func `requests counts what arrived, models_run what ran`() {
        var sandbox = Sandbox()
        _ = sandbox.chat()
        _ = sandbox.chat("acme/none")
        _ = sandbox.send("GET", "/api/v1/models")
        let state = sandbox.send("GET", "/sandbox/state").json
        #expect(state["requests"] == 2)
        #expect(state["models_run"] == ["openai/gpt-4o-mini": 1])
        #expect(state["generations"] == 1)
        #expect(state["running"] == 0)
        #expect(state["bill"]?.usd == sandbox.bill)
    }
}
