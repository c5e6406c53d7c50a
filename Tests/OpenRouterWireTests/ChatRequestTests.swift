import OpenRouterWire
import Purser
import Testing

struct ChatRequestTests {
    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#

    private func scan(_ text: String) throws -> ChatRequest {
        let bytes = Array(text.utf8)
        return try ChatRequest.scan(bytes.span)
    }

    private func scanning(_ fields: String) throws -> ChatRequest {
        try scan("{\(fields),\(ChatRequestTests.messages)}")
    }

    @Test func `the fields that matter are read, wherever they stand`() throws {
        let request = try scan(
            #" { "stream" : true, "messages":[{"role":"user","content":"x"}], "n":2,"#
                + #""max_tokens":100,"max_completion_tokens":50.0,"user":"ada","#
                + #""model":"a/b","models":["c/d","a/b"],"temperature":0.5 } "#)
        #expect(request.model == "a/b")
        #expect(request.candidates == ["a/b", "c/d"])
        #expect(request.isStreamed)
        #expect(request.outputTokensMax == 50)
        #expect(request.answerCount == 2)
        #expect(request.user == "ada")
        #expect(request.extras.isEmpty)
    }

    @Test(arguments: [
        ("", "empty"), ("[]", "must be a JSON object"), ("{", "not valid JSON"),
        (#"{"model":"a/b"}"#, "\"messages\" is required"),
        (#"{"model":1,"messages":[{}]}"#, "\"model\" must be a string"),
        (#"{"messages":{}}"#, "\"messages\" must be a list"),
        (#"{"messages":[]}"#, "must not be empty"), (#"{"messages":[1]}"#, "must be an object"),
        (#"{"messages":[{"content":5}]}"#, "\"content\" must be"),
        (#"{"model":"a","model":"b","messages":[{}]}"#, "names \"model\" twice"),
        (#"{"mod\u0065l":"a","messages":[{}]}"#, "spelt with an escape"),
        (#"{"max_tokens":"5","messages":[{}]}"#, "\"max_tokens\" must be an integer"),
        (#"{"max_tokens":0,"messages":[{}]}"#, "\"max_tokens\" must be an integer"),
        (#"{"n":0,"messages":[{}]}"#, "\"n\" must be an integer"),
        (#"{"stream":"yes","messages":[{}]}"#, "\"stream\" must be true or false"),
        (#"{"models":[1],"messages":[{}]}"#, "\"models\" must be a list of strings"),
        (#"{"provider":[],"messages":[{}]}"#, "\"provider\" must be an object"),
        (#"{"provider":{"max_price":{},"max_price":{}},"messages":[{}]}"#, "twice"),
        (#"{"messages":[{}]} x"#, "goes on after its end"),
        (#"{"messages":[{"content":[{"type":"text","type":"file"}]}]}"#, "names \"type\" twice"),
        (#"{"messages":[{"content":[{"typ\u0065":"file"}]}]}"#, "spelt with an escape"),
        (#"{"messages":[{"content":[{"Type":"file"}]}]}"#, "spells \"type\" in another case"),
        (#"{"messages":[{"content":[{"text":"a","text":"b"}]}]}"#, "names \"text\" twice"),
        (#"{"messages":[{"content":"a","content":"b"}]}"#, "names \"content\" twice"),
        (#"{"messages":[{"content":"a","Content":"b"}]}"#, "in another case"),
        (#"{"messages":[{" content":[{"type":"file"}]}]}"#, "with spaces"),
        (#"{"messages":[{"content ":[{"type":"file"}]}]}"#, "with spaces"),
        ("{\"messages\":[{\"conten\u{7F}t\":[{\"type\":\"file\"}]}]}", "with spaces"),
        (#"{"messages":[{"role":"user","role":"tool"}]}"#, "names \"role\" twice"),
        (#"{"messages":[{"rôle":"user"}]}"#, "outside ASCII"),
        (#"{"messages":[{}],"tools":[{"type":"function","type":"custom"}]}"#, "twice"),
        (#"{"messages":[{}],"tools":[{"type":"function","TYPE":"custom"}]}"#, "in another case"),
        (#"{"messages":[{}],"x":1,"x":2}"#, "names \"x\" twice"),
        (#"{"messages":[{}],"transforms":"middle-out"}"#, "must be a list of strings"),
        (#"{"messages":[{}],"reasoning":"high"}"#, "must be an object"),
        (#"{"messages":[{}],"reasoning":{"effort":"more"}}"#, "must be one of none, minimal"),
        (#"{"messages":[{}],"reasoning":{"enabled":"no"}}"#, "must be true or false"),
        (#"{"messages":[{}],"reasoning_effort":1}"#, "must be one of"),
        (#"{"messages":[{}],"verbosity":"most"}"#, "must be one of"),
        (#"{"messages":[{}],"thinking":{"type":1}}"#, "must be a string"),
        (#"{"messages":[{}],"output_config":{"effort":"much"}}"#, "must be one of"),
        (#"{"messages":[{}],"include_reasoning":"x"}"#, "must be true or false"),
        (#"{"messages":[{}],"provider":{"only":"azure"}}"#, "\"provider.only\""),
        (#"{"messages":[{}],"provider":{"zdr":"no"}}"#, "\"provider.zdr\""),
        (#"{"messages":[{}],"provider":{"data_collection":"DENY"}}"#, "data_collection"),
        (#"{"messages":[{}],"provider":{"max_price":{"prompt":"x"}}}"#, "max_price"),
    ])
    func `a body that cannot be judged is refused in words`(body: String, words: String) {
        let fault = #expect(throws: ChatRequest.Fault.self) { try scan(body) }
        #expect(fault?.sentence.contains(words) == true, "\(fault?.sentence ?? "")")
    }

    /// A made-up key and 650 KB froze an event loop for seconds: each name was compared with all.
    @Test func `a field that is read as a whole has a size`() {
        let names = (0..<60_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        let fault = #expect(throws: ChatRequest.Fault.self) {
            try scanning("\"provider\":{\(names)}")
        }
        #expect(fault?.sentence.contains("longer than") == true)
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let bytes =
            Array("{\(ChatRequestTests.messages),\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: ChatRequest.Fault.self) { try ChatRequest.scan(bytes.span) }
    }

    @Test(arguments: [
        #""plugins":[{"id":"web"}]"#, #""preset":"x""#, #""web_search_options":{}"#,
        #""tools":[{"type":1}]"#, #""tools":[{"type":[]}]"#, #""tools":[{"type":""}]"#,
        #""tools":[{"type":"openrouter:web_search"}]"#, #""tools":[{"name":"x"}]"#,
        #""modalities":["text","image"]"#, #""service_tier":"priority""#, #""audio":{"voice":"x"}"#,
    ])
    func `what can cost more than tokens is noticed`(field: String) throws {
        #expect(try !scanning(field).extras.isEmpty)
    }

    @Test(arguments: [
        #""plugins":[]"#, #""preset":null"#, #""modalities":["text"]"#, #""service_tier":"auto""#,
        #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#,
        #""stream_options":{"include_usage":true}"#, #""reasoning":{"effort":"low"}"#,
    ])
    func `what costs only tokens passes`(field: String) throws {
        #expect(try scanning(field).extras.isEmpty)
    }

    @Test(arguments: [
        #"[{"type":"image_url","image_url":{"url":"x"}}]"#, #"[{"text":"no type"}]"#,
        #"[{"type":"text","text":"x"},{"type":"input_audio"}]"#, #"["x"]"#,
        #"[{"type":"f\u0069le"}]"#,
    ])
    func `a message that is not all text is noticed`(content: String) throws {
        let request = try scan(#"{"model":"a","messages":[{"role":"user","content":\#(content)}]}"#)
        #expect(!request.extras.isEmpty)
    }

    @Test(arguments: [
        (#"{"type":"text","text":"x","imageWurl":{"url":"x"}}"#, Extra.image),
        (#"{"type":"text","text":"x","the_pdf":"x"}"#, .file),
        (#"{"type":"text","text":"x","MyAttachment":"x"}"#, .file),
        (#"{"type":"text","text":"x","xaudio":"x"}"#, .audio),
        (#"{"type":"text","text":"x","documents":["x"]}"#, .file),
        (#"{"type":"text","text":"x","input_video_2":[{},{}]}"#, .video),
    ])
    func `a name that sounds like media may bring them`(part: String, kind: Extra) throws {
        let request = try scan(#"{"messages":[{"role":"user","content":[\#(part)]}]}"#)
        #expect(request.extras.count(kind) > 0)
        let file = #"{"type":"input_file","filename":"a.pdf","file_data":"x"}"#
        let plain = try scan(#"{"messages":[{"role":"user","content":[\#(file)]}]}"#)
        #expect(plain.extras.count(.file) == 1)
    }

    @Test func `media are counted by kind, in parts and in what a model said earlier`() throws {
        let request = try scan(
            #"{"messages":[{"role":"user","content":[{"type":"text","text":"x"},"#
                + #"{"type":"image_url"},{"type":"input_image"},{"type":"image"},"#
                + #"{"type":"input_audio"},{"type":"video_url"},{"type":"input_video"},"#
                + #"{"type":"file"},{"type":"input_file"},{"type":"audio"}]},"#
                + #"{"role":"assistant","content":null,"images":[{},{}],"audio":{"id":"a"},"#
                + #""videos":null,"files":[]}]}"#)
        let kinds: [Extra] = [.image, .audio, .video, .file]
        #expect(kinds.map(request.extras.count) == [5, 3, 2, 2])
        #expect(request.extras.forbidden == nil)
        #expect(request.extras[.image]?.words == "A content part of type \"image_url\"")
    }

    @Test(arguments: [
        #"[{"text":"no type"}]"#, #"["x"]"#, #"[{"type":"hologram"}]"#, #"[{"type":5}]"#,
    ])
    func `a content part that nobody can tell is allowed by no ceiling`(content: String) throws {
        let request = try scan(#"{"messages":[{"role":"user","content":\#(content)}]}"#)
        #expect(request.extras.forbidden != nil)
    }

    @Test(
        arguments: [
            (#""plugins":[{"id":"web","engine":"exa"}]"#, "0.007"),
            (#""plugins":[{"id":"web","engine":"exa","max_results":11}]"#, "0.008"),
            (#""plugins":[{"id":"web","engine":"exa","mode":"deep-reasoning"}]"#, "0.015"),
            (#""plugins":[{"id":"web"}]"#, nil),
            (#""plugins":[{"id":"web","engine":"native"}]"#, nil),
            (#""plugins":[{"id":"web","engine":"exa"}],"web_search_options":{}"#, nil),
            (#""web_search_options":{},"plugins":[{"id":"web","engine":"exa"}]"#, nil),
            (#""plugins":[{"id":"web","engine":"exa","max_results":0}]"#, nil),
            (#""plugins":[{"id":"web","engine":"exa","max_results":1001}]"#, nil),
        ] as [(String, String?)])
    func `a search has a known fee where one engine runs`(field: String, fee: String?) throws {
        let extras = try scanning(field).extras
        #expect(extras.searchFee == fee.flatMap { UnitPrice($0) })
        #expect(extras.count(.webSearch) >= 1)
    }

    @Test(arguments: [
        #""reasoning":{"max_tokens":"5"}"#, #""reasoning":{"max_tokens":-1}"#,
        #""thinking":{"budget_tokens":1.5}"#, #""plugins":{}"#,
    ])
    func `a budget or a list that is none is refused in words`(field: String) {
        #expect(throws: ChatRequest.Fault.self) { try scanning(field) }
    }

    private let forwarding = Forwarding(
        outputTokensMax: 64,
        prices: PriceLimits(
            prompt: UnitPrice("0.000003"), completion: UnitPrice("0.000015"), request: .zero),
        user: "alice")

    private func forwarded(_ body: String, _ forwarding: Forwarding) throws -> JSON {
        let bytes = Array(body.utf8)
        var result: [UInt8] = []
        var position = 0
        for edit in try ChatRequest.scan(bytes.span).edits(for: forwarding) {
            result += bytes[position..<edit.range.lowerBound]
            result += Array(edit.text.utf8)
            position = edit.range.upperBound
        }
        return try JSON.parse(result + bytes[position...], duplicates: .refused)
    }

    @Test func `limits, prices and the member are written into the body`() throws {
        let json = try forwarded(
            #"{"model":"a/b",\#(ChatRequestTests.messages),"seed":1.50}"#, forwarding)
        #expect(json["max_tokens"] == 64)
        #expect(json["user"] == "alice")
        #expect(json["seed"]?.literal == "1.50")
        let prices = json["provider"]?["max_price"]
        #expect(prices?["prompt"] == "3")
        #expect(prices?["completion"] == "15")
        #expect(prices?["request"] == "0")
        #expect(prices?["image"] == nil)
    }

    @Test func `prices of media go as they are listed, and those not known are left alone`() throws
    {
        var forwarding = forwarding
        forwarding.prices = PriceLimits(image: UnitPrice("0.007225"), audio: UnitPrice("0.00001"))
        let json = try forwarded(
            #"{"model":"a/b",\#(ChatRequestTests.messages),"#
                + #""provider":{"max_price":{"image":"0.001","audio":"1","prompt":7}}}"#, forwarding
        )
        #expect(
            json["provider"]?["max_price"] == ["image": "0.001", "audio": "0.00001", "prompt": 7])
        forwarding.prices = PriceLimits()
        let none = try forwarded(#"{"model":"a/b",\#(ChatRequestTests.messages)}"#, forwarding)
        #expect(none["provider"] == nil)
    }

    @Test func `both output limits are brought down, and none is left above the hold`() throws {
        let json = try forwarded(
            #"{"model":"a/b",\#(ChatRequestTests.messages),"max_tokens":9,"max_completion_tokens":900}"#,
            forwarding)
        #expect(json["max_tokens"] == 64)
        #expect(json["max_completion_tokens"] == 64)
    }

    @Test func `a client's own lower price limit stays, a higher one does not`() throws {
        let json = try forwarded(
            #"{"model":"a/b",\#(ChatRequestTests.messages),"#
                + #""provider":{"order":["x"],"max_price":{"prompt":"1","completion":99}}}"#,
            forwarding)
        #expect(json["provider"]?["order"] == ["x"])
        #expect(json["provider"]?["max_price"]?["prompt"] == "1")
        #expect(json["provider"]?["max_price"]?["completion"] == "15")
    }

    @Test func `a downgrade replaces the model, and a filtered list the list`() throws {
        var forwarding = forwarding
        forwarding.model = "x/small"
        forwarding.models = ["x/other"]
        let json = try forwarded(
            #"{"models":["a/b","x/other"],"model":"a/b",\#(ChatRequestTests.messages)}"#, forwarding
        )
        #expect(json["model"] == "x/small")
        #expect(json["models"] == ["x/other"])
    }

    @Test func `a body without a model gets one when it is downgraded`() throws {
        var forwarding = forwarding
        forwarding.model = "x/small"
        let json = try forwarded(#"{"models":["a/b"],\#(ChatRequestTests.messages)}"#, forwarding)
        #expect(json["model"] == "x/small")
    }
}
