import Judge
import Purser
import Testing

@testable import Fuzzer

/// The fuzzer itself, and a few fixed seeds; `make fuzz` tries as many as one likes.
struct FuzzTests {
    @Test func `nothing that is forwarded goes beyond its tier`() {
        var tally = Tally()
        for seed in 1...1_500 as ClosedRange<UInt64> {
            let trial = Trial(seed: seed, donors: [])
            tally.add(trial)
            #expect(trial.violations.isEmpty, "make fuzz SEED=\(seed): \(trial.violations)")
        }
        #expect(tally.forwarded * 5 > tally.cases)
        #expect(tally.shortcomings.isEmpty)
    }

    @Test func `a seed makes the same body every time`() {
        let bodies = (1...50 as ClosedRange<UInt64>).map { Trial(seed: $0, donors: []).body }
        let again = (1...50 as ClosedRange<UInt64>).map { Trial(seed: $0, donors: []).body }
        #expect(bodies == again && Set(bodies).count > 40)
    }

    @Test func `a run in which little came through proves nothing`() {
        var tally = Tally()
        let refused = Trial(body: Array("{".utf8), in: .strict)
        #expect(refused.fate == .malformed)
        for _ in 1..<Tally.casesMin { tally.add(refused) }
        #expect(tally.shortcomings.isEmpty)
        tally.add(refused)
        let words = tally.shortcomings.joined(separator: "\n")
        #expect(words.contains("only 0 of 20000 bodies were forwarded"))
        for mutation in Mutation.allCases {
            #expect(words.contains("\(mutation.rawValue): tried only 0 times"))
        }
        #expect(words.contains("model_not_allowed: only 0"))
    }

    @Test func `a plain body is forwarded, so that the strict tier is no wall`() {
        let body = #"{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}"#
        let trial = Trial(body: Array(body.utf8), in: .strict)
        #expect(trial.fate == .forwarded && trial.violations.isEmpty)
    }

    /// As if the gateway had forwarded them: each must be called beyond the tier.
    @Test(arguments: [
        (#"{"model":"openai/gpt-4o","max_tokens":5}"#, "model"),
        (#"{"model":"openai/gpt-4o-mini","Model":"openai/gpt-4o","max_tokens":5}"#, "model"),
        (
            #"{"model":"openai/gpt-4o-mini","models":["openai/gpt-4o:nitro"],"max_tokens":5}"#,
            "model"
        ),
        (#"{"model":"anthropic/claude-4.5-sonnet-20250929","max_tokens":5}"#, "model"),
        (#"{"model":"~openai/gpt-latest","max_tokens":5}"#, "model"),
        (#"{"model":"openrouter/auto","max_tokens":5}"#, "router"),
        (#"{"max_tokens":5}"#, "model"),
        (#"{"model":"openai/gpt-4o-mini:online","max_tokens":5}"#, "web-search"),
        (#"{"model":"openai/gpt-4o-mini@preset/x","max_tokens":5}"#, "other-model"),
        (#"{"model":"openai/gpt-4o-mini","max_tokens":501}"#, "output"),
        (#"{"model":"openai/gpt-4o-mini"}"#, "output"),
        (#"{"model":"openai/gpt-4o-mini","max_tokens":5,}"#, "form"),
        (#"{"model":"openai/gpt-4o-mini","max_tokens":5,"reasoning_effort":"high"}"#, "effort"),
        (
            #"{"model":"openai/gpt-4o-mini","max_tokens":5,"reasoning":{"max_tokens":101}}"#,
            "effort"
        ),
        (#"{"model":"openai/gpt-4o-mini","max_tokens":5,"reasoning":{"enabled":true}}"#, "effort"),
    ])
    func `what is beyond the tier is called so, by its rule`(body: String, rule: String) {
        let scene = Scene.strict
        let found = Meaning(tier: scene.tier, rows: scene.rows)
            .violations(of: Judge.verdict(body: Array(body.utf8)), outputTokensMax: 500)
        #expect(found.map(\.rule) == [rule], "\(found)")
    }

    @Test func `providers and retention are checked where the tier has them`() {
        var tier = Scene.strict.tier
        tier.providers = ["azure"]
        tier.deniedProviders = ["azure/swedencentral"]
        tier.requiresZeroRetention = true
        let meaning = Meaning(tier: tier, rows: Scene.strict.rows)
        func rules(_ wishes: String) -> [String] {
            let body = #"{"model":"openai/gpt-4o-mini","max_tokens":5,"provider":\#(wishes)}"#
            return meaning.violations(
                of: Judge.verdict(body: Array(body.utf8)), outputTokensMax: 500
            ).map(\.rule)
        }
        let good = #"{"only":["azure"],"ignore":["azure/swedencentral"],"zdr":true}"#
        #expect(rules(good).isEmpty)
        #expect(rules(#"{"only":["azure/eastus"],"zdr":true}"#).isEmpty)
        #expect(rules(#"{"only":["azure/swedencentral"],"zdr":true}"#) == ["providers"])
        #expect(rules(#"{"only":["openai"],"zdr":true}"#) == ["providers"])
        #expect(rules(#"{"only":["azure"],"zdr":false}"#) == ["retention"])
        #expect(rules("{}") == ["providers", "providers", "retention"])
    }

    @Test func `every trick is played, and the same for the same seed`() {
        var tricks: Set<HeadMaker.Trick> = []
        for seed in 1...400 as ClosedRange<UInt64> {
            var maker = HeadMaker(seed: seed, key: "k", body: [0x7B, 0x7D], dear: "a/b")
            var twin = maker
            let (bytes, trick) = maker.make(dear: "a/b")
            #expect(twin.make(dear: "a/b").0 == bytes)
            tricks.insert(trick)
        }
        #expect(tricks.count == HeadMaker.Trick.allCases.count)
    }
}
