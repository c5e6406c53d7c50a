import ArgumentParser
import OpenRouterWire
import Purser
import Testing

@testable import PurserApp

struct TierTests {
    private func tier(_ words: String...) throws -> Tier {
        try TierSetCommand.parse(["lab"] + words).form.tier(
            organisationZone: .utc, zone: { $0 == "UTC" ? .utc : nil })
    }

    /// What is wrong, in the words that a person reads.
    private func complaint(_ words: [String]) -> String? {
        do {
            _ = try TierSetCommand.parse(["lab"] + words)
            return nil
        } catch {
            return TierSetCommand.message(for: error)
        }
    }

    @Test func `a tier of which nothing is said allows everything that has a bound`() throws {
        #expect(try tier() == Tier(id: ID(0), name: "lab", models: []))
        #expect(try tier().allowsEveryModel)
    }

    @Test func `ceilings are read one by one or together`() throws {
        #expect(try tier("--ceiling", "image=0.01").ceilings.map(\.value.description) == ["0.01"])
        #expect(
            try tier("--ceiling", "web-search=$2, image=0", "--ceiling", "server-tool=100000")
                .ceilings == [
                    .webSearch: .dollars(2), .image: .zero, .serverTool: .dollars(100_000),
                ])
        for kind in Extra.allCases {
            #expect(
                try tier("--ceiling", "\(kind.rawValue)=1").ceilings == [kind: .dollars(1)])
        }
    }

    @Test(arguments: [
        "", "image", "=1", "image=", "image=-1", "image=1=2", "Image=1", "image=1,",
        "image=1,image=2", "image=100000.000000000001",
    ])
    func `anything else is no ceiling`(text: String) {
        #expect(complaint(["--ceiling", text])?.hasPrefix("--ceiling: ") == true)
    }

    @Test func `who names an unknown kind is told the known ones`() throws {
        let text = try #require(complaint(["--ceiling", "hologram=1"]))
        #expect(text.contains("\"hologram\""))
        for kind in Extra.allCases { #expect(text.contains(kind.rawValue), "\(kind)") }
        let rules = try #require(complaint(["--shadow", "models,weather"]))
        for rule in Rule.allCases { #expect(rules.contains(rule.rawValue), "\(rule)") }
    }

    @Test func `a price is kept to the last digit`() throws {
        let tier = try tier(
            "--max-prompt-price", "0.000000000001", "--max-completion-price", "1000000")
        #expect(tier.promptPriceMax == UnitPrice(attodollars: 1))
        #expect(tier.completionPriceMax == UnitPrice("1"))
    }

    @Test func `a rate is each member's where nobody else is named`() throws {
        let plain = try tier("--requests-per-minute", "60", "--parallel", "tier=9")
        #expect(plain.rates.member == RateLimit(requestsPerMinute: 60))
        #expect(plain.rates.tier == RateLimit(parallel: 9) && plain.rates.key.isEmpty)
        let named = try tier("--tokens-per-minute", "key=1, member=2,tier=9223372036854775807")
        #expect(named.rates.key.tokensPerMinute == 1)
        #expect(named.rates.member.tokensPerMinute == 2)
        #expect(named.rates.tier.tokensPerMinute == .max)
    }

    @Test func `extras that are none are something else than all`() throws {
        #expect(try tier("--extras", "none").extras == [])
        #expect(try tier("--extras", "image,audio").extras == [.image, .audio])
        #expect(try tier().extras == nil)
        #expect(complaint(["--extras", "image,none"]) != nil)
    }

    @Test func `every rule goes into shadow at once`() throws {
        #expect(try tier("--shadow", "all").shadowed == Set(Rule.allCases))
        #expect(try tier("--shadow", "models,request-cost").shadowed == [.models, .requestCost])
        #expect(complaint(["--shadow", "all,models"]) != nil)
    }

    @Test func `hours are on the organisation's clock, or on that which is named`() throws {
        #expect(try tier("--hours", "sat-mon 22:00-06:00").hours?.text == "sat-mon 22:00-06:00")
        #expect(complaint(["--hours", "08:00-18:00", "--hours-zone", "Europe/Atlantis"]) != nil)
        #expect(complaint(["--hours-zone", "UTC"]) != nil)
        let form = try TierSetCommand.parse(["lab", "--hours", "08:00-18:00"]).form
        let berlin = Zone(name: "Europe/Berlin", firstOffsetSeconds: 3_600, transitions: [])
        let tier = try form.tier(organisationZone: berlin, zone: { _ in nil })
        #expect(tier.hours?.zone == berlin)
    }

    @Test(arguments: [
        ["--otherwise", "perhaps"], ["--otherwise", "downgrade"],
        ["--models", "a/*", "--otherwise", "downgrade"],
        ["--models", "a/b", "--deny-models", "a/b", "--otherwise", "downgrade"],
        ["--models", "a/b", "--otherwise", "downgrade", "--downgrade-to", "c/d"],
        ["--downgrade-to", "a/b"], ["--otherwise", "downgrade", "--downgrade-to", "a/*"],
        ["--models", ""], ["--models", "a/b,"], ["--models", "a/*b"], ["--models", "a/b,A/b"],
        ["--alias", "fast"], ["--alias", "=a/b"], ["--alias", "fast="], ["--alias", "Fast=a/b"],
        ["--alias", "fast=a/*"], ["--alias", "fast=a/b", "--alias", "fast=a/c"],
        ["--max-tokens", "0"], ["--max-tokens", "1e3"], ["--max-tokens", "9223372036854775808"],
        ["--max-tokens", "+1"], ["--max-effort", "extreme"], ["--max-prompt-price", "1000001"],
        ["--max-completion-price", "1e-6"], ["--max-request-usd", "five"],
        ["--providers", "Open AI"], ["--providers", "OpenAI"], ["--deny-providers", "a,,b"],
        ["--hours", "mon-fri"], ["--hours", "25:00-26:00"], ["--pass-fields", "a b"],
        ["--pass-fields", "a,a"], ["--requests-per-minute", "0"],
        ["--requests-per-minute", "team=5"], ["--tokens-per-minute", "key=1,key=2"],
        ["--tokens-per-minute", "1,2"], ["--parallel", "-1"], ["--parallel", "member=1.5"],
    ])
    func `what means nothing is refused`(words: [String]) {
        #expect(complaint(words) != nil)
    }

    @Test func `a downgrade may go to any model that is allowed`() throws {
        #expect(
            try tier("--otherwise", "downgrade", "--downgrade-to", "A/b").downgradeModel == "a/b")
        #expect(
            try tier("--models", "a/b,c/d,e/*", "--otherwise", "downgrade").downgradeModel
                == "c/d")
    }
}

