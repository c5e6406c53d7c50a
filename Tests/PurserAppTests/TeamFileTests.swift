import Foundation
import OpenRouterWire
import Purser
import Storage
import Testing

@testable import PurserApp

struct TeamFileTests {
    /// A team with one tier, one member of a team, and one who has left.
    private func roster() -> Roster {
        var small = Tier(
            id: ID(5), name: "small", models: ["a/b"].compactMap(ModelPattern.init),
            outputTokensMax: 400)
        small.aliases = ["fast": "a/b"]
        return Roster(
            revision: 9, zone: .utc, teams: [Team(id: ID(1), name: "backend", tier: ID(5))],
            tiers: [small],
            members: [
                Member(
                    id: ID(1), name: "alice", team: ID(1), tier: ID(5),
                    createdAt: Timestamp(milliseconds: 0)),
                Member(
                    id: ID(2), name: "bob", createdAt: Timestamp(milliseconds: 0),
                    removedAt: Timestamp(milliseconds: 1)),
            ], keys: [], budgets: [], managementDigests: [])
    }

    private func plan(_ yaml: String) throws(TeamFile.Fault) -> TeamPlan {
        try TeamPlan(try TeamFile(yaml: yaml), on: roster(), zone: { $0 == "UTC" ? .utc : nil })
    }

    /// One line for each thing that the file names.
    private func check(_ yaml: String, _ expected: String...) throws {
        let plan = try plan(yaml)
        let lines = plan.lines.map { line in
            ([line.kind.rawValue, line.name, line.action.rawValue]
                + line.changes.map { "\($0.field):\($0.before.text)>\($0.after.text)" })
                .joined(separator: " ")
        }
        #expect(lines == expected)
        #expect(plan.changes.count == plan.lines.count { $0.action != .unchanged })
        #expect(plan.revision == 9)
    }

    @Test(arguments: ["", "# nothing\n", "{}", "tiers:\nteams: {}\nmembers: ~\n"])
    func `a file of nothing changes nothing`(yaml: String) throws {
        try check(yaml)
    }

    @Test func `what is there already is unchanged, however it is written`() throws {
        let files = [
            "tiers: {small: {models: [a/b], max_tokens: 400, aliases: {fast: a/b}}}",
            "tiers: {small: {models: A/B, max_tokens: '400', aliases: fast=a/b, zdr: false}}",
            "{\"tiers\": {\"small\": {\"models\": [\"a/b\"], \"max_tokens\": 400,"
                + " \"aliases\": {\"fast\": \"a/b\"}, \"extras\": null, \"shadow\": []}}}",
        ]
        for file in files { try check(file, "tier small unchanged") }
        try check(
            "teams: {backend: {tier: small}}\nmembers: {alice: {team: backend, tier: small}}",
            "team backend unchanged", "member alice unchanged")
        try check(
            "teams: {backend: }\nmembers: {alice: {}}",
            "team backend unchanged", "member alice unchanged")
    }

