import OpenRouterWire
import Purser
import Testing

/// How much a body asks a model to think, and how that is lowered.
struct ThinkingTests {
    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#

    private func scanning(_ fields: String) throws -> ChatRequest {
        try ChatRequest.scan(Array("{\(fields),\(ThinkingTests.messages)}".utf8).span)
    }

    @Test(
        arguments: [
            (#""n":1"#, nil), (#""reasoning":null"#, nil), (#""reasoning":{}"#, .medium),
            (#""reasoning":{"effort":null}"#, .medium), (#""reasoning":{"effort":"low"}"#, .low),
            (#""reasoning":{"enabled":true}"#, .medium), (#""reasoning":{"max_tokens":9}"#, nil),
            (#""reasoning":{"enabled":true,"max_tokens":9}"#, nil),
            (#""reasoning":{"enabled":false,"effort":"high"}"#, ReasoningEffort.none),
            (#""reasoning":{"enabled":false},"reasoning_effort":"max""#, .max),
            (#""reasoning":{"effort":"low"},"reasoning_effort":"xhigh""#, .xhigh),
            (#""reasoning":{"effort":"high"},"reasoning_effort":"low""#, .high),
            (#""reasoning":{"Effort":"high"}"#, .medium), (#""include_reasoning":true"#, .medium),
            (#""include_reasoning":false"#, nil), (#""verbosity":"high""#, .high),
            (#""thinking":{"type":"enabled"}"#, .high), (#""thinking":{"type":"adaptive"}"#, .high),
            (#""thinking":{"type":"disabled"}"#, ReasoningEffort.none),
            (#""thinking":{"type":"enabled","budget_tokens":5}"#, nil),
            (#""output_config":{"effort":"max"}"#, .max),
            (#""output_config":{"Effort":"max"}"#, nil),
        ] as [(String, ReasoningEffort?)])
    func `the most thinking that any place asks for counts`(
        fields: String, effort: ReasoningEffort?
    ) throws {
        #expect(try scanning(fields).effort == effort)
    }

    @Test(
        arguments: [
            (#""reasoning":{"effort":"low"}"#, nil), (#""reasoning":{"max_tokens":0}"#, nil),
            (#""reasoning":{"max_tokens":9}"#, 9), (#""thinking":{"budget_tokens":7}"#, 7),
            (#""reasoning":{"max_tokens":9},"thinking":{"budget_tokens":11}"#, 11),
            (#""reasoning":{"max_tokens":12},"thinking":{"budget_tokens":11}"#, 12),
        ] as [(String, Int64?)])
    func `the largest budget that any place gives counts`(fields: String, tokens: Int64?) throws {
        #expect(try scanning(fields).thinkingTokens == tokens)
    }

    @Test(arguments: ["-0", "-0.0", "0.0", "7.0", "1e1", "-1", "1.5", "\"5\"", "9e99"])
    func `a budget is a whole number and not below zero, however it is written`(text: String) {
        #expect(throws: ChatRequest.Fault.self) {
            try scanning("\"thinking\":{\"budget_tokens\":\(text)}")
        }
        #expect(throws: ChatRequest.Fault.self) {
            try scanning("\"reasoning\":{\"max_tokens\":\(text)}")
        }
    }

    private func lowered(
        _ fields: String, _ effort: ReasoningEffort?, tokens: Int64? = nil, writes: Bool = false
    ) throws -> JSON {
        var forwarding = Forwarding(outputTokensMax: 64, prices: PriceLimits(), user: "alice")
        forwarding.effort = effort
        forwarding.thinkingTokensMax = tokens
        forwarding.writesEffort = writes
        let body = Array("{\(fields),\(ThinkingTests.messages)}".utf8)
        var result: [UInt8] = []
        var position = 0
        for edit in try ChatRequest.scan(body.span).edits(for: forwarding) {
            result += body[position..<edit.range.lowerBound]
            result += Array(edit.text.utf8)
            position = edit.range.upperBound
        }
        var json = try #require(
            try JSON.parse(result + body[position...], duplicates: .refused).object)
        for name in ["messages", "max_tokens", "user"] { json[name] = nil }
        // What is forwarded asks for no more, as the next reader sees it.
        let again = try ChatRequest.scan(Array(result + body[position...]).span)
        if let effort, let asked = again.effort {
            let isLeast = again.effort == .low && effort < .low
            #expect(asked <= effort || isLeast, "\(fields)")
        }
        if let tokens { #expect(again.thinkingTokens ?? 0 <= tokens, "\(fields)") }
        return .object(json)
    }

    @Test(
        arguments: [
            (
                #""reasoning":{"effort":"high","exclude":true}"#, .low,
                ["reasoning": ["effort": "low", "exclude": true]]
            ),
            (#""reasoning":{"effort":"low"}"#, .high, ["reasoning": ["effort": "low"]]),
            (
                #""reasoning":{"effort":"high","mode":"pro"}"#, .high,
                ["reasoning": ["effort": "high"]]
            ),
            (
                #""reasoning":{"enabled":true}"#, .low,
                ["reasoning": ["enabled": true, "effort": "low"]]
            ),
            (#""reasoning":{"enabled":true}"#, .medium, ["reasoning": ["enabled": true]]),
            (
                #""reasoning":{"enabled":true,"max_tokens":5}"#, ReasoningEffort.none,
                ["reasoning": ["effort": "none"]]
            ),
            (#""reasoning":{"enabled":false}"#, .low, ["reasoning": ["enabled": false]]),
            (#""reasoning_effort":"max""#, .minimal, ["reasoning_effort": "minimal"]),
            (#""verbosity":"high""#, .minimal, [:]),
            (
                #""output_config":{"effort":"max","format":{}}"#, .medium,
                ["output_config": ["effort": "medium", "format": [:]]]
            ),
            (#""thinking":{"type":"adaptive"}"#, .low, ["reasoning": ["effort": "low"]]),
            (#""thinking":{"type":"adaptive"}"#, .high, ["thinking": ["type": "adaptive"]]),
            (
                #""thinking":{"type":"enabled","budget_tokens":9}"#, ReasoningEffort.none,
                ["thinking": ["type": "disabled"]]
            ),
            (
                #""thinking":{"type":"adaptive"},"reasoning":{"effort":"max"}"#, .low,
                ["reasoning": ["effort": "low"]]
            ),
            (#""include_reasoning":true"#, .low, ["reasoning": ["effort": "low"]]),
            (#""include_reasoning":true"#, .medium, ["include_reasoning": true]),
            (
                #""reasoning":{"effort":"high","Effort":"max"},"verbosity":"low""#, nil,
                ["reasoning": ["effort": "high"], "verbosity": "low"]
            ),
        ] as [(String, ReasoningEffort?, JSON)])
    func `every place that asks for more is lowered`(
        fields: String, effort: ReasoningEffort?, result: JSON
    ) throws {
        let json = try lowered(fields, effort)
        let sorted = json.object?.members.sorted { $0.name < $1.name }.map { ($0.name, $0.value) }
        #expect(JSON.object(JSONObject(sorted ?? [])) == result)
    }

    @Test(
        arguments: [
            (#""reasoning":{"max_tokens":0}"#, ["reasoning": ["effort": "none"]]),
            (#""reasoning":{"enabled":true,"max_tokens":0}"#, ["reasoning": ["effort": "none"]]),
            (#""reasoning":{"effort":"low","max_tokens":0}"#, ["reasoning": ["effort": "low"]]),
            (
                #""thinking":{"type":"enabled","budget_tokens":0}"#,
                ["thinking": ["type": "disabled"]]
            ),
        ] as [(String, JSON)])
    func `a budget of nothing is written as no thinking`(fields: String, result: JSON) throws {
        #expect(try lowered(fields, nil) == result)
        #expect(try lowered(fields, .low) == result)
    }

    @Test func `a budget that is lowered to nothing leaves the effort that is allowed`() throws {
        #expect(
            try lowered(#""reasoning":{"max_tokens":2780}"#, .low, tokens: 0)
                == ["reasoning": ["effort": "low"]])
    }

    @Test func `budgets in tokens are lowered, and one of none is no thinking`() throws {
        let fields =
            #""reasoning":{"max_tokens":9000},"thinking":{"type":"enabled","budget_tokens":8000}"#
        #expect(
            try lowered(fields, nil, tokens: 2_000) == [
                "reasoning": ["max_tokens": 2_000],
                "thinking": ["type": "enabled", "budget_tokens": 2_000],
            ])
        #expect(
            try lowered(fields, nil, tokens: 0)
                == ["reasoning": ["effort": "none"], "thinking": ["type": "disabled"]])
        #expect(
            try lowered(#""reasoning":{"max_tokens":9}"#, nil, tokens: 10)
                == ["reasoning": ["max_tokens": 9]])
    }

    @Test(
        arguments: [
            (#""n":1"#, ["reasoning": ["effort": "low"], "n": 1]),
            (#""reasoning":null"#, ["reasoning": ["effort": "low"]]),
            (#""reasoning":{"exclude":true}"#, ["reasoning": ["exclude": true, "effort": "low"]]),
            (#""reasoning":{"effort":"minimal"}"#, ["reasoning": ["effort": "minimal"]]),
            (#""reasoning":{"enabled":false}"#, ["reasoning": ["enabled": false]]),
            (#""reasoning":{"max_tokens":9}"#, ["reasoning": ["max_tokens": 9]]),
            (#""reasoning_effort":"none""#, ["reasoning_effort": "none"]),
        ] as [(String, JSON)])
    func `an effort is written where nothing names one`(fields: String, result: JSON) throws {
        #expect(try lowered(fields, .low, writes: true) == result)
    }
}
