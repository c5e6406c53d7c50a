import Metering
import OpenRouterWire
import Purser
import Testing

/// What each rule of a tier does to a call, alone and in shadow.
struct TierRuleTests {
    private let catalogue = Catalogue([
        row("a/large", prompt: "0.000003", completion: "0.000015"),
        row("a/small", prompt: "0.000001", completion: "0.000002"),
        row("a/small:free", slug: "a/small", prompt: "0", completion: "0"),
        row("b/mid", slug: "b/mid-2026", prompt: "0.000002", completion: "0.000004"),
        row("~a/latest", prompt: "0.000001", completion: "0.000002", alias: "a/small"),
        row("openrouter/auto", prompt: "0.000001", completion: "0.000002"),
        row("s/onar", prompt: "0.000001", completion: "0.000002", search: true),
        row("p/aint", prompt: "0.000001", completion: "0.000002", outputs: ["text", "image"]),
        row("t/hinker", prompt: "0.000001", completion: "0.000002", thinks: true),
    ])

    private static func row(
        _ id: String, slug: String? = nil, prompt: String, completion: String,
        alias: String? = nil, search: Bool = false, outputs: [String] = ["text"],
        thinks: Bool = false
    ) -> ListedModel {
        var pricing = JSONObject([
            ("prompt", .string(prompt)), ("completion", .string(completion)),
        ])
        if search { pricing["web_search"] = "0.005" }
        return ListedModel([
            "id": .string(id), "canonical_slug": .string(slug ?? id),
            "top_provider": ["max_completion_tokens": 8_000],
            "architecture": ["output_modalities": .array(outputs.map(JSON.string))],
            "supported_parameters": search ? ["web_search_options"] : [],
            "alias_target": alias.map { ["slug": .string($0)] } ?? nil,
            "reasoning": thinks ? ["mandatory": true, "default_enabled": true] : nil,
            "pricing": .object(pricing),
        ])!
    }

    private func tier(_ models: String..., change: (inout Tier) -> Void = { _ in }) -> Tier {
        var tier = Tier(id: ID(1), name: "t", models: models.compactMap(ModelPattern.init))
        change(&tier)
        return tier
    }

