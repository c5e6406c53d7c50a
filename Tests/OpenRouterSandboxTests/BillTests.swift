import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

/// What is on a bill beside tokens of text.
struct BillTests {
    private func ask(
        _ model: String, _ parts: String, _ more: String = ""
    ) -> Exchange {
        var sandbox = Sandbox { $0.hasFloatNoise = false }
        let exchange = sandbox.send(
            "POST", "/api/v1/chat/completions", key: sandbox.key,
            #"{"model":"\#(model)","messages":[{"role":"user","content":[\#(parts)]}]\#(more)}"#)
        if exchange.status == 200 { #expect(exchange.costs.map { USD($0) } == [sandbox.bill]) }
        return exchange
    }

    private static let text = #"{"type":"text","text":"Say ok."}"#

    private func image(_ number: Int) -> String {
        #"{"type":"image_url","image_url":{"url":"https://example.com/\#(number).png"}}"#
    }

    private func usage(_ exchange: Exchange, _ path: String...) -> Int64 {
        path.reduce(exchange.json["usage"]) { $0?[$1] }?.integer ?? -1
    }

    /// What the answer says it cost, in picodollars.
    private func cost(_ exchange: Exchange) -> Int64 {
        exchange.costs.first.flatMap { USD($0) }?.picodollars ?? -1
    }

    @Test func `a picture's tokens are its own, whatever its address, and the same each time`() {
        let counts = (0..<40).map { number in
            usage(ask("openai/gpt-4o", image(number)), "prompt_tokens") - 7
        }
        #expect(counts.contains(85))
        #expect(counts.contains { $0 > 20_000 })
        #expect(counts.allSatisfy { (85...48_000).contains($0) })
        #expect(usage(ask("openai/gpt-4o", image(7)), "prompt_tokens") - 7 == counts[7])
    }

    @Test func `more pictures than fit fill the context and no more`() {
        let images = (0..<40).map(image).joined(separator: ",")
        #expect(usage(ask("openai/gpt-4o-mini", images), "prompt_tokens") == 128_000)
    }

    @Test func `a price for each picture, for each call and for each search is on the bill`() {
        let early = ask("openai/gpt-4o-2024-05-13", "\(image(1)),\(image(2))")
        let tokens = usage(early, "prompt_tokens") * 5_000_000
        let answer = usage(early, "completion_tokens") * 15_000_000
        #expect(cost(early) == tokens + answer + 2 * 7_225_000_000)
        let sonar = ask("perplexity/sonar", BillTests.text)
        let all = usage(sonar, "total_tokens") * 1_000_000
        #expect(cost(sonar) == all + 5_000_000_000 + 5_000_000_000)
    }

    @Test func `sound has its own price and is told apart`() {
        let answer = ask("openai/gpt-audio", #"{"type":"input_audio","input_audio":{}}"#)
        let sound = usage(answer, "prompt_tokens_details", "audio_tokens")
        #expect(sound > 0 && usage(answer, "prompt_tokens") == sound + 7)
        let words = usage(answer, "completion_tokens") * 10_000_000
        #expect(cost(answer) == sound * 32_000_000 + 7 * 2_500_000 + words)
    }

    @Test func `what is marked for a cache is read from it or written to it, at its price`() {
        var seen: Set<String> = []
        for number in 0..<40 {
            let ttl = number % 2 == 0 ? "" : #","ttl":"1h""#
            let mark = #","cache_control":{"type":"ephemeral"\#(ttl)}"#
            let long = String(repeating: "word", count: 100 + number)
            let answer = ask(
                "anthropic/claude-sonnet-4.5", #"{"type":"text","text":"\#(long)"\#(mark)}"#)
            let read = usage(answer, "prompt_tokens_details", "cached_tokens")
            let written = usage(answer, "prompt_tokens_details", "cache_write_tokens")
            let plain = usage(answer, "prompt_tokens") - read - written
            let write: Int64 = number % 2 == 0 ? 3_750_000 : 6_000_000
            let words = usage(answer, "completion_tokens") * 15_000_000
            #expect(cost(answer) == plain * 3_000_000 + read * 300_000 + written * write + words)
            if read > 0 { seen.insert("read") }
            if written > 0 { seen.insert(number % 2 == 0 ? "written" : "written for an hour") }
        }
        #expect(seen == ["read", "written", "written for an hour"])
    }

    @Test func `thinking is part of the completion, at a price of its own where there is one`() {
        let plain = ask("qwen/byte-level", BillTests.text)
        let answer = ask("qwen/byte-level", BillTests.text, #","reasoning":{"max_tokens":5000}"#)
        let thought = usage(answer, "completion_tokens_details", "reasoning_tokens")
        #expect((1...5_000).contains(thought))
        #expect(
            usage(answer, "completion_tokens") == usage(plain, "completion_tokens") + thought)
        #expect(cost(answer) - cost(plain) == thought * 5_000_000)
        let none = ask("qwen/byte-level", BillTests.text, #","reasoning":{"effort":"none"}"#)
        #expect(cost(none) == cost(plain))
        let deaf = ask("openai/gpt-4o", BillTests.text, #","reasoning":{"max_tokens":5000}"#)
        #expect(usage(deaf, "completion_tokens_details", "reasoning_tokens") == 0)
    }

    @Test func `some makers count thinking within the limit, others on top of it`() {
        func most(_ model: String) -> Int64 {
            (0..<40).map { number in
                let text = #"{"type":"text","text":"Reply with 500 words, \#(number)"}"#
                let more = #","max_tokens":50,"reasoning":{"max_tokens":2000}"#
                return usage(ask(model, text, more), "completion_tokens")
            }.max() ?? 0
        }
        #expect(most("deepseek/deepseek-v4-pro") == 50)
        #expect((1_000...2_050).contains(most("anthropic/claude-sonnet-5")))
    }

    @Test func `tools make Claude's prompt longer than the body says`() {
        let tools = #","tools":[{"type":"function","function":{"name":"f"}}]"#
        let claude = usage(ask("anthropic/claude-sonnet-5", BillTests.text, tools), "prompt_tokens")
        let other = usage(ask("openai/gpt-4o", BillTests.text, tools), "prompt_tokens")
        #expect(claude == other + 346)
    }

    @Test func `a document is read for a fee for each page, by any model`() {
        let answer = ask("deepseek/deepseek-v4-pro", #"{"type":"file","file":{"name":"a.pdf"}}"#)
        let tokens =
            usage(answer, "prompt_tokens") * 435_000 + usage(answer, "completion_tokens") * 870_000
        let fee = cost(answer) - tokens
        #expect(fee % 2_000_000_000 == 0)
        #expect((2_000_000_000...100_000_000_000).contains(fee))
    }

    @Test func `a search with more than ten results costs more, and so does a deep one`() {
        func fee(_ wish: String) -> Int64 {
            let answer = ask("openai/gpt-4o", BillTests.text, #","plugins":[{"id":"web"\#(wish)}]"#)
            let words = usage(answer, "completion_tokens") * 10_000_000
            return cost(answer) - usage(answer, "prompt_tokens") * 2_500_000 - words
        }
        #expect(fee("") == 7_000_000_000)
        #expect(fee(#","engine":"exa","max_results":12"#) == 9_000_000_000)
        #expect(fee(#","engine":"exa","mode":"deep""#) == 15_000_000_000)
        #expect(fee(#","enabled":false"#) == 0)
    }

    @Test func `a discount comes off every price`() {
        let answer = ask("qwen/qwen3-vl-32b-instruct", BillTests.text)
        let full =
            usage(answer, "prompt_tokens") * 104_000 + usage(answer, "completion_tokens") * 416_000
        #expect(cost(answer) == full / 100 * 99)
    }

    @Test(
        arguments: [
            // The early model's pictures cost 0.007225 at OpenAI and 0.01 at Azure.
            ("openai/gpt-4o-2024-05-13", #"{"order":["azure"]}"#, "Azure"),
            (
                "openai/gpt-4o-2024-05-13", #"{"order":["azure"],"max_price":{"image":0.01}}"#,
                "Azure"
            ),
            (
                "openai/gpt-4o-2024-05-13", #"{"order":["azure"],"max_price":{"image":"0.008"}}"#,
                "OpenAI"
            ),
            ("openai/gpt-4o-2024-05-13", #"{"max_price":{"image":0.007}}"#, nil),
            ("perplexity/sonar", #"{"max_price":{"request":0.005}}"#, "Perplexity"),
            ("perplexity/sonar", #"{"max_price":{"request":0.004}}"#, nil),
            ("openai/gpt-audio", #"{"max_price":{"audio":0.000032}}"#, "OpenAI"),
            ("openai/gpt-audio", #"{"max_price":{"audio":0.000031}}"#, nil),
        ] as [(String, String, String?)])
    func `limits on prices of pictures, sound and calls choose the endpoint`(
        model: String, wish: String, provider: String?
    ) {
        let answer = ask(model, BillTests.text, #","provider":\#(wish)"#)
        #expect(answer.json["provider"]?.string == provider)
        if provider == nil { #expect(answer.status == 404) }
    }

    @Test func `a model refuses what it has no sense for`() {
        let answer = ask("deepseek/deepseek-v4-pro", image(1))
        #expect(answer.status == 404)
        #expect(answer.message == "No endpoints found that support image input")
    }
}
