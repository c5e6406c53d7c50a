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
        #expect(request.unboundable == nil)
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
        #""tools":[{"type":"openrouter:web_search"}]"#, #""tools":[{"name":"x"}]"#,
        #""tools":[{"type":"function","type":"openrouter:fusion"}]"#,
        #""modalities":["text","image"]"#, #""service_tier":"priority""#, #""audio":{"voice":"x"}"#,
    ])
    func `what can cost more than tokens is noticed`(field: String) throws {
        #expect(try scanning(field).unboundable != nil)
    }

    @Test(arguments: [
        #""plugins":[]"#, #""preset":null"#, #""modalities":["text"]"#, #""service_tier":"auto""#,
        #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#,
        #""stream_options":{"include_usage":true}"#, #""reasoning":{"effort":"low"}"#,
    ])
    func `what costs only tokens passes`(field: String) throws {
        #expect(try scanning(field).unboundable == nil)
    }

    @Test(arguments: [
        #"[{"type":"image_url","image_url":{"url":"x"}}]"#, #"[{"text":"no type"}]"#,
        #"[{"type":"text","text":"x"},{"type":"input_audio"}]"#,
        #"[{"type":"text","type":"file","text":"x"}]"#, #"[{"typ\u0065":"file"}]"#, #"["x"]"#,
    ])
    func `a message that is not all text is noticed`(content: String) throws {
        let request = try scan(#"{"model":"a","messages":[{"role":"user","content":\#(content)}]}"#)
        #expect(request.unboundable != nil)
    }

    private let forwarding = Forwarding(
        outputTokensMax: 64, promptPriceMax: UnitPrice("0.000003")!,
        completionPriceMax: UnitPrice("0.000015")!, user: "alice")

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
