import OpenRouterWire
import Purser
import Storage
import Testing

@testable import PurserApp

struct LedgerExportTests {
    private func row(_ id: Int64) throws -> LedgerRow {
        let attempt = Attempt(
            id: ID(id), requestID: "req-\(id)", at: Timestamp(milliseconds: 0), key: ID(1),
            member: ID(1), team: nil, requestedModel: "a/dear", model: "a/cheap", app: "note,book",
            isStreamed: true, bound: .dollars(1), day: try readDay("1970-01-01"))
        let entry = Entry(
            attempt: ID(id), at: Timestamp(milliseconds: 5_250), kind: .settled,
            amount: USD("0.00000315") ?? .zero, literal: "3.15e-06", source: .upstream,
            generationID: "gen-1", promptTokens: 7, completionTokens: 2)
        return LedgerRow(
            id: id, entry: entry, attempt: attempt, member: "alice", team: nil, keyHash: "00ff")
    }

    private func export(_ format: OutputFormat, count: Int64) throws -> String {
        var export = LedgerExport(format)
        var text = export.opening
        for id in 0..<count { text += export.line(try row(id + 1)) }
        return text + export.ending
    }

    @Test func `JSON is an array with one entry a line`() throws {
        let text = try export(.json, count: 2)
        #expect(text.split(separator: "\n").count == 4)
        let entries = try #require(try JSON.parse(text).array)
        #expect(entries.count == 2)
        #expect(
            entries[0].text
                == #"{"id":1,"attempt":1,"request_id":"req-1","at":"1970-01-01T00:00:05.250Z","#
                + #""kind":"settled","cost":0.00000315,"cost_literal":"3.15e-06","#
                + #""source":"upstream","member":"alice","key_hash":"00ff","team":null,"#
                + #""model":"a/cheap","requested_model":"a/dear","app":"note,book","#
                + #""generation_id":"gen-1","prompt_tokens":7,"completion_tokens":2,"#
                + #""streamed":true}"#)
    }

    @Test func `CSV has the same entries under the same names`() throws {
        #expect(
            try export(.csv, count: 1) == """
                id,attempt,request_id,at,kind,cost,cost_literal,source,member,key_hash,team,\
                model,requested_model,app,generation_id,prompt_tokens,completion_tokens,streamed
                1,1,req-1,1970-01-01T00:00:05.250Z,settled,0.00000315,3.15e-06,upstream,alice,\
                00ff,,a/cheap,a/dear,"note,book",gen-1,7,2,true

                """)
    }

    @Test func `an empty ledger is an empty array, or a line of names`() throws {
        #expect(try export(.json, count: 0) == "[]\n")
        #expect(try export(.csv, count: 0).split(separator: "\n").count == 1)
    }
}
