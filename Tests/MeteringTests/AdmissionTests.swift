import Metering
import OpenRouterWire
import Purser
import Testing

struct AdmissionTests {
    private let catalogue = Catalogue([
        model(
            "a/large", slug: "a/large-2026", prompt: "0.000003", completion: "0.000015", max: 1_000),
        model("a/small", slug: "a/small", prompt: "0.000001", completion: "0.000002", max: 4_000),
        model("b/auto", slug: "b/auto", prompt: "-1", completion: "-1", max: 10),
    ])

    private static func model(
        _ id: String, slug: String, prompt: String, completion: String, max: Int
    ) -> ListedModel {
        ListedModel([
            "id": .string(id), "canonical_slug": .string(slug),
            "top_provider": ["max_completion_tokens": JSON(Int64(max))],
            "pricing": ["prompt": .string(prompt), "completion": .string(completion)],
        ])!
    }

    private func tier(
        _ models: [String], _ otherwise: Tier.Otherwise = .deny, tokens: Int64? = nil,
        cost: USD? = nil
    ) -> Tier {
        Tier(
            id: ID(1), name: "t", models: models.compactMap(ModelPattern.init),
            otherwise: otherwise, outputTokensMax: tokens, requestCostMax: cost)
    }

    private func plan(
        _ fields: String, _ tier: Tier? = nil, headroom: USD? = nil
    ) throws -> Result<Admission.Plan, Refusal> {
        let bytes = Array("{\(fields),\"messages\":[{\"content\":\"hi\"}]}".utf8)
        return Admission.plan(
            try ChatRequest.scan(bytes.span), caller: alice(tier), catalogue: catalogue,
            headroom: headroom)
    }

    private func refusal(_ fields: String, _ tier: Tier? = nil) throws -> Refusal? {
        if case .failure(let refusal) = try plan(fields, tier) { refusal } else { nil }
    }

    @Test func `the bound is bytes at the prompt's price and the limit at the output's`() throws {
        let body = #""model":"a/large","max_tokens":100"#
        let bytes = Int64("{\(body),\"messages\":[{\"content\":\"hi\"}]}".utf8.count)
        let plan = try plan(body).get()
        #expect(plan.bound.picodollars == bytes * 3_000_000 + 100 * 15_000_000)
        #expect(plan.forwarding.outputTokensMax == 100)
    }

    @Test func `each answer asked for counts`() throws {
        let one = try plan(#""model":"a/large","max_tokens":100"#).get()
        let four = try plan(#""n":4,"model":"a/large","max_tokens":100"#).get()
        #expect(four.bound - one.bound == USD(picodollars: 300 * 15_000_000 + 6 * 3_000_000))
    }

    @Test func `a fall-back that is dearer sets the price, and the price limit upstream`() throws {
        let plan = try plan(#""model":"a/small","models":["a/large"],"max_tokens":10"#).get()
        #expect(plan.forwarding.prices.prompt == UnitPrice("0.000003"))
        #expect(plan.forwarding.prices.completion == UnitPrice("0.000015"))
    }

    @Test(arguments: [
        (#""model":"a/large""#, nil, 1_000), (#""model":"a/large","max_tokens":5000"#, nil, 1_000),
        (#""model":"a/large""#, 50, 50), (#""model":"a/large","max_tokens":20"#, 50, 20),
    ])
    func `the output limit is the least of the client's, the tier's and the model's`(
        fields: String, cap: Int64?, expected: Int64
    ) throws {
        let plan = try plan(fields, tier(["*"], tokens: cap)).get()
        #expect(plan.forwarding.outputTokensMax == expected)
    }

    @Test func `without a limit from the client one is chosen that the money pays for`() throws {
        let headroom = try #require(USD("0.006"))
        let plan = try plan(#""model":"a/large""#, headroom: headroom).get()
        #expect(plan.isOutputLowered)
        #expect(plan.bound <= headroom)
        #expect((256..<1_000).contains(plan.forwarding.outputTokensMax))
    }

    @Test func `an answer is not cut shorter than helps`() throws {
        let plan = try plan(#""model":"a/large""#, headroom: .zero).get()
        #expect(plan.forwarding.outputTokensMax == Admission.chosenOutputTokensMin)
        #expect(plan.bound > .zero)
    }

    @Test func `a limit from the client is never lowered to fit the money`() throws {
        let plan = try plan(#""model":"a/large","max_tokens":900"#, headroom: .zero).get()
        #expect(plan.forwarding.outputTokensMax == 900)
    }

    @Test func `a model outside the tier is refused or replaced, as the tier says`() throws {
        let denied = try refusal(#""model":"a/large""#, tier(["a/small"]))
        #expect(denied == .modelNotAllowed("a/large", tier: "t", allowed: ["a/small"], denied: []))
        let plan = try plan(#""model":"a/large-2026""#, tier(["a/small"], .downgrade)).get()
        #expect(plan.model == "a/small")
        #expect(plan.downgradedFrom == "a/large-2026")
        #expect(plan.requestedModel == "a/large")
        #expect(plan.forwarding.model == "a/small")
        #expect(plan.forwarding.outputTokensMax == 4_000)
    }

    @Test func `I8 fall-backs outside the tier are taken out`() throws {
        let plan = try plan(
            #""model":"a/small","models":["a/small","a/large"]"#, tier(["a/small"])
        ).get()
        #expect(plan.forwarding.models == ["a/small"])
        #expect(plan.forwarding.prices.prompt == UnitPrice("0.000001"))
    }

    @Test func `an alias is the model it stands for`() throws {
        #expect(try plan(#""model":"a/large-2026""#, tier(["a/large"])).get().model == "a/large")
    }

    private static func never(_ words: String) -> Refusal {
        .extraNotAllowed(words, ceiling: nil)
    }

    @Test(arguments: [
        (#""model":"x/y""#, Refusal.modelUnknown("x/y")),
        (#""model":"a/small","models":["x/y"]"#, .modelUnknown("x/y")),
        (
            #""model":"a/small:best""#,
            .extraNotAllowed(#"":best" in the model's name"#, ceiling: nil)
        ),
        (
            #""model":"a/small@preset/x""#,
            .extraNotAllowed(#""@preset/x" in the model's name"#, ceiling: nil)
        ),
        (
            #""model":"@preset/x""#,
            .extraNotAllowed(#""@preset/x" in the model's name"#, ceiling: nil)
        ),
        (#""temperature":1"#, .modelMissing), (#""model":"b/auto""#, .priceUnknown("b/auto")),
        (#""model":"a/small","models":["b/auto"]"#, .priceUnknown("b/auto")),
        (#""model":"a/small","preset":"p""#, never("\"preset\"")),
    ])
    func `what cannot be bounded is refused`(fields: String, expected: Refusal) throws {
        #expect(try refusal(fields) == expected)
    }

    @Test func `a call dearer than the tier allows for one is refused with both numbers`() throws {
        let most = try #require(USD("0.001"))
        let refusal = try refusal(
            #""model":"a/large","max_tokens":1000"#, tier(["*"], cost: most))
        guard case .requestTooDear(let bound, most, "t") = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(bound > most)
    }
}