struct TierListingTests {
    /// One in which every setting is set.
    private func full() throws -> Tier {
        try TierSetCommand.parse([
            "lab", "--models", "a/b,c/*", "--deny-models", "c/d", "--otherwise", "downgrade",
            "--downgrade-to", "a/b", "--alias", "slow=c/e,fast=a/b", "--max-tokens", "400",
            "--max-effort", "low", "--max-prompt-price", "3", "--max-completion-price", "0.15",
            "--max-request-usd", "0.50", "--clamp", "--ceiling", "web-search=2,image=0.01",
            "--extras", "web-search,image", "--providers", "openai,azure", "--deny-providers",
            "x/y", "--zdr", "--hours", "mon-fri 08:00-18:00, sat 10:00-14:00",
            "--require-attribution", "--pass-fields", "b,a", "--requests-per-minute", "60",
            "--tokens-per-minute", "key=1,tier=2", "--parallel", "3", "--shadow", "price,models",
        ]).form.tier(organisationZone: .utc, zone: { _ in nil })
    }

    private let json = #"""
        {"name":"lab","models":["a/b","c/*"],"deny_models":["c/d"],"otherwise":"downgrade",\#
        "downgrade_to":"a/b","aliases":{"fast":"a/b","slow":"c/e"},"max_tokens":400,\#
        "max_effort":"low","max_prompt_price":3,"max_completion_price":0.15,\#
        "max_request_usd":0.5,"clamp":true,"ceilings":{"image":0.01,"web-search":2},\#
        "extras":["image","web-search"],"providers":["openai","azure"],"deny_providers":["x/y"],\#
        "zdr":true,"hours":"mon-fri 08:00-18:00, sat 10:00-14:00","hours_zone":"UTC",\#
        "require_attribution":true,"pass_fields":["a","b"],"requests_per_minute":{"member":60},\#
        "tokens_per_minute":{"key":1,"tier":2},"parallel":{"member":3},\#
        "shadow":["models","price"]}

