import OpenRouterWire
import Purser
import Testing

struct StreamTests {
    private static let usage =
        #"{"id":"gen-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"cost":1.5e-7}}"#

    /// All events of a stream that arrives in pieces of the given size.
    private func events(_ text: String, pieces: Int) -> [StreamEvent] {
        var buffer: [UInt8] = []
        var scanned = 0
        var events: [StreamEvent] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            buffer += rest.prefix(pieces)
            rest = rest.dropFirst(pieces)
            while let end = EventStream.endOfEvent(buffer.span, scanned: &scanned) {
                events.append(StreamEvent.read(buffer.span, in: 0..<end))
                buffer.removeFirst(end)
            }
        }
        return events
    }

    private func check(_ text: String, _ expected: [StreamEvent]) {
        for pieces in [1, 2, 3, 7, 64, 100_000] {
            #expect(events(text, pieces: pieces) == expected)
        }
    }

    private var report: StreamEvent {
        var answer = ChatAnswer()
        answer.id = "gen-1"
        answer.hasChoices = true
        answer.usage = Usage(
            cost: USD("0.00000015"), costLiteral: "1.5e-7",
            tokens: TokenCounts(prompt: 3, completion: 2))
        return .report(answer)
    }

    @Test func `usage is found however the stream is cut into packets`() {
        check(
            ": OPENROUTER PROCESSING\n\ndata: {\"id\":\"gen-1\",\"choices\":[]}\n\n"
                + "data: \(StreamTests.usage)\n\ndata: [DONE]\n\n",
            [.plain, .plain, report, .done])
    }

    @Test func `CRLF, no space after the colon and data over several lines are read alike`() {
        let halves = StreamTests.usage.split(separator: ",", maxSplits: 1)
        check(
            ": hello\r\n\r\ndata:{\"id\":\"x\"}\r\n\r\nevent: m\r\ndata: \(halves[0]),\r\n"
                + "data:\(halves[1])\r\n\r\ndata:[DONE]\r\n\r\n",
            [.plain, .plain, report, .done])
    }

    @Test func `text that only mentions usage is not a report`() {
        check(
            #"data: {"id":"gen-1","choices":[{"delta":{"content":"say \"usage\": 5"}}]}"# + "\n\n",
            [.plain])
    }

    @Test func `an error in a chunk is a report, with a code of any type`() {
        var answer = ChatAnswer()
        answer.id = "g"
        answer.hasChoices = true
        answer.hasError = true
        check(
            #"data: {"id":"g","choices":[],"error":{"code":"server_error","message":"x"}}"#
                + "\n\n",
            [.report(answer)])
    }

    @Test func `an event without its end is not there yet`() {
        #expect(events("data: [DONE]\n", pieces: 5).isEmpty)
        #expect(events("data: [DONE]", pieces: 5).isEmpty)
    }

    @Test(arguments: [
        (#"{"cost":0}"#, USD.zero), (#"{"cost":null}"#, nil), (#"{}"#, nil), (#"{"cost":-1}"#, nil),
        (#"{"cost":"0.1"}"#, nil), (#"{"cost":3.15e-06}"#, USD("0.00000315")),
    ])
    func `a cost of zero is a cost, and no cost is none`(usage: String, cost: USD?) throws {
        #expect(Usage(try JSON.parse(usage))?.cost == cost)
    }

    @Test func `an upstream's error reaches members without the account's name`() throws {
        let body = #"{"error":{"message":"no","code":"x","metadata":{"raw":1}},"user_id":"user_1"}"#
        let text = ErrorEnvelope.forMember(Array(body.utf8).span, status: 429)
        let json = try JSON.parse(text)
        #expect(json["user_id"] == nil)
        #expect(json["error"]?["code"] == 429)
        #expect(json["error"]?["message"] == "no")
        let plain = try JSON.parse(ErrorEnvelope.forMember(Array("<html>".utf8).span, status: 502))
        #expect(plain["error"]?["code"] == 502)
    }

    @Test func `the dearest price counts: overrides, cache writes, reasoning`() throws {
        let row = try JSON.parse(
            """
            {"id":"a/b","canonical_slug":"a/b-1","context_length":1000,
             "architecture":{"output_modalities":["text"]},
             "top_provider":{"max_completion_tokens":null},
             "pricing":{"prompt":"0.000003","completion":"0.000015","input_cache_write_1h":"0.000009",
               "internal_reasoning":"0.00002","request":"0.01",
               "overrides":[{"min_prompt_tokens":200000,"prompt":"0.000006"}]}}
            """)
        let model = try #require(ListedModel(row))
        #expect(model.outputTokensMax == 1_000)
        #expect(model.prices?.prompt == UnitPrice("0.000006"))
        #expect(model.prices?.promptDearest == UnitPrice("0.000009"))
        #expect(model.prices?.completion == UnitPrice("0.00002"))
        #expect(model.prices?.request == UnitPrice("0.01"))
        #expect(model.contextLength == 1_000)
        #expect(model.prices?.mediaDearest == UnitPrice("0.000009"))
        #expect(model.prices?.image == .zero)
    }

    @Test(
        arguments: [
            (#""image":"0.0000025""#, "0.0000025", "0.0000025"),
            (#""image":"0.007""#, "0.000001", "0.007"),
            (#""image_token":"0.000004""#, "0.000004", "0"),
            (#""audio":"0.00003""#, "0.00003", "0"),
            (#""input_audio_cache":"0.000002""#, "0.000002", "0"), (#""audio":"-1""#, nil, "0"),
            (#""image":"?""#, "0.000001", nil), (#""image":null"#, "0.000001", nil),
        ] as [(String, String?, String?)])
    func `prices of media are read, and one that cannot be is no price`(
        listed: String, token: String?, image: String?
    ) throws {
        let pricing = try JSON.parse(#"{"prompt":"0.000001","completion":"0.000002",\#(listed)}"#)
        let prices = try #require(ModelPrices(pricing))
        #expect(prices.mediaDearest == token.flatMap { UnitPrice($0) })
        #expect(prices.image == image.flatMap { UnitPrice($0) })
        let plain = try #require(ModelPrices(["prompt": "0", "completion": "0"]))
        #expect(plain.dearest(prices).image == prices.image)
        #expect(plain.dearest(prices).mediaDearest == prices.mediaDearest)
    }

    @Test(
        arguments: [
            (#"{"id":"a","context_length":5,"top_provider":{"context_length":9}}"#, 9),
            (#"{"id":"a","context_length":9,"top_provider":{"context_length":5}}"#, 9),
            (#"{"id":"a","context_length":null,"top_provider":{"context_length":5}}"#, 5),
            (#"{"id":"a","context_length":0}"#, nil), (#"{"id":"a"}"#, nil),
        ] as [(String, Int64?)])
    func `the context is the larger of the two that a row gives`(row: String, length: Int64?) throws
    {
        #expect(try #require(ListedModel(try JSON.parse(row))).contextLength == length)
    }

    @Test func `a price that is not known beforehand is none`() throws {
        let row = try JSON.parse(
            #"{"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}"#)
        let model = try #require(ListedModel(row))
        #expect(model.prices == nil)
        #expect(model.isRouter)
    }
}
