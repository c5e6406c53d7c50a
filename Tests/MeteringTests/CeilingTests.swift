import OpenRouterWire
import Purser
import Testing

@testable import Metering

/// What a call brings beside text: what bounds it, and what a tier's ceilings change.
struct CeilingTests {
    private let catalogue = Catalogue([
        row("a/see", context: 1_000, #""image":"0.01","image_token":"0.000003""#),
        row("a/hear", context: 2_000, #""audio":"0.00001","input_cache_write":"0.000002""#),
        row("a/vague", context: nil, #""image":"0""#),
        row("a/odd", context: 1_000, #""image":"-1""#),
        row("a/paint", context: 1_000, #""request":"0.5""#, outputs: #"["text","image"]"#),
        row("a/sonar", context: 1_000, #""web_search":"0.005""#, more: "web_search_options"),
        row("a/deep-research", context: 1_000, #""web_search":"0.01""#),
        ListedModel(["id": "a/unpriced", "pricing": ["prompt": "-1", "completion": "-1"]])!,
        ListedModel(["id": "openrouter/auto", "pricing": ["prompt": "-1", "completion": "-1"]])!,
    ])

    /// A model with one dollar for a million tokens of prompt and two for the answer.
    private static func row(
        _ id: String, context: Int64?, _ prices: String, outputs: String = #"["text"]"#,
        more: String = "tools"
    ) -> ListedModel {
        let text = """
            {"id":"\(id)","context_length":\(context.map(String.init) ?? "null"),
             "architecture":{"output_modalities":\(outputs)},"supported_parameters":["\(more)"],
             "top_provider":{"max_completion_tokens":10000},
             "pricing":{"prompt":"0.000001","completion":"0.000002",\(prices)}}
            """
        do {
            return ListedModel(try JSON.parse(text))!
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func tier(
        _ ceilings: [Extra: USD] = [:], clamps: Bool = false, cost: USD? = nil
    ) -> Tier {
        Tier(
            id: ID(1), name: "t", models: [ModelPattern("*")!], requestCostMax: cost,
            clampsOutput: clamps, ceilings: ceilings)
    }

    private func body(_ fields: String, _ parts: String) -> String {
        #"{\#(fields),"max_tokens":100,"messages":[{"role":"user","content":[\#(parts)]}]}"#
    }

    private func plan(
        _ fields: String, _ parts: String = #"{"type":"text","text":"hi"}"#, _ tier: Tier? = nil,
        headroom: USD? = nil
    ) throws -> Result<Admission.Plan, Refusal> {
        let bytes = Array(body(fields, parts).utf8)
        return Admission.plan(
            try ChatRequest.scan(bytes.span), caller: alice(tier), catalogue: catalogue,
            headroom: headroom)
    }

    private func refusal(
        _ fields: String, _ parts: String = #"{"type":"text","text":"hi"}"#, _ tier: Tier? = nil
    ) throws -> Refusal? {
        if case .failure(let refusal) = try plan(fields, parts, tier) { refusal } else { nil }
    }

    private static let image = #"{"type":"image_url","image_url":{"url":"https://x/y.png"}}"#
    private static let audio = #"{"type":"input_audio","input_audio":{"data":"AA"}}"#
    private static let file = #"{"type":"file","file":{"filename":"a.pdf"}}"#

    /// A hundred tokens of answer at two dollars a million.
    private let answer = USD(picodollars: 200_000_000)
    private let cent = USD(picodollars: 10_000_000_000)

    @Test func `pictures fill the context at the dearest price and cost their own each`() throws {
        let plan = try plan(
            #""model":"a/see""#, "\(CeilingTests.image),\(CeilingTests.image)"
        ).get()
        #expect(plan.bound == USD(picodollars: 3_000_000_000) + cent + cent + answer)
        #expect(plan.forwarding.prices.image == UnitPrice("0.01"))
        #expect(plan.forwarding.prices.audio == nil)
        #expect(plan.forwarding.prices.prompt == UnitPrice("0.000001"))
    }

    @Test func `sound has its own price, and the upstream is held to it`() throws {
        let plan = try plan(#""model":"a/hear""#, CeilingTests.audio).get()
        #expect(plan.bound == USD(picodollars: 20_000_000_000) + answer)
        #expect(plan.forwarding.prices.audio == UnitPrice("0.00001"))
        #expect(plan.forwarding.prices.image == nil)
    }

    @Test func `the largest context and the dearest price of all candidates count`() throws {
        let plan = try plan(
            #""model":"a/see","models":["a/hear"]"#, CeilingTests.image
        ).get()
        #expect(plan.bound == USD(picodollars: 20_000_000_000) + cent + answer)
    }

    @Test func `text alone is bounded by its bytes, and never by more than the context`() throws {
        let bytes = Int64(body(#""model":"a/hear""#, #"{"type":"text","text":"hi"}"#).utf8.count)
        let short = try plan(#""model":"a/hear""#).get()
        #expect(short.bound == USD(picodollars: bytes * 2_000_000) + answer)
        let long = String(repeating: "x", count: 5_000)
        let full = try plan(#""model":"a/hear""#, #"{"type":"text","text":"\#(long)"}"#).get()
        #expect(full.bound == USD(picodollars: 2_000 * 2_000_000) + answer)
    }

    @Test func `tools add the words with which a provider explains them`() throws {
        let tools = #""model":"a/vague","tools":[{"type":"function","function":{"name":"f"}}]"#
        let bytes = Int64(body(tools, #"{"type":"text","text":"hi"}"#).utf8.count)
        let plan = try plan(tools).get()
        let tokens = bytes + CostBound.instructionTokens
        #expect(plan.bound == USD(picodollars: tokens * 1_000_000) + answer)
    }

    @Test func `a tier's ceiling takes the place of the context where it is less`() throws {
        let fields = #""model":"a/see""#
        let text = Int64(body(fields, CeilingTests.image).utf8.count) * 1_000_000
        let less = try plan(fields, CeilingTests.image, tier([.image: USD("0.001")!])).get()
        #expect(less.bound == USD(picodollars: text + 1_000_000_000) + answer)
        let more = try plan(fields, CeilingTests.image, tier([.image: .dollars(1)])).get()
        #expect(more.bound == USD(picodollars: 3_000_000_000) + cent + answer)
    }

    @Test(arguments: ["a/vague", "a/odd"])
    func `pictures without a context or a readable price need a ceiling`(model: String) throws {
        let fields = #""model":"\#(model)""#
        #expect(
            try refusal(fields, CeilingTests.image, tier())
                == .extraNotAllowed("A content part of type \"image_url\"", ceiling: .image))
        let text = Int64(body(fields, CeilingTests.image).utf8.count) * 1_000_000
        let plan = try plan(fields, CeilingTests.image, tier([.image: cent])).get()
        #expect(plan.bound == USD(picodollars: text) + cent + answer)
        #expect(try self.plan(fields).get().bound > .zero, "text alone needs none")
    }

    @Test func `a ceiling is for one, and as many count as there are`() throws {
        let fields = #""model":"a/see","n":3,"plugins":[{"id":"moderation"}]"#
        let files = "\(CeilingTests.file),\(CeilingTests.file)"
        let text = Int64(body(fields, files).utf8.count) * 1_000_000
        let plan = try plan(fields, files, tier([.file: .dollars(1), .plugin: .dollars(5)])).get()
        #expect(plan.bound == USD(picodollars: text + 600_000_000) + .dollars(7))
    }

    @Test(arguments: [
        (#""plugins":[{"id":"response-healing"}]"#, Extra.plugin),
        (#""plugins":[{"id":"web"}]"#, .webSearch), (#""web_search_options":{}"#, .webSearch),
        (#""plugins":[{"id":"web","engine":"exa"},{"id":"web","engine":"exa"}]"#, .webSearch),
        (#""plugins":[{"id":"web","engine":"exa","max_results":"9"}]"#, .webSearch),
        (#""tools":[{"type":"openrouter:web_search"}]"#, .serverTool),
        (#""tools":[{"type":"web_search_preview"}]"#, .serverTool),
        (#""modalities":["image","text"]"#, .mediaOutput),
        (#""audio":{"voice":"x"}"#, .mediaOutput),
        (#""service_tier":"priority""#, .serviceTier),
    ])
    func `what has no bound is refused by its name, unless the tier has a ceiling`(
        field: String, kind: Extra
    ) throws {
        let fields = #""model":"a/see",\#(field)"#
        guard case .extraNotAllowed(_, kind) = try refusal(fields, tierless) else {
            Issue.record("\(String(describing: try refusal(fields)))")
            return
        }
        #expect(try refusal(fields, tierless, tier()) != nil)
        #expect(try plan(fields, tierless, tier([kind: .dollars(2)])).get().bound > .dollars(2))
    }

    private let tierless = #"{"type":"text","text":"hi"}"#

    @Test(arguments: [
        #""plugins":[{"id":"fusion"}]"#, #""plugins":[{"id":"auto-router"}]"#,
        #""plugins":[{"id":"pareto-router"}]"#, #""plugins":[{"id":"of-tomorrow"}]"#,
        #""plugins":[{"id":"moderation","model":"x/y"}]"#, #""plugins":[{}]"#,
        #""tools":[{"type":"openrouter:subagent"}]"#, #""tools":[{"type":"openrouter:fusion"}]"#,
        "\"tools\":[{\"type\":\"\u{200D}openrouter:advisor\"}]",
        #""tools":[{"type":" openrouter:advisor"}]"#,
        #""tools":[{"type":"openrouter:advisor"}]"#, #""tools":[{"type":"image_generation"}]"#,
        #""tools":[{"type":"openrouter:image_generation"}]"#,
        #""tools":[{"type":"openrouter:of_tomorrow"}]"#,
        #""tools":[{"type":"openrouter:web_search","parameters":{"x":[{"Model":"x/y"}]}}]"#,
        #""tools":[{"type":"web_search_preview","parameters":{"modeｌ":"x/y"}}]"#,
        #""preset":"p""#, #""fallbacks":[{"model":"x/y"}]"#, #""model":"openrouter/auto""#,
    ])
    func `what lets other models run is refused, whatever the tier says`(field: String) throws {
        let all = Dictionary(uniqueKeysWithValues: Extra.allCases.map { ($0, cent) })
        let fields = field.contains("openrouter/auto") ? field : #""model":"a/see",\#(field)"#
        guard case .extraNotAllowed(_, nil) = try refusal(fields, tierless, tier(all)) else {
            Issue.record("\(String(describing: try refusal(fields, tierless, tier(all))))")
            return
        }
    }

    @Test(arguments: [
        ("", 7_000_000_000), (#","max_results":10"#, 7_000_000_000),
        (#","max_results":12"#, 9_000_000_000), (#","mode":"deep""#, 15_000_000_000),
    ])
    func `a search by the engine with a known price costs its fee and fills the context`(
        wish: String, fee: Int64
    ) throws {
        let plan = try plan(#""model":"a/see","plugins":[{"id":"web","engine":"exa"\#(wish)}]"#)
            .get()
        #expect(plan.bound == USD(picodollars: 1_000_000_000 + fee) + answer)
    }

    @Test func `a model that always searches costs its search, one that goes on is refused`() throws
    {
        let plan = try plan(#""model":"a/sonar""#).get()
        #expect(plan.bound == USD(picodollars: 1_000_000_000 + 5_000_000_000) + answer)
        guard case .extraNotAllowed(_, .webSearch) = try refusal(#""model":"a/deep-research""#)
        else {
            Issue.record("research has no bound")
            return
        }
    }

    @Test func `a model that paints costs a ceiling for each answer`() throws {
        let fields = #""model":"a/paint","n":2"#
        guard case .extraNotAllowed(_, .mediaOutput) = try refusal(fields) else {
            Issue.record("pictures have no bound")
            return
        }
        let plan = try plan(fields, tierless, tier([.mediaOutput: .dollars(1)])).get()
        let text = Int64(body(fields, tierless).utf8.count) * 1_000_000
        #expect(
            plan.bound == USD(picodollars: text + 500_000_000_000) + answer + answer + .dollars(2))
        #expect(plan.forwarding.prices.request == UnitPrice("0.5"))
    }

    @Test func `a model without prices costs the ceiling for the call, and no price is sent`()
        throws
    {
        #expect(
            try refusal(#""model":"a/unpriced""#, tierless, tier()) == .priceUnknown("a/unpriced"))
        let ceiling = tier([.unknownPrice: .dollars(3)])
        let plan = try plan(#""model":"a/unpriced""#, tierless, ceiling).get()
        #expect(plan.bound == .dollars(3))
        #expect(plan.forwarding.prices == PriceLimits())
        let mixed = try self.plan(
            #""model":"a/see","models":["a/unpriced"]"#, tierless, ceiling
        ).get()
        #expect(mixed.bound == .dollars(3))
        #expect(mixed.forwarding.prices.prompt == UnitPrice("0.000001"))
    }

    @Test func `a dear service tier is not held to the listed prices`() throws {
        let plan = try plan(
            #""model":"a/see","service_tier":"fast""#, tierless, tier([.serviceTier: .dollars(1)])
        ).get()
        #expect(plan.forwarding.prices == PriceLimits())
    }

    @Test(arguments: [
        (#""reasoning":{"max_tokens":5000}"#, 5_000), (#""reasoning":{"max_tokens":5}"#, 1_024),
        (#""thinking":{"type":"enabled","budget_tokens":2000}"#, 2_000),
        (#""reasoning":{"effort":"low"}"#, 1_024), (#""reasoning_effort":"high""#, 1_024),
        (#""reasoning":{"effort":"none"}"#, 0), (#""reasoning":{"max_tokens":0}"#, 0),
        (#""thinking":{"type":"disabled"}"#, 0),
    ])
    func `thinking may come on top of each answer's limit`(field: String, tokens: Int64) throws {
        let fields = #""model":"a/vague","n":2,\#(field)"#
        let text = Int64(body(fields, tierless).utf8.count) * 1_000_000
        let plan = try plan(fields).get()
        #expect(plan.bound == USD(picodollars: text + (100 + tokens) * 2 * 2_000_000))
        #expect(plan.forwarding.outputTokensMax == 100)
    }
}

/// Tiers that lower a limit rather than refuse.
extension CeilingTests {
    private func limited(
        _ tokens: Int64?, _ tier: Tier?, headroom: USD?
    ) throws -> Result<Admission.Plan, Refusal> {
        let limit = tokens.map { ",\"max_tokens\":\($0)" } ?? ""
        let bytes = Array(#"{"model":"a/vague","messages":[{"content":"hi"}]\#(limit)}"#.utf8)
        return Admission.plan(
            try ChatRequest.scan(bytes.span), caller: alice(tier), catalogue: catalogue,
            headroom: headroom)
    }

    @Test func `a tier that clamps lowers a limit to what the money pays for`() throws {
        let headroom = USD(picodollars: 2_000_000_000)
        let plan = try limited(5_000, tier(clamps: true), headroom: headroom).get()
        #expect(plan.isOutputLowered)
        #expect(plan.bound <= headroom)
        #expect(plan.bound > headroom - USD(picodollars: 2_000_000))
        #expect((256..<5_000).contains(plan.forwarding.outputTokensMax))
        let kept = try limited(5_000, tier(), headroom: headroom).get()
        #expect(!kept.isOutputLowered && kept.forwarding.outputTokensMax == 5_000)
        #expect(kept.bound > headroom)
        let enough = try limited(300, tier(clamps: true), headroom: headroom).get()
        #expect(!enough.isOutputLowered && enough.forwarding.outputTokensMax == 300)
    }

    @Test(arguments: [(5_000, 256), (256, 256), (255, 255), (1, 1)])
    func `it lowers no limit below what helps, nor below what was wished`(
        wished: Int64, expected: Int64
    ) throws {
        let plan = try limited(wished, tier(clamps: true), headroom: .zero).get()
        #expect(plan.forwarding.outputTokensMax == expected)
        #expect(plan.isOutputLowered == (expected < wished))
    }

    @Test func `the most that one call may cost lowers it too, or refuses without clamping`() throws
    {
        let most = USD(picodollars: 1_000_000_000)
        let plan = try limited(5_000, tier(clamps: true, cost: most), headroom: nil).get()
        #expect(plan.isOutputLowered && plan.bound <= most)
        guard case .failure(.requestTooDear) = try limited(5_000, tier(cost: most), headroom: nil)
        else {
            Issue.record("five thousand tokens cost more than that")
            return
        }
    }
}
