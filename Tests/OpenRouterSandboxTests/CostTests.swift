import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct CostTests {
    @Test(arguments: [
        // prompt price, completion price, tokens, tokens, as floats print it, exactly
        ("0.00000015", "0.0000006", 13, 2, "3.15e-06", "0.00000315"),
        ("0.00000015", "0.0000006", 9, 32, "2.0549999999999998e-05", "0.00002055"),
        ("0.000003", "0.000015", 12, 6, "0.000126", "0.000126"),
        ("0.000003", "0.000015", 0, 6, "9e-05", "0.00009"),
        ("0", "0", 100, 100, "0.0", "0"),
        ("0.000000003625", "0.00000087", 1, 0, "3.625e-09", "0.000000003625"),
        ("2", "3", 1_000, 1_000, "5000.0", "5000"),
    ])
    func `a cost prints with float noise or to the last digit`(
        prompt: String, completion: String, promptTokens: Int64, completionTokens: Int64,
        noisy: String, exact: String
    ) throws {
        let prices = PriceList(prompt: prompt, completion: completion)
        let rates = try #require(prices.rates(promptTokens: promptTokens, now: noon))
        func total(_ hasFloatNoise: Bool) -> String {
            Cost(
                rates: rates, prompt: PromptUse(text: promptTokens),
                completionTokens: completionTokens, hasFloatNoise: hasFloatNoise
            ).total
        }
        #expect(total(true) == noisy)
        #expect(total(false) == exact)
    }

    @Test func `the account is charged what the printed literal says`() throws {
        let noisy = Cost(
            total: "4.1400000000000003e-05", upstream: "0", prompt: "0", completion: "0")
        #expect(noisy.charge == USD("0.0000414"))
        let half = Cost(total: "0.0000000000025", upstream: "0", prompt: "0", completion: "0")
        #expect(half.charge == USD(picodollars: 2))
        let odd = Cost(total: "0.0000000000035", upstream: "0", prompt: "0", completion: "0")
        #expect(odd.charge == USD(picodollars: 4))
    }

    @Test func `a fee is in the total but not in what the provider takes`() throws {
        let rates = try #require(
            PriceList(prompt: "0.000001", completion: "0.000002").rates(
                promptTokens: 1, now: noon))
        let cost = Cost(
            rates: rates, prompt: PromptUse(text: 10), completionTokens: 5,
            fee: UnitPrice(attodollars: 7_000_000_000_000_000), hasFloatNoise: false)
        #expect(cost.total == "0.00702")
        #expect(cost.upstream == "0.00002")
        #expect((cost.prompt, cost.completion) == ("0.00001", "0.00001"))
    }

    /// Long prompts, hours that pass midnight, and a later entry that wins for one price only.
    private static let prices = PriceList(
        prompt: "1", completion: "10",
        overrides: [
            .init(minPromptTokens: 100, prompt: "2", completion: "20"),
            .init(hours: .init(start: 2_200, end: 600), prompt: "3"),
        ])

    @Test(arguments: [
        (100, "2026-11-21T12:00:00Z", "1", "10"),
        (101, "2026-11-21T12:00:00Z", "2", "20"),
        (100, "2026-11-21T21:59:59Z", "1", "10"),
        (100, "2026-11-21T22:00:00Z", "3", "10"),
        (101, "2026-11-21T23:59:00Z", "3", "20"),
        (100, "2026-11-22T05:59:59Z", "3", "10"),
        (100, "2026-11-22T06:00:00Z", "1", "10"),
    ])
    func `overrides hold for long prompts and at their hours`(
        tokens: Int64, instant: String, prompt: String, completion: String
    ) throws {
        let now = try #require(Timestamp(instant))
        let rates = try #require(CostTests.prices.rates(promptTokens: tokens, now: now))
        #expect(rates.prompt.description == prompt)
        #expect(rates.completion.description == completion)
    }

    @Test func `a router's price is not known in advance`() {
        let prices = PriceList(prompt: "-1", completion: "-1")
        #expect(prices.rates(promptTokens: 1, now: noon) == nil)
        #expect(!prices.isFree)
    }

    @Test func `whoever adds up the answers gets the bill`() {
        var sandbox = Sandbox()
        var seen: [String] = []
        let models = [
            "openai/gpt-4o-mini", "anthropic/claude-haiku-4.5", "deepseek/deepseek-v4-pro",
            "qwen/qwen3.5-27b", "google/gemini-3.1-flash-lite-preview",
        ]
        for round in 0..<200 {
            let hasNoise = round % 3 > 0
            _ = sandbox.send("PUT", "/sandbox/settings", #"{"float_noise":\#(hasNoise)}"#)
            let prompt = "Reply with \(1 + round * 7 % 90) words, number \(round)"
            let model = models[round % models.count]
            let answer =
                round % 2 == 0 ? sandbox.chat(model, prompt) : sandbox.stream(model, prompt)
            #expect(answer.costs.count == 1)
            seen += answer.costs
        }
        #expect(sandbox.bill == total(seen))
        #expect(sandbox.bill > .zero)
    }
}
