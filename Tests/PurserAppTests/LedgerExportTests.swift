import OpenRouterWire
import Purser
import Storage
import Testing

@testable import PurserApp

struct LedgerExportTests {
    private func call(_ id: Int64, entries: [Entry]? = nil) throws -> RecordedCall {
        let attempt = Attempt(
            id: ID(id), requestID: "req-\(id)", at: Timestamp(milliseconds: 0), key: ID(1),
            member: ID(1), team: nil, requestedModel: "a/dear", model: "a/cheap", app: "note,book",
            isStreamed: true, bound: .dollars(1), day: try readDay("1970-01-01"),
            alias: id == 1 ? "fast" : nil, shadowed: id == 1 ? [.price, .maxTokens] : [])
        let settled = Entry(
            attempt: ID(id), at: Timestamp(milliseconds: 5_250), kind: .settled,
            amount: USD("0.00000315") ?? .zero, literal: "3.15e-06", source: .upstream,
            generationID: "gen-1",
            tokens: TokenCounts(prompt: 7, completion: 2, cached: 4, reasoning: 1),
            upstreamStatus: 200)
        return RecordedCall(
            attempt: attempt, member: "alice", team: nil, keyHash: "00ff",
            entries: entries ?? [settled])
    }

    private func export(_ format: OutputFormat, _ calls: [RecordedCall]) -> String {
        var export = LedgerExport(format)
        var text = export.opening
        for call in calls { text += export.line(call) }
        return text + export.ending
    }

    @Test func `JSON is an array with one call a line`() throws {
        let text = export(.json, [try call(1), try call(2)])
        #expect(text.split(separator: "\n").count == 4)
        let calls = try #require(try JSON.parse(text).array)
        #expect(calls.count == 2)
        #expect(calls[1]["alias"] == .null && calls[1]["shadowed"] == .null)
        #expect(
            calls[0].text
                == #"{"id":1,"member":"alice","team":null,"key":"00ff","model":"a/cheap","#
                + #""requested_model":"a/dear","endpoint":"/chat/completions","stream":true,"#
                + #""started_at":"1970-01-01T00:00:00.000Z","#
                + #""settled_at":"1970-01-01T00:00:05.250Z","state":"settled","#
                + #""cost":"0.00000315","cost_source":"upstream","held":"0","prompt_tokens":7,"#
                + #""completion_tokens":2,"cached_tokens":4,"reasoning_tokens":1,"#
                + #""generation_id":"gen-1","upstream_status":200,"app":"note,book","#
                + #""request_id":"req-1","cost_literal":"3.15e-06","alias":"fast","#
                + #""shadowed":"price,max-tokens"}"#)
    }

    @Test func `CSV has the same calls under the same names`() throws {
        #expect(
            export(.csv, [try call(1)]) == """
                id,member,team,key,model,requested_model,endpoint,stream,started_at,settled_at,\
                state,cost,cost_source,held,prompt_tokens,completion_tokens,cached_tokens,\
                reasoning_tokens,generation_id,upstream_status,app,request_id,cost_literal,\
                alias,shadowed
                1,alice,,00ff,a/cheap,a/dear,/chat/completions,true,1970-01-01T00:00:00.000Z,\
                1970-01-01T00:00:05.250Z,settled,0.00000315,upstream,0,7,2,4,1,gen-1,200,\
                "note,book",req-1,3.15e-06,fast,"price,max-tokens"

                """)
    }

    @Test func `a call in flight is held, an unknown one kept, and late truth settles it`() throws {
        func states(_ entries: [Entry]) throws -> [JSON?] {
            let text = export(.json, [try call(1, entries: entries)])
            let line = try #require(try JSON.parse(text).array?.first)
            return ["state", "cost", "cost_source", "held"].map { line[$0] }
        }
        let at = Timestamp(milliseconds: 1)
        let kept = Entry(
            attempt: ID(1), at: at, kind: .kept, amount: .dollars(1), source: .hold)
        let correction = Entry(
            attempt: ID(1), sequence: 1, at: at, kind: .correction, amount: USD("-0.75") ?? .zero,
            source: .generation)
        let released = Entry(
            attempt: ID(1), at: at, kind: .released, amount: .zero, source: .none)
        #expect(try states([]) == ["held", "0", .some(nil), "1"])
        #expect(try states([kept]) == ["kept", "1", "kept", "0"])
        #expect(try states([kept, correction]) == ["settled", "0.25", "generation", "0"])
        #expect(try states([released]) == ["released", "0", .some(nil), "0"])
    }

    @Test func `an empty ledger is an empty array, or a line of names`() {
        #expect(export(.json, []) == "[]\n")
        #expect(export(.csv, []).split(separator: "\n").count == 1)
    }
}
