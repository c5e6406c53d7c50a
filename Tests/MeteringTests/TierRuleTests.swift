import Metering
import OpenRouterWire
import Purser
import Testing

/// What each rule of a tier but that of models does to a call, alone and in shadow.
struct TierRuleTests: TierSuite {
    // What is bought beside text.

    @Test(arguments: [
        (#""plugins":[{"id":"web","engine":"exa"}]"#, Extra.webSearch),
        (#""plugins":[{"id":"file-parser"}]"#, .plugin),
        (#""tools":[{"type":"openrouter:web_search"}]"#, .serverTool),
        (#""modalities":["image"]"#, .mediaOutput), (#""service_tier":"priority""#, .serviceTier),
        (#""web_search_options":{}"#, .webSearch),
    ])
    func `what the tier leaves out of its extras is refused, ceiling or not`(
        fields: String, kind: Extra
    ) throws {
        let ceilings = Dictionary(
            uniqueKeysWithValues: Extra.allCases.map { ($0, USD(picodollars: 5)) })
        let closed = tier {
            $0.extras = [.image]
            $0.ceilings = ceilings
        }
        guard
            case .extraOutsideTier(_, kind, tier: "t", allowed: [.image]) = try #require(
                try refusal("\"model\":\"a/small\",\(fields)", closed))
        else { return #expect(Bool(false), "\(fields) is another extra") }
        let open = tier {
            $0.extras = [kind]
            $0.ceilings = ceilings
        }
        #expect(try refusal("\"model\":\"a/small\",\(fields)", open) == nil)
    }

    @Test(arguments: [("s/onar", Extra.webSearch), ("p/aint", .mediaOutput)])
    func `a model that buys extras by itself needs them allowed`(
        model: String, kind: Extra
    ) throws {
        let closed = tier { $0.extras = [] }
        #expect(try refusal("\"model\":\"\(model)\"", closed)?.rule == .extras)
        let fallback = try plan("\"model\":\"a/small\",\"models\":[\"\(model)\"]", closed)
        #expect(fallback.removedModels == [model])
    }

    // Providers.

    @Test(
        arguments: [
            (["openai"], [], nil, ["openai"]), (["openai", "azure"], [], ["Azure"], ["azure"]),
            (["azure"], [], ["azure/eu"], ["azure/eu"]),
            (["azure/eu"], [], ["azure"], ["azure/eu"]),
            (["openai"], [], ["azure"], nil), ([], ["azure"], ["azure/eu"], nil),
            ([], ["azure"], ["azure", "openai"], ["openai"]),
            (
                ["google-vertex"], [], ["Google Vertex"],
                ["google-vertex"]
            ),
        ] as [([String], [String], [String]?, [String]?)])
    func `providers are those of both, the tier's and the client's`(
        allowed: [String], denied: [String], wished: [String]?, expected: [String]?
    ) throws {
        let tier = tier {
            $0.providers = allowed
            $0.deniedProviders = denied
        }
        let only = wished.map { "{\"only\":\(JSON.array($0.map(JSON.string)).text)}" } ?? "{}"
        let fields = "\"model\":\"a/small\",\"provider\":\(only)"
        if let expected {
            let forwarding = try plan(fields, tier).forwarding
            #expect(forwarding.providersOnly == expected)
            #expect(forwarding.providersIgnored == denied)
        } else {
            #expect(try refusal(fields, tier)?.rule == .providers)
        }
    }

    @Test func `zero retention is asked of the upstream`() throws {
        let tier = tier { $0.requiresZeroRetention = true }
        #expect(try plan(#""model":"a/small""#, tier).forwarding.requiresZeroRetention)
    }

    // Thinking.

    @Test(arguments: [
        (#""reasoning":{"effort":"high"}"#, "a/small", true),
        (#""reasoning":{"effort":"low"}"#, "a/small", false),
        (#""reasoning_effort":"medium""#, "a/small", true),
        (#""reasoning":{"max_tokens":5000}"#, "a/small", true),
        (#""temperature":1"#, "a/small", false), (#""temperature":1"#, "t/hinker", true),
    ])
    func `more thinking than the tier allows is lowered`(
        fields: String, model: String, isLowered: Bool
    ) throws {
        let tier = tier { $0.effortMax = .low }
        let plan = try plan("\"model\":\"\(model)\",\"max_tokens\":4000,\(fields)", tier)
        #expect(plan.forwarding.effort == (isLowered ? .low : nil))
        #expect(plan.forwarding.thinkingTokensMax == (isLowered ? 800 : nil))
    }

    @Test(arguments: [
        #""output_config":{"effort":"minimal"}"#, #""verbosity":"high""#,
        #""reasoning_effort":"high""#, #""reasoning":{"max_tokens":2000}"#,
        #""thinking":{"type":"enabled","budget_tokens":2000}"#, #""include_reasoning":true"#,
        #""reasoning":{}"#, #""reasoning":{"exclude":true}"#,
        #""reasoning":{"enabled":false,"effort":"high"}"#,
    ])
    func `no place is left that asks for thinking where there shall be none`(
        field: String
    ) throws {
        let tier = tier { $0.effortMax = ReasoningEffort.none }
        let body = "{\"model\":\"a/small\",\(field),\"messages\":[{\"content\":\"hi\"}]}"
        let bytes = Array(body.utf8)
        let request = try ChatRequest.scan(bytes.span)
        let plan = try Admission.plan(
            request, caller: alice(tier), catalogue: catalogue, headroom: nil
        ).get()
        let forwarded = applied(request.edits(for: plan.forwarding), to: bytes)
        let again = try ChatRequest.scan(forwarded.span)
        #expect((again.effort ?? ReasoningEffort.none) == ReasoningEffort.none)
        #expect((again.thinkingTokens ?? 0) == 0)
        #expect(!String(decoding: forwarded, as: UTF8.self).contains("high"))
    }

    @Test(arguments: [
        (#""verbosity":"high""#, ReasoningEffort.minimal), (#""temperature":1"#, .minimal),
        (#""reasoning":{"exclude":true}"#, .medium),
    ])
    func `the bound knows of thinking that the gateway asks for`(
        field: String, most: ReasoningEffort
    ) throws {
        let tier = tier { $0.effortMax = most }
        let body = "{\"model\":\"t/hinker\",\"max_tokens\":5,\(field),\"messages\":[{}]}"
        let bytes = Array(body.utf8)
        let request = try ChatRequest.scan(bytes.span)
        let plan = try Admission.plan(
            request, caller: alice(tier), catalogue: catalogue, headroom: nil
        ).get()
        let forwarded = applied(request.edits(for: plan.forwarding), to: bytes)
        let again = try ChatRequest.scan(forwarded.span)
        #expect(again.effort == most)
        #expect(again.reasoningTokens == 1_024)
        // Each byte of the prompt may be a token at a dollar a million, each of output costs two.
        let prompt = USD(picodollars: Int64(bytes.count) * 1_000_000)
        #expect(plan.bound == prompt + USD(picodollars: (5 + 1_024) * 2_000_000))
    }

    @Test(
        arguments: [
            ("medium", .high, false), ("medium", .medium, false), ("medium", .low, true),
            (nil, .high, true),
        ] as [(String?, ReasoningEffort, Bool)])
    func `a tier never asks for more thinking than a model does by itself`(
        usual: String?, most: ReasoningEffort, isLowered: Bool
    ) throws {
        var row: JSONObject = JSONObject([
            ("id", "t/usual"), ("pricing", ["prompt": "0.000001", "completion": "0.000002"]),
            ("reasoning", ["mandatory": false, "default_enabled": true]),
        ])
        if let usual {
            row["reasoning"] = [
                "mandatory": false, "default_enabled": true, "default_effort": .string(usual),
            ]
        }
        let model = try #require(ListedModel(.object(row)))
        let bytes = Array(#"{"model":"t/usual","messages":[{"content":"hi"}]}"#.utf8)
        let plan = try Admission.plan(
            try ChatRequest.scan(bytes.span), caller: alice(tier { $0.effortMax = most }),
            catalogue: Catalogue([model]), headroom: nil
        ).get()
        #expect(plan.forwarding.effort == (isLowered ? most : nil))
    }

    // Time and name.

    @Test func `outside its hours a tier says when they begin`() throws {
        let tier = tier {
            $0.hours = OpeningHours("mon-fri 08:00-18:00", zone: .utc)
        }
        // A Friday and the Saturday after it.
        #expect(try refusal(#""model":"a/small""#, tier, at: "2026-11-20T08:00:00Z") == nil)
        #expect(
            try refusal(#""model":"a/small""#, tier, at: "2026-11-20T18:00:00Z")
                == .outsideHours(
                    try #require(tier.hours), opensAt: Timestamp("2026-11-23T08:00:00Z"),
                    tier: "t"))
    }

    @Test func `a tier may ask for the application's name`() throws {
        let tier = tier { $0.requiresAttribution = true }
        #expect(try refusal(#""model":"a/small""#, tier) == .attributionMissing(tier: "t"))
        #expect(try refusal(#""model":"a/small""#, tier, app: "editor") == nil)
    }

    @Test func `a call without a limit gets one that fits the tokens of a minute`() throws {
        let tier = tier { $0.rates.member.tokensPerMinute = 1_000 }
        let plan = try plan(#""model":"a/small""#, tier)
        #expect(plan.tokenEstimate <= 500 && plan.forwarding.outputTokensMax > 450)
        #expect(plan.isOutputLowered)
        var later = try inquiry(#""model":"a/small""#, tier)
        later.tokenRoom = 700
        let second = try Admission.plan(later).get()
        #expect(second.tokenEstimate <= 350 && second.forwarding.outputTokensMax > 300)
        later.tokenRoom = 10
        let last = try Admission.plan(later).get()
        #expect(last.forwarding.outputTokensMax == Admission.chosenOutputTokensMin)
        let named = try self.plan(#""model":"a/small","max_tokens":4000"#, tier)
        #expect(named.tokenEstimate > 4_000)
    }

    // Shadow.

    @Test(arguments: [
        (Rule.models, #""model":"a/large""#), (.price, #""model":"b/mid""#),
        (.extras, #""model":"a/small","modalities":["image"]"#),
        (.providers, #""model":"a/small","provider":{"only":["azure"]}"#),
        (.maxTokens, #""model":"a/small","max_tokens":500"#),
        (.effort, #""model":"a/small","reasoning":{"effort":"high"}"#),
        (.requestCost, #""model":"a/small","max_tokens":400"#),
        (.hours, #""model":"a/small""#), (.attribution, #""model":"a/small""#),
    ])
    func `a rule in shadow tells and changes nothing`(rule: Rule, fields: String) throws {
        var strict = tier {
            $0.ceilings = [.mediaOutput: .zero]
            switch rule {
            case .models: $0.models = ["a/small"].compactMap(ModelPattern.init)
            case .price: $0.promptPriceMax = UnitPrice("0.0000015")
            case .extras: $0.extras = []
            case .providers: $0.providers = ["openai"]
            case .maxTokens: $0.outputTokensMax = 100
            case .effort: $0.effortMax = .low
            case .requestCost: $0.requestCostMax = USD(picodollars: 1)
            case .hours: $0.hours = OpeningHours("00:00-00:01", zone: .utc)
            case .attribution: $0.requiresAttribution = true
            case .requestsPerMinute, .tokensPerMinute, .parallel: break
            }
        }
        let open = try plan(fields, tier { $0.ceilings = [.mediaOutput: .zero] })
        strict.shadowed = [rule]
        let shadowed = try plan(fields, strict)
        #expect(shadowed.shadows.map(\.rule) == [rule])
        #expect(shadowed.forwarding == open.forwarding && shadowed.bound == open.bound)
        #expect(shadowed.model == open.model && shadowed.downgradedFrom == nil)
        strict.shadowed = []
        let strictly = Admission.plan(try inquiry(fields, strict))
        if case .success(let plan) = strictly {
            #expect(plan.forwarding != open.forwarding && plan.shadows.isEmpty)
        }
    }

    @Test func `a downgrade in shadow is none`() throws {
        let tier = tier("a/small") {
            $0.otherwise = .downgrade
            $0.shadowed = [.models]
        }
        let plan = try plan(#""model":"a/large","models":["b/mid"]"#, tier)
        #expect(plan.model == "a/large" && plan.removedModels.isEmpty)
        #expect(plan.shadows.map(\.rule) == [.models])
    }

    // The way to a decision.

    @Test func `an explanation has a step for each thing that was looked at`() throws {
        let tier = tier("a/small") {
            $0.otherwise = .downgrade
            $0.hours = OpeningHours("00:00-23:59", zone: .utc)
        }
        let (result, trail) = Admission.explain(
            try inquiry(#""model":"a/large","models":["b/mid"]"#, tier))
        #expect(try result.get().model == "a/small")
        #expect(trail.steps.map(\.subject) == ["hours", "models", "models", "bound"])
        #expect(trail.steps.map(\.outcome) == [.passed, .changed, .changed, .passed])
    }

    @Test func `an explanation of a refusal ends with it`() throws {
        for fields in [#""model":"a/large""#, #""model":"x/y""#, #""model":"a/small","n":128"#] {
            let tier = tier("a/small") { $0.requestCostMax = USD(picodollars: 1) }
            let (result, trail) = Admission.explain(try inquiry(fields, tier))
            guard case .failure(let refusal) = result else {
                return #expect(Bool(false), "\(fields) passes")
            }
            #expect(trail.steps.last?.outcome == .refused)
            #expect(trail.steps.last?.words == refusal.sentence)
            #expect(trail.steps.filter { $0.outcome == .refused }.count == 1)
        }
    }
}