    private func inquiry(
        _ fields: String, _ tier: Tier, app: String = "", at: String = "2026-11-21T12:00:00Z"
    ) throws -> Admission.Inquiry {
        let bytes = Array("{\(fields),\"messages\":[{\"content\":\"hi\"}]}".utf8)
        return Admission.Inquiry(
            request: try ChatRequest.scan(bytes.span), caller: alice(tier), app: app,
            at: try #require(Timestamp(at)), catalogue: catalogue, headroom: nil)
    }

    private func plan(
        _ fields: String, _ tier: Tier, app: String = "", at: String = "2026-11-21T12:00:00Z"
    ) throws -> Admission.Plan {
        try Admission.plan(try inquiry(fields, tier, app: app, at: at)).get()
    }

    private func refusal(
        _ fields: String, _ tier: Tier, app: String = "", at: String = "2026-11-21T12:00:00Z"
    ) throws -> Refusal? {
        switch Admission.plan(try inquiry(fields, tier, app: app, at: at)) {
        case .success: nil
        case .failure(let refusal): refusal
        }
    }

    // Models.

    @Test func `a tier that names no model allows every one`() throws {
        #expect(try plan(#""model":"a/large""#, tier()).model == "a/large")
    }

    @Test(arguments: [
        (["a/*"], ["a/large"], "a/large", false), (["a/*"], ["a/large"], "a/small", true),
        (["*"], ["a/small"], "a/small:free", false), (["a/small"], [], "a/small:free", false),
        (["a/small:free"], [], "a/small", false), (["a/small:free"], [], "a/small:free", true),
        (["*"], ["b/mid-2026"], "b/mid", false), (["b/mid-2026"], [], "b/mid", true),
        (["B/Mid"], [], "b/mid", true), (["*"], ["B/*"], "b/mid", false),
        ([], ["a/*"], "a/small", false), ([], ["a/*"], "b/mid", true),
    ])
    func `deny wins, and takes variants along`(
        allowed: [String], denied: [String], model: String, mayRun: Bool
    ) throws {
        let tier = tier {
            $0.models = allowed.compactMap(ModelPattern.init)
            $0.deniedModels = denied.compactMap(ModelPattern.init)
        }
        #expect(try refusal("\"model\":\"\(model)\"", tier)?.rule == (mayRun ? nil : .models))
    }

    @Test(arguments: [
        (["*"], [], true), ([], [], true), (["openrouter/*"], [], false),
        (["openrouter/auto"], [], true), (["openrouter/auto"], ["a/large"], false),
        (["*"], ["a/large"], false), (["a/*"], [], false),
    ])
    func `I8 a router runs where every model may, or by its name where none is denied`(
        allowed: [String], denied: [String], mayRun: Bool
    ) throws {
        let tier = tier {
            $0.models = allowed.compactMap(ModelPattern.init)
            $0.deniedModels = denied.compactMap(ModelPattern.init)
        }
        let refusal = try refusal(#""model":"openrouter/auto""#, tier)
        #expect(refusal?.rule == (mayRun ? nil : .models))
    }

    @Test func `who may not use a model is told what is denied`() throws {
        let tier = tier {
            $0.models = ["a/*"].compactMap(ModelPattern.init)
            $0.deniedModels = ["a/large*"].compactMap(ModelPattern.init)
        }
        let words = try #require(try refusal(#""model":"a/large""#, tier)?.sentence)
        #expect(words.hasSuffix("Allowed: a/*, but not a/large*"))
        let dear = self.tier { $0.extras = [] }
        let router = try #require(try refusal(#""model":"openrouter/auto""#, dear)?.sentence)
        #expect(router.hasSuffix("Allowed: every model, but not routers"))
    }

    @Test func `I8 where something is left out, a router is too`() throws {
        for change: (inout Tier) -> Void in [
            { $0.extras = [.image] }, { $0.promptPriceMax = UnitPrice("1") },
            { $0.completionPriceMax = UnitPrice("1") },
        ] {
            let tier = tier("*", change: change)
            #expect(try refusal(#""model":"openrouter/auto""#, tier)?.rule == .models)
        }
    }

    @Test func `nobody names more models than can be looked at`() throws {
        let names = (0..<40).map { JSON.string("a/m\($0)") }
        let fields = "\"models\":\(JSON.array(names).text)"
        #expect(
            try refusal(fields, tier()) == .malformed("\"models\" names more than 32 models."))
    }

    @Test func `a downgrade goes where the tier says, else to the last that may run`() throws {
        let named = tier("a/small", "b/mid") {
            $0.otherwise = .downgrade
            $0.downgradeTo = "a/small"
        }
        #expect(try plan(#""model":"a/large""#, named).model == "a/small")
        let last = tier("a/small", "b/mid") { $0.otherwise = .downgrade }
        #expect(try plan(#""model":"a/large""#, last).model == "b/mid")
        let denied = tier("a/small", "b/mid", "gone/model") {
            $0.otherwise = .downgrade
            $0.deniedModels = ["b/*"].compactMap(ModelPattern.init)
        }
        #expect(try plan(#""model":"a/large""#, denied).model == "a/small")
        let none = tier("b/mid") {
            $0.otherwise = .downgrade
            $0.completionPriceMax = UnitPrice("0.000003")
        }
        #expect(try refusal(#""model":"a/large""#, none)?.rule == .models)
    }

    @Test func `I8 a downgrade to the newest of a family is judged as what it stands for`() throws {
        let open = tier("a/small", "~a/latest") { $0.otherwise = .downgrade }
        let plan = try plan(#""model":"b/mid""#, open)
        #expect(plan.model == "a/small" && plan.forwarding.model == "a/small")
        let denied = tier("b/*", "~a/*", "~a/latest") { $0.otherwise = .downgrade }
        #expect(try refusal(#""model":"a/large""#, denied)?.rule == .models)
    }

    @Test func `an alias is what it stands for, and obeys the same rules`() throws {
        let tier = tier("a/small") { $0.aliases = ["fast": "a/small", "big": "a/large"] }
        let plan = try plan(#""model":"fast""#, tier)
        #expect(plan.model == "a/small" && plan.alias == "fast" && plan.downgradedFrom == nil)
        #expect(plan.forwarding.model == "a/small" && plan.requestedModel == "a/small")
        #expect(try refusal(#""model":"big""#, tier)?.rule == .models)
        #expect(try refusal(#""model":"slow""#, tier) == .modelUnknown("slow"))
    }

    @Test func `the newest of a family runs as what it stands for now`() throws {
        let plan = try plan(#""model":"~a/latest""#, tier("a/small"))
        #expect(plan.model == "a/small" && plan.forwarding.model == "a/small")
        #expect(try refusal(#""model":"~a/latest""#, tier("b/*"))?.rule == .models)
    }

    @Test(arguments: ["nitro", "floor", "exacto", "floor:nitro"])
    func `an ending that only routes is judged by the model before it`(suffix: String) throws {
        let plan = try plan("\"model\":\"a/small:\(suffix)\"", tier("a/small"))
        #expect(plan.model == "a/small" && plan.forwarding.model == nil)
        #expect(try refusal("\"model\":\"a/large:\(suffix)\"", tier("a/small"))?.rule == .models)
    }

    @Test func `an ending that searches is a search`() throws {
        let none = tier("a/small") { $0.extras = [] }
        #expect(try refusal(#""model":"a/small:online""#, none)?.rule == .extras)
        let open = tier("a/small")
        #expect(
            try refusal(#""model":"a/small:online""#, open)
                == .extraNotAllowed("\":online\" in a/small:online", ceiling: .webSearch))
        let paid = tier("a/small") { $0.ceilings = [.webSearch: USD(picodollars: 9)] }
        let plain = try plan(#""model":"a/small""#, paid)
        let searching = try plan(#""model":"a/small:online""#, paid)
        #expect(searching.bound > plain.bound && searching.model == "a/small")
    }

    @Test func `a list without a model begins with the first that may run`() throws {
        let plan = try plan(#""models":["a/large","a/small"]"#, tier("a/small"))
        #expect(plan.model == "a/small" && plan.removedModels == ["a/large"])
        #expect(plan.forwarding.model == "a/small")
        #expect(plan.forwarding.models == ["a/small"])
        #expect(try refusal(#""models":["a/large"]"#, tier("a/small"))?.rule == .models)
    }

    @Test func `I8 a slug means the model itself, whatever variant comes first`() throws {
        let rows = [
            Self.row("a/small:free", slug: "a/small-2026", prompt: "0", completion: "0"),
            Self.row("a/small", slug: "a/small-2026", prompt: "0.1", completion: "0.2"),
            Self.row("c/only:free", slug: "c/only-2026", prompt: "0", completion: "0"),
            Self.row("d/one", slug: "d/both", prompt: "0", completion: "0"),
            Self.row("d/two", slug: "d/both", prompt: "0.1", completion: "0.2"),
        ]
        for rows in [rows, rows.reversed()] {
            let catalogue = Catalogue(rows)
            #expect(catalogue["a/small-2026"]?.id == "a/small")
            #expect(catalogue["c/only-2026"] == nil && catalogue["d/both"] == nil)
        }
    }

    @Test func `fall-backs are judged one by one and named when they go`() throws {
        let plan = try plan(
            #""model":"a/small","models":["b/mid","a/large","a/small:nitro"]"#,
            tier("a/small", "b/*"))
        #expect(plan.removedModels == ["a/large"])
        #expect(plan.forwarding.models == ["b/mid", "a/small:nitro"])
    }

    // Money.

    @Test func `a model dearer than the tier allows is like one that is not allowed`() throws {
        let tier = tier("*") { $0.completionPriceMax = UnitPrice("0.000004") }
        #expect(try refusal(#""model":"a/large""#, tier)?.rule == .price)
        #expect(try refusal(#""model":"b/mid""#, tier) == nil)
        let plan = try plan(#""model":"b/mid","models":["a/large"]"#, tier)
        #expect(plan.removedModels == ["a/large"])
        let prompt = self.tier("*") { $0.promptPriceMax = UnitPrice("0.000001") }
        #expect(try refusal(#""model":"b/mid""#, prompt)?.rule == .price)
    }

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
