import Metering
import OpenRouterWire
import Purser
import Testing

/// Which models run in a tier, whichever way a request names them.
struct TierModelTests: TierSuite {
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
}
