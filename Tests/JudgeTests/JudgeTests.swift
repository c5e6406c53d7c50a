import Testing

@testable import Judge

/// What could run by a body: each row is a reading that some program in the wild has.
struct JudgeTests {
    private static func verdict(_ body: String) -> Verdict {
        Judge.verdict(body: Array(body.utf8))
    }

    @Test(arguments: [
        (#"{"model":"a"}"#, ["a"]),
        (#"{"model":"a","model":"b"}"#, ["a", "b"]),
        (#"{"mod\u0065l":"\u0061"}"#, ["a"]),
        (#"{"MODEL":"a","Model ":"b","model_id":"c"}"#, ["a", "b", "c"]),
        ("{\"\u{FF4D}odel\":\"a\"}", ["a"]),
        (#"{"models":["a",["b",{"x":"c"}]]}"#, ["a", "b", "c"]),
        (#"{"fallbacks":[{"model":"a"},"b"]}"#, ["a", "b"]),
        (#"{"extra_body":{"default_model":"a"}}"#, ["a"]),
        (#"{"plugins":[{"id":"x","deep":{"analysis_models":["a"]}}]}"#, ["a"]),
        (#"{"tools":[{"type":"x","parameters":{"model":"a"}}]}"#, ["a"]),
        (#"[{"model":"a"},{"model":"b"}]"#, ["a", "b"]),
        (#"{"model":"a"}{"model":"b"}"#, ["a", "b"]),
        (#"{model:'a', /* x */ "models":[b,],}"#, ["a", "b"]),
        (#"{"model":"a\u0000b"}"#, ["a", "a\u{0}b"]),
        (#"{"model":4}"#, ["4"]),
        // What is said in a conversation, or to a client's own function, runs nothing.
        (#"{"messages":[{"role":"user","content":"{\"model\":\"a\"}","model":"b"}]}"#, []),
        (#"{"tools":[{"type":"function","function":{"parameters":{"model":"a"}}}]}"#, []),
    ])
    func `every name that a reader could find is a model that could run`(
        body: String, models: [String]
    ) {
        #expect(Self.verdict(body).models == Set(models))
    }

    @Test(arguments: [true, false])
    func `other encodings are read too`(isLittle: Bool) {
        let units = Array(#"{"model":"a"}"#.utf16)
        let bytes = units.flatMap { unit in
            isLittle
                ? [UInt8(unit & 0xFF), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 0xFF)]
        }
        for mark in [[], isLittle ? [0xFF, 0xFE] : [0xFE, 0xFF]] as [[UInt8]] {
            let verdict = Judge.verdict(body: mark + bytes)
            #expect(verdict.models == ["a"])
            #expect(verdict.liberties == ["UTF-16 or UTF-32"])
        }
    }

    @Test(arguments: [
        (#"{"model":"a:online"}"#, [Verdict.Kind.webSearch]),
        (#"{"model":"@preset/x"}"#, [.otherModel]), (#"{"preset":"x"}"#, [.otherModel]),
        (#"{"plugins":[{"id":"web"}]}"#, [.webSearch]),
        (#"{"plugins":[{"id":"web","enabled":false}]}"#, []),
        (#"{"plugins":[{"id":"web","enabled":false,"enabled":true}]}"#, [.webSearch]),
        (#"{"plugins":[{"id":"web","enabled":false,"Enabled":true}]}"#, [.webSearch]),
        (#"{"plugins":[{"id":"file-parser"}]}"#, [.plugin]),
        (#"{"Plugins":[{"ID":"fusion"}]}"#, [.plugin, .otherModel]),
        (#"{"plugins":[{}]}"#, [.otherModel]),
        (#"{"web_search_options":{}}"#, [.webSearch]), (#"{"web_search_options":null}"#, []),
        (#"{"tools":[{"type":"function"},{"type":"custom"}]}"#, []),
        (#"{"tools":[{"type":"function","TYPE":"openrouter:web_search"}]}"#, [.serverTool]),
        (#"{"tools":[{"type":"openrouter:advisor"}]}"#, [.serverTool, .otherModel]),
        (#"{"tools":[{}]}"#, [.serverTool]), (#"{"mcp_servers":[{"url":"x"}]}"#, [.serverTool]),
        (#"{"modalities":["text"]}"#, []), (#"{"modalities":["text","image"]}"#, [.mediaOutput]),
        (#"{"audio":{}}"#, [.mediaOutput]), (#"{"service_tier":"flex"}"#, []),
        (#"{"service_tier":"priority"}"#, [.serviceTier]), (#"{"speed":"fast"}"#, [.serviceTier]),
        (#"{"messages":[{"content":"x"}]}"#, []),
        (#"{"messages":[{"content":[{"type":"text","text":"x"}]}]}"#, []),
        (#"{"messages":[{"content":[{"type":"image_url"}]}]}"#, [.image]),
        (#"{"messages":[{"Content":[{"type":"input_audio"}]}]}"#, [.audio]),
        (#"{"messages":[{"content":[{"type":"text","image_url":{"url":"x"}}]}]}"#, [.image]),
        (#"{"messages":[{"content":{"type":"video_url"}}]}"#, [.video]),
        (#"{"messages":[{"content":[{"type":"hologram"}]}]}"#, [.otherContent]),
        (#"{"messages":[{"images":[{"x":1}]},{"files":[]}]}"#, [.image]),
        (#"{"messages":[{"annotations":[{"file":{"x":1}}]}]}"#, [.file]),
    ])
    func `every extra that a reader could find could be paid`(body: String, kinds: [Verdict.Kind]) {
        #expect(Set(Self.verdict(body).extras.keys) == Set(kinds))
    }

    @Test(arguments: [
        (#"{"max_tokens":5}"#, 5), (#"{"max_tokens":5,"max_completion_tokens":9}"#, 9),
        (#"{"max_tokens":5,"maxTokens":9}"#, 9), (#"{"max_tokens":5,"max_tokens":9}"#, 9),
        (#"{"max_tokens":9,"max_tokens":5}"#, 9), (#"{"max_tokens":"5"}"#, 5),
        (#"{"max_tokens":1.5e1}"#, 15), (#"{"max_tokens":4.2}"#, 5), ("{}", nil),
        (#"{"Max_Tokens":5}"#, nil), (#"{"max_tokens":null}"#, nil), (#"{"max_tokens":0}"#, nil),
        (#"{"max_tokens":-1}"#, nil), (#"{"max_tokens":1e400}"#, nil),
        (#"{"max_tokens":[5]}"#, nil),
        (#"{"max_tokens":5,"max_output_tokens":"many"}"#, nil), (#"{"a":{"max_tokens":5}}"#, nil),
    ])
    func `a limit holds where every reader sees it`(body: String, limit: Int64?) {
        #expect(Self.verdict(body).outputTokensMax == limit)
    }

    @Test(arguments: [
        (#"{"model":"a"}"#, true), (#"{"models":["a"]}"#, true), ("{}", false),
        (#"{"model":null,"models":[]}"#, false), (#"{"Model":"a"}"#, false),
        (#"{"model":"a","model":null}"#, false), (#"{"model":""}"#, false),
    ])
    func `a model is named where every reader finds one`(body: String, isNamed: Bool) {
        #expect(Self.verdict(body).namesModel == isNamed)
    }

    @Test func `providers are confined where every reader keeps to them`() {
        let kept = Self.verdict(#"{"provider":{"only":["A"],"ignore":["b"],"zdr":true}}"#)
        #expect(kept.providers == ["a"] && kept.ignoredProviders == ["b"])
        #expect(kept.requiresZeroRetention)
        let twice = Self.verdict(
            #"{"provider":{"only":["a"],"Only":["c"],"zdr":true,"zdr":false,"ignore":["b"],"IGNORE":[]}}"#
        )
        #expect(twice.providers == ["a", "c"] && twice.ignoredProviders == [])
        #expect(!twice.requiresZeroRetention)
        let open = Self.verdict(#"{"provider":{"only":["a"]},"Provider":{"zdr":true}}"#)
        #expect(open.providers == nil)
        #expect(Self.verdict("{}").providers == nil)
    }

    @Test func `every word for thinking counts`() {
        let verdict = Self.verdict(
            #"""
            {"reasoning":{"effort":"LOW","max_tokens":5},"reasoning_effort":"high",
            "output_config":{"effort":"max"},"thinking":{"type":"enabled","budget_tokens":"70"}}
            """#)
        #expect(verdict.efforts == ["low", "high", "max"])
        #expect(verdict.thinkingTokens == 70 && verdict.asksToThink)
        #expect(!Self.verdict(#"{"thinking":{"type":"disabled"}}"#).asksToThink)
        #expect(Self.verdict(#"{"reasoning":{"enabled":true}}"#).asksToThink)
        #expect(Self.verdict(#"{"reasoning":{"max_tokens":0.0}}"#).thinkingTokens == 0)
        #expect(Self.verdict(#"{"reasoning":{"max_tokens":-1}}"#).thinkingTokens == .max)
        #expect(Self.verdict(#"{"reasoning":{}}"#).asksToThink)
        #expect(!Self.verdict(#"{"reasoning":{"enabled":false}}"#).asksToThink)
        #expect(Self.verdict(#"{"reasoning":{"enabled":true,"enabled":false}}"#).asksToThink)
    }

    @Test func `heads, paths and queries can name models too`() {
        let verdict = Judge.verdict(
            path: "/api/v1/presets/x/chat/completions?model=a",
            headers: [("X-Model", "b, c"), ("x-service-tier", "priority")], body: [])
        #expect(verdict.models.map(Folding.word).sorted() == ["a", "b", "c"])
        #expect(Set(verdict.extras.keys) == [.otherModel, .serviceTier])
    }

    @Test(arguments: [
        (#"{"a":[1,-2.5e3,true,null,"\u00e9\n"]}"#, []),
        (#"{"a":1,}"#, ["comma that divides nothing"]),
        (#"{"a" 1}"#, ["comma that divides nothing", "word without quotes"]),
        (#"{"a":01}"#, ["unusual number"]), (#"{"a":'b'}"#, ["another quote"]),
        ("{\"a\":\"\t\"}", ["control character in a string"]), ("{", ["wrong or missing bracket"]),
        (#"{"a":"\x41"}"#, ["unknown escape"]), ("{} {}", ["more behind the end"]),
        ("\u{FEFF}{}", ["byte order mark"]), ("{}//", ["comment"]),
    ])
    func `what a strict reader would refuse is told`(body: String, liberties: [String]) {
        #expect(Self.verdict(body).liberties == Set(liberties))
    }

    @Test func `nesting ends the reading and is told`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(Self.verdict("{\"metadata\":\(deep)").liberties.contains("too deep to read"))
        #expect(Judge.verdict(body: [0x7B, 0xFF]).liberties.contains("invalid UTF-8"))
    }
}