        """#

    @Test func `a tier is shown to programs with every setting under its name`() throws {
        #expect(TierListing.text(of: try full(), .json) == json)
        let bare = Tier(id: ID(1), name: "bare", models: [])
        #expect(
            TierListing.text(of: bare, .json) == #"""
                {"name":"bare","models":[],"deny_models":[],"otherwise":"deny","downgrade_to":null,\#
                "aliases":{},"max_tokens":null,"max_effort":null,"max_prompt_price":null,\#
                "max_completion_price":null,"max_request_usd":null,"clamp":false,"ceilings":{},\#
                "extras":null,"providers":[],"deny_providers":[],"zdr":false,"hours":null,\#
                "hours_zone":null,"require_attribution":false,"pass_fields":[],\#
                "requests_per_minute":{},"tokens_per_minute":{},"parallel":{},"shadow":[]}

                """#)
    }

    @Test func `a spreadsheet has a column for every setting`() throws {
        var none = Tier(id: ID(1), name: "none", models: [])
        none.extras = []
        let text = TierListing.text(of: [try full(), none], .csv)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[3].isEmpty)
        #expect(
            lines[0].split(separator: ",").map(String.init)
                == ["name"] + TierSetting.all.map(\.name))
        #expect(lines[1].hasPrefix(#"lab,"a/b,c/*",c/d,downgrade,a/b,"fast=a/b,slow=c/e",400,"#))
        #expect(lines[2] == "none,,,deny,,,,,,,,false,,none,,,false,,,false,,,,,")
    }

    @Test func `people read one tier line by line, and several in a narrow table`() throws {
        var bare = Tier(id: ID(1), name: "bare", models: [])
        bare.extras = []
        #expect(
            TierListing.text(of: [try full(), bare], .table).split(separator: "\n").dropFirst(2)
                .map(String.init) == [
                    "lab   a/b,c/*      downgrade  denied models c/d; downgrade to a/b; "
                        + "aliases fast=a/b,slow=c/e; output tokens at most 400; "
                        + "effort at most low; dollars a million prompt tokens 3; "
                        + "dollars a million output tokens 0.15; dollars a call 0.5; "
                        + "lowers output limits; ceilings image=0.01,web-search=2; "
                        + "extras image,web-search; providers openai,azure; "
                        + "denied providers x/y; zero data retention; "
                        + "hours mon-fri 08:00-18:00, sat 10:00-14:00; hours' zone UTC; "
                        + "attribution is required; passed fields a,b; "
                        + "calls a minute member=60; tokens a minute key=1,tier=2; "
                        + "calls at once member=3; in shadow models,price",
                    "bare  every model  deny       extras none",
                ])
        let lines = TierListing.text(of: bare, .table).split(separator: "\n")
        #expect(lines.count == TierSetting.all.count + 2)
        #expect(lines[0] == "tier                             bare")
        #expect(lines[2] == "models                           every model")
        #expect(lines.contains("extras                           none"))
        #expect(lines.contains("hours                            any time"))
    }

    @Test func `what a setting shows is what it takes`() throws {
        let full = try full()
        var values: [String: [String]] = [:]
        for setting in TierSetting.all { values[setting.name] = setting.read(full) }
        #expect(values.count == TierSetting.all.count)
        let again = try TierForm(name: "lab", values: values)
            .tier(organisationZone: .utc, zone: { _ in .utc })
        #expect(again == full)
    }

    @Test func `what no listed model is called is named once`() throws {
        let list = try #require(
            ListedModel.list([
                "data": [["id": "a/b", "canonical_slug": "a/b-2026"], ["id": "c/d"]]
            ]))
        let tier = try TierSetCommand.parse([
            "lab", "--models", "a/b,a/b-2026,c/*,d/*,typo/x", "--deny-models", "c/dd,typo/x",
            "--alias", "fast=c/e",
        ]).form.tier(organisationZone: .utc, zone: { _ in nil })
        #expect(tier.names(missingIn: list) == ["d/*", "typo/x", "c/dd", "c/e"])
    }
}