    @Test func `a tier that the file names is the whole tier`() throws {
        try check(
            """
            tiers:
              small:
                max_tokens: 800
                max_request_usd: 0.50
              new: {requests_per_minute: 60, hours: [mon-fri 08:00-18:00, sat 10:00-14:00]}
            """,
            #"tier small changed models:["a/b"]>[] aliases:{"fast":"a/b"}>{} "#
                + "max_tokens:400>800 max_request_usd:null>0.5",
            #"tier new added hours:null>"mon-fri 08:00-18:00, sat 10:00-14:00" "#
                + #"hours_zone:null>"UTC" requests_per_minute:{}>{"member":60}"#)
    }

    @Test func `of a team and a member only what is given changes`() throws {
        try check(
            """
            teams:
              backend: {tier: ~}
              research: {tier: small}
              empty:
            members:
              alice: {tier: null}
              carol: {team: research}
            """,
            #"team backend changed tier:"small">null"#, #"team research added tier:null>"small""#,
            "team empty added", #"member alice changed tier:"small">null"#,
            #"member carol added team:null>"research""#)
        let changes = try plan("members: {alice: {team: other}}").changes
        guard case .member("alice", let change)? = changes.first else {
            Issue.record("a member who is here is changed")
            return
        }
        #expect(change.team.value == "other" && !change.tier.isSet)
    }

    @Test func `a tier of the same file can be given out`() throws {
        try check(
            "members: {alice: {tier: new}}\ntiers: {new: {}}", "tier new added",
            #"member alice changed tier:"small">"new""#)
    }

    @Test(arguments: [
        ("tiers:\n  small:\n    max_token: 5", 3, "max_token"),
        ("tiers:\n  small:\n    max_tokens: many", 3, "max_tokens: \"many\""),
        ("tiers:\n  small:\n    max_tokens: [5]", 3, "a number"),
        ("tiers:\n  small:\n    clamp: {}", 3, "true or false"),
        ("tiers:\n  small:\n    clamp: maybe", 3, "maybe"),
        ("tiers:\n  small:\n    zdr: true\n    models: {a: b}", 4, "a list"),
        ("tiers:\n  small:\n    models:\n      - a/b\n      - [c]", 5, "a word"),
        ("tiers:\n  small:\n    models:\n      - a/b\n      -\n", 5, "a word"),
        ("tiers:\n  small:\n    aliases:\n      a=b: c/d", 4, "a=b"),
        ("tiers:\n  small:\n    otherwise: downgrade", 3, "without a star"),
        ("tiers:\n  small:\n    hours_zone: Mars/Base\n    hours: 08:00-18:00", 3, "Mars/Base"),
        ("tiers:\n  small: 5", 2, "name: value"), ("tiers:\n  two words: {}", 2, "two words"),
        ("tiers:\n  small: {}\n  small: {}", 2, "twice"),
        ("tiers:\n  small:\n    clamp: true\n    clamp: true", 3, "twice"),
        ("tiers:\n  1: {}\n  '1': {}", 3, "twice"), ("tier: {}", 1, "\"tier\""),
        ("\n\nbudgets: {}", 3, "\"budgets\""), ("- tiers", 1, "name: value"),
        ("tiers: *", 1, "alphabetic"),
        ("tiers: [", 2, "node content"), ("tiers:\n\t- a", 2, "cannot start"),
        ("tiers: {}\n---\nteams: {}", 2, "another document"),
        ("<<: {tiers: {}}", 1, "<<"), ("? [a]\n: b", 1, "a word"),
        ("teams:\n  backend: {teir: small}", 2, "teir"),
        ("teams:\n  backend:\n    tier: none", 3, "none"),
        ("teams:\n  backend:\n    tier: [small]", 3, "a word"),
        ("members:\n  alice: small", 2, "name: value"),
        ("members:\n  alice:\n    teem: a", 3, "teem"),
        ("members:\n  alice:\n    team: two words", 3, "two words"),
        ("members:\n  alice: {}\n  bob: {}", 3, "has left"),
        ("members:\n  carol:\n    tier: gone", 3, "gone"),
    ])
    func `what means nothing is refused with its line`(
        yaml: String, line: Int, words: String
    ) throws {
        do throws(TeamFile.Fault) {
            _ = try plan(yaml)
            Issue.record("it was taken")
        } catch {
            #expect(error.line == line)
            #expect(error.message.contains(words), "\(error.message)")
        }
    }

    @Test func `a file nested without end is refused, not followed`() {
        let text = String(repeating: "[", count: 100_000)
        let fault = #expect(throws: TeamFile.Fault.self) { try TeamFile(yaml: text) }
        #expect(fault?.message.contains("nesting") == true)
    }

    @Test func `what a tier shows to programs can be put into a file`() throws {
        var tier = roster().tiers[0]
        tier.extras = [.image]
        tier.ceilings = [.image: USD(picodollars: 1)]
        tier.promptPriceMax = UnitPrice(attodollars: 1)
        tier.hours = OpeningHours("mon-fri 08:00-18:00, sat 10:00-14:00", zone: .utc)
        tier.rates.key.parallel = 4
        tier.shadowed = [.price]
        var members = try #require(TierListing.json(of: tier).object)
        members["name"] = nil
        let json = JSON.object(
            JSONObject([("tiers", .object(JSONObject([("x", .object(members))])))]))
        let file = try TeamFile(yaml: json.text)
        let read = try #require(file.tiers.first).form.tier(
            organisationZone: .utc, zone: { _ in .utc })
        tier.id = ID(0)
        tier.name = "x"
        #expect(read == tier)
    }

    private func page(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test func `everything a tier says is on the page about the file`() throws {
        let page = try page("docs/reference/team-file.md")
        for setting in TierSetting.all {
            #expect(page.contains("\n| `\(setting.name)` | `--"), "\(setting.name)")
        }
        let kinds = Extra.allCases.map(\.rawValue) + Rule.allCases.map(\.rawValue)
        for word in kinds + ReasoningEffort.allCases.map(\.rawValue) {
            #expect(page.contains("`\(word)`"), "\(word)")
        }
    }

    @Test func `the examples are those of the repository, and make four tiers`() throws {
        let page = try page("examples/tiers.yaml")
        #expect(TierExamples.text == page)
        let plan = try plan(page)
        #expect(plan.tiers.map(\.name) == ["free", "basic", "pro", "enterprise"])
        #expect(plan.lines.allSatisfy { $0.action == .added && !$0.changes.isEmpty })
        let basic = try #require(plan.tiers.first { $0.name == "basic" })
        #expect(basic.downgradeModel == "openai/gpt-4o-mini" && basic.effortMax == .low)
        let free = try #require(plan.tiers.first { $0.name == "free" })
        #expect(free.promptPriceMax == .zero && free.extras == [])
        #expect(plan.tiers.last?.requiresZeroRetention == true)
    }

    @Test func `a plan says what holds where a setting is taken away`() throws {
        let plan = try plan("tiers: {small: {models: [], extras: []}, other: {zdr: true}}")
        let text = TeamPlanListing.text(of: plan, .table)
        #expect(text.contains("models a/b → every model;"))
        #expect(text.contains("extras all that have a bound → none"))
        #expect(text.contains("zdr no → yes"))
    }

    @Test func `a plan is shown in every format`() throws {
        let plan = try plan("tiers: {small: {models: [a/b, c/*]}}\nteams: {backend: {}}")
        #expect(
            TeamPlanListing.text(of: plan, .table).split(separator: "\n").map(String.init) == [
                "what  name     is         what is different",
                "----  -------  ---------  " + String(repeating: "-", count: 81),
                "tier  small    changed    models a/b → a/b,c/*; aliases fast=a/b → none; "
                    + "max_tokens 400 → the model's limit",
                "team  backend  unchanged",
            ])
        #expect(
            TeamPlanListing.text(of: plan, .csv) == """
                kind,name,action,changes
                tier,small,changed,"models a/b → a/b,c/*; aliases fast=a/b → none; \
                max_tokens 400 → the model's limit"
                team,backend,unchanged,

                """)
        #expect(
            TeamPlanListing.text(of: plan, .json) == #"""
                {"changes":[{"kind":"tier","name":"small","action":"changed","fields":\#
                {"models":{"before":["a/b"],"after":["a/b","c/*"]},\#
                "aliases":{"before":{"fast":"a/b"},"after":{}},\#
                "max_tokens":{"before":400,"after":null}}},\#
                {"kind":"team","name":"backend","action":"unchanged","fields":{}}]}

                """#)
    }
}
