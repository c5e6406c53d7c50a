import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct FaultTests {
    /// What a fault does to one answer, against an answer without it.
    struct Outcome: Equatable, CustomTestStringConvertible {
        var status = 200
        /// What is charged: all, a part, or nothing.
        var bill: Share
        var usageCount: Int
        var isDone: Bool
        var isCut = false
        /// What `GET /generation` says: a finish reason, `cancelled`, or nothing at all.
        var generation: String?

        enum Share { case all, part, none }

        var testDescription: String { "\(bill), \(usageCount) usages, \(generation ?? "-")" }
    }

    private func check(_ fault: String, streaming: Bool) throws -> Outcome {
        var sandbox = Sandbox()
        let more = streaming ? #""stream":true"# : ""
        _ = sandbox.chat("openai/gpt-4o", "Reply with 20 words", more)
        let full = sandbox.bill
        #expect(sandbox.fault(fault).status == 201)
        let answer = sandbox.chat("openai/gpt-4o", "Reply with 20 words", more)
        let charged = sandbox.bill - full
        #expect(sandbox.faults.isEmpty)
        #expect(answer.costs.count < 2 || Set(answer.costs).count == 1)
        if let cost = answer.costs.first, !answer.isCut { #expect(USD(cost) == charged) }

        var generation: JSON?
        if let id = answer.json["id"]?.string {
            generation =
                sandbox.send(
                    "GET", "/api/v1/generation?id=\(id)", key: sandbox.key
                ).json["data"]
            #expect(generation?["total_cost"]?.usd == charged)
        }
        let isCancelled = generation?["cancelled"]?.bool ?? false
        return Outcome(
            status: answer.status, bill: charged == full ? .all : charged > .zero ? .part : .none,
            usageCount: answer.costs.count, isDone: answer.text.hasSuffix("data: [DONE]\n\n"),
            isCut: answer.isCut,
            generation: isCancelled ? "cancelled" : generation?["finish_reason"]?.string)
    }

    @Test(arguments: [
        (
            #"{"kind":"status","status":429}"#,
            Outcome(
                status: 429, bill: .none, usageCount: 0, isDone: false)
        ),
        (#"{"kind":"error_in_200"}"#, Outcome(bill: .none, usageCount: 0, isDone: false)),
        (
            #"{"kind":"no_usage"}"#,
            Outcome(
                bill: .all, usageCount: 0, isDone: false, generation: "stop")
        ),
        (
            #"{"kind":"zero_usage"}"#,
            Outcome(
                bill: .none, usageCount: 1, isDone: false, generation: "stop")
        ),
        (
            #"{"kind":"cut"}"#,
            Outcome(
                bill: .all, usageCount: 1, isDone: false, isCut: true, generation: "stop")
        ),
        (
            #"{"kind":"finish_error"}"#,
            Outcome(
                bill: .none, usageCount: 1, isDone: false, generation: "error")
        ),
    ])
    func `each fault of a plain answer is billed as documented`(
        fault: String, outcome: Outcome
    ) throws {
        #expect(try check(fault, streaming: false) == outcome)
    }

    @Test(arguments: [
        (
            #"{"kind":"status","status":503}"#,
            Outcome(
                status: 503, bill: .none, usageCount: 0, isDone: false)
        ),
        (#"{"kind":"error_in_200"}"#, Outcome(bill: .none, usageCount: 0, isDone: false)),
        (
            #"{"kind":"no_usage"}"#,
            Outcome(
                bill: .all, usageCount: 0, isDone: true, generation: "stop")
        ),
        (
            #"{"kind":"zero_usage"}"#,
            Outcome(
                bill: .none, usageCount: 1, isDone: true, generation: "stop")
        ),
        (
            #"{"kind":"usage_twice"}"#,
            Outcome(
                bill: .all, usageCount: 2, isDone: true, generation: "stop")
        ),
        (
            #"{"kind":"error_first"}"#,
            Outcome(
                bill: .none, usageCount: 0, isDone: false, generation: "error")
        ),
        (
            #"{"kind":"error_mid","after_chunks":3}"#,
            Outcome(
                bill: .none, usageCount: 0, isDone: false, generation: "error")
        ),
        (
            #"{"kind":"cut","after_chunks":3}"#,
            Outcome(
                bill: .part, usageCount: 0, isDone: false, isCut: true, generation: "cancelled")
        ),
        (
            #"{"kind":"cut","after_chunks":9999}"#,
            Outcome(
                bill: .all, usageCount: 0, isDone: false, isCut: true, generation: "cancelled")
        ),
        (
            #"{"kind":"finish_error"}"#,
            Outcome(
                bill: .none, usageCount: 1, isDone: true, generation: "error")
        ),
    ])
    func `each fault of a stream is billed as documented`(
        fault: String, outcome: Outcome
    ) throws {
        #expect(try check(fault, streaming: true) == outcome)
    }

    @Test(arguments: ["repeat_finish", "empty_choices", "null_finish", "on_finish"])
    func `usage comes twice in every shape`(shape: String) {
        var sandbox = Sandbox()
        _ = sandbox.send("PUT", "/sandbox/settings", #"{"usage_shape":"\#(shape)"}"#)
        _ = sandbox.fault(#"{"kind":"usage_twice"}"#)
        #expect(sandbox.stream().costs.count == 2)
    }

    @Test func `a stream that fails on its way carries the error in its last chunk`() {
        var sandbox = Sandbox()
        _ = sandbox.fault(#"{"kind":"error_mid","status":429,"after_chunks":2}"#)
        let chunks = sandbox.stream().documents
        #expect(chunks.count == 3)
        #expect(chunks.last?["error"]?["code"] == 429)
        #expect(chunks.last?["choices"]?.array?.first?["finish_reason"] == "error")
    }

    @Test func `Retry-After comes with the status`() {
        var sandbox = Sandbox()
        _ = sandbox.fault(#"{"kind":"status","status":429,"retry_after":3}"#)
        let answer = sandbox.chat()
        #expect(answer.headers["retry-after"] == "3")
        #expect(answer.json["error"]?["code"] == 429)
        #expect(answer.json["error"]?["metadata"]?["provider_name"] == "OpenAI")
    }

    @Test func `a fault strikes as often as it says, on the models it says, oldest first`() {
        var sandbox = Sandbox()
        _ = sandbox.fault(#"{"kind":"status","status":500,"times":2}"#)
        _ = sandbox.fault(#"{"kind":"status","status":503,"model":"openai/gpt-4o"}"#)
        #expect(sandbox.chat("openai/gpt-4o").status == 500)
        #expect(sandbox.chat("openai/gpt-4o-mini").status == 500)
        #expect(sandbox.chat("openai/gpt-4o-mini").status == 200)
        #expect(sandbox.chat("openai/gpt-4o").status == 503)
        #expect(sandbox.chat("openai/gpt-4o").status == 200)
        #expect(sandbox.faults.isEmpty)
    }

    @Test func `a fault of streams waits for a stream`() {
        var sandbox = Sandbox()
        _ = sandbox.fault(#"{"kind":"error_first"}"#)
        #expect(sandbox.chat().costs.count == 1)
        #expect(sandbox.stream().costs.isEmpty)
    }

    @Test func `the next model answers when the first one fails`() {
        var sandbox = Sandbox()
        _ = sandbox.fault(#"{"kind":"status","status":502,"model":"openai/gpt-4o"}"#)
        let models = #""models":["openai/gpt-4o","deepseek/deepseek-v4-flash"]"#
        let answer = sandbox.chat("openai/gpt-4o", "hi", models)
        #expect(answer.status == 200)
        #expect(answer.json["model"] == "deepseek/deepseek-v4-flash")
        #expect(sandbox.modelsRun == ["deepseek/deepseek-v4-flash": 1])
    }

    @Test(arguments: [
        (#"{"kind":"nope"}"#, "nope"), (#"{"kind":"cut","status":500}"#, "status"),
        (#"{"kind":"no_usage","after_chunks":1}"#, "after_chunks"),
        (#"{"kind":"status"}"#, "status"), (#"{"kind":"status","status":200}"#, "status"),
        (#"{"kind":"status","status":500,"colour":1}"#, "colour"),
        (#"{"kind":"cut","times":0}"#, "times"), (#"{"kind":"cut","model":"x/y"}"#, "x/y"),
        (#"{"kind":"cut","after_chunks":-1}"#, "after_chunks"), (#"{}"#, "kind"), ("[]", "object"),
        ("{", "JSON"),
    ])
    func `a fault that makes no sense is refused by name`(body: String, word: String) {
        var sandbox = Sandbox()
        let answer = sandbox.fault(body)
        #expect(answer.status == 400)
        #expect(answer.message.contains(word))
        #expect(sandbox.faults.isEmpty)
    }
}
