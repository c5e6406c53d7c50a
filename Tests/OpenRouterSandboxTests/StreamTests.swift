import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct StreamTests {
    private static let claude = "anthropic/claude-sonnet-4.6"

    /// A stream as a row of words: what each event is.
    private func outline(_ exchange: Exchange) -> [String] {
        exchange.text.split(separator: "\n").map { line in
            guard line.hasPrefix("data: {") else { return String(line) }
            let chunk = parsed(String(line.dropFirst(6)))
            let choices = (chunk["choices"]?.array ?? []).map { choice in
                let content = choice["delta"]?["content"]?.string ?? "-"
                return "\(content)/\(choice["finish_reason"]?.string ?? "null")"
            }
            return "[\(choices.joined(separator: " "))]" + (chunk["usage"] == nil ? "" : "+usage")
        }
    }

    @Test(arguments: [
        ("repeat_finish", ["[/stop]", "[/stop]+usage"]),
        ("empty_choices", ["[/stop]", "[]+usage"]),
        ("null_finish", ["[/stop]", "[/null]+usage"]),
        ("on_finish", ["[/stop]+usage"]),
    ])
    func `usage comes in each of the shapes that OpenRouter has`(shape: String, end: [String]) {
        var sandbox = Sandbox()
        _ = sandbox.send("PUT", "/sandbox/settings", #"{"usage_shape":"\#(shape)"}"#)
        let comment = ": OPENROUTER PROCESSING"
        let lines = outline(sandbox.stream(Self.claude, "Reply with 2 words"))
        #expect(lines.count == 2 + 1 + 1 + 1 + end.count + 1)
        #expect([0, 1, 3].allSatisfy { lines[$0] == comment })
        #expect([2, 4].allSatisfy { lines[$0].hasSuffix("/null]") && !lines[$0].hasPrefix("[/") })
        #expect(Array(lines.dropFirst(5)) == end + ["data: [DONE]"])
    }

    @Test func `comments can be turned off`() {
        var sandbox = Sandbox { $0.hasComments = false }
        #expect(!sandbox.stream().text.contains(": OPENROUTER"))
    }

    @Test func `a stream says what the plain answer says`() {
        var sandbox = Sandbox()
        let plain = sandbox.chat(Self.claude, "Reply with 30 words")
        let stream = sandbox.stream(Self.claude, "Reply with 30 words")
        #expect(stream.content == plain.content)
        #expect(stream.documents.last?["usage"] == plain.json["usage"])
        #expect(stream.costs == plain.costs)
    }

    @Test func `every chunk has what clients insist on`() {
        var sandbox = Sandbox()
        let chunks = sandbox.stream(Self.claude, "Reply with 5 words").documents
        #expect(chunks.count == 7)
        for chunk in chunks {
            #expect(chunk["object"] == "chat.completion.chunk")
            #expect(chunk["id"]?.string?.hasPrefix("gen-1795262400-") == true)
            #expect(chunk["created"]?.integer == noon.seconds)
            #expect(chunk["model"] == "anthropic/claude-4.6-sonnet-20260217")
            #expect(chunk["provider"] == "Anthropic")
            #expect(chunk["system_fingerprint"] == .null)
            for choice in chunk["choices"]?.array ?? [] {
                #expect(choice["index"] == 0)
                #expect(choice["delta"]?["content"] != nil)
                #expect(choice["finish_reason"] != nil)
                #expect(choice["native_finish_reason"] != nil)
            }
        }
        #expect(
            chunks.last?["choices"]?.array?.first?["native_finish_reason"] == "end_turn")
    }

    @Test func `a slow model is heard of every second`() {
        var sandbox = Sandbox {
            $0.latency = .milliseconds(2_500)
            $0.chunkInterval = .milliseconds(40)
        }
        let request = SandboxRequest(
            "POST", "/api/v1/chat/completions",
            headers: ["authorization": "bearer \(sandbox.key)"],
            body: Array(
                #"{"stream":true,"messages":[{"role":"user","content":"in 2 words"}]}"#.utf8))
        guard case .run(let run) = sandbox.answer(request, now: noon) else {
            Issue.record("no run")
            return
        }
        let steps = StreamScript(run).steps.prefix(9)
        let comment = StreamScript.Step.send(": OPENROUTER PROCESSING\n\n", sent: 0)
        #expect(
            steps.prefix(7) == [
                comment, comment, .pause(.seconds(1)), comment, .pause(.seconds(1)), comment,
                .pause(.milliseconds(500)),
            ])
        #expect(steps.dropFirst(7).first == .pause(.milliseconds(40)))
    }

    @Test(arguments: [
        // supporting providers bill what was sent, the others everything
        ("openai/gpt-4o-mini", 4, false), ("anthropic/claude-haiku-4.5", 4, false),
        ("google/gemini-3.1-flash-lite-preview", 4, true), ("qwen/qwen3.5-27b", 1, true),
    ])
    func `leaving in the middle bills what the provider charges for`(
        model: String, pieces: Int, isBilledInFull: Bool
    ) throws {
        var sandbox = Sandbox()
        let whole = sandbox.chat(model, "Reply with 50 words")
        let fullPrice = sandbox.bill
        let left = sandbox.stream(model, "Reply with 50 words", leavingAfter: pieces)
        let charged = sandbox.bill - fullPrice
        #expect(left.costs.isEmpty)
        #expect(isBilledInFull ? charged == fullPrice : charged < fullPrice && charged > .zero)

        let id = try #require(left.json["id"]?.string)
        let generation = sandbox.send(
            "GET", "/api/v1/generation?id=\(id)", key: sandbox.key
        ).json["data"]
        #expect(generation?["cancelled"] == true)
        #expect(generation?["finish_reason"] == .null)
        #expect(generation?["total_cost"]?.usd == charged)
        let tokens = Tokens.count(left.content)
        let full = whole.json["usage"]?["completion_tokens"]?.integer
        #expect(
            generation?["native_tokens_completion"]?.integer == (isBilledInFull ? full : tokens))
    }

    @Test func `leaving before the first token is free where leaving stops the work`() {
        var sandbox = Sandbox()
        _ = sandbox.stream("openai/gpt-4o", leavingAfter: 0)
        #expect(sandbox.bill == .zero)
        _ = sandbox.stream("qwen/qwen3.5-27b", leavingAfter: 0)
        #expect(sandbox.bill > .zero)
    }

    @Test func `an ending counts once`() {
        var sandbox = Sandbox()
        let request = SandboxRequest(
            "POST", "/api/v1/chat/completions",
            headers: ["authorization": "Bearer \(sandbox.key)"],
            body: Array(#"{"messages":[{"role":"user","content":"hi"}]}"#.utf8))
        guard case .run(let run) = sandbox.answer(request, now: noon) else {
            Issue.record("no run")
            return
        }
        #expect(sandbox.bill == .zero)
        sandbox.settle(run, .complete, now: noon)
        let once = sandbox.bill
        #expect(once > .zero)
        sandbox.settle(run, .complete, now: noon)
        sandbox.settle(run, .left(sent: 1), now: noon)
        #expect(sandbox.bill == once)
    }
}
