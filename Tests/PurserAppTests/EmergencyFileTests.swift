import Foundation
import Purser
import Testing

@testable import PurserApp

@Suite struct EmergencyFileTests {
    /// A folder of its own, gone afterwards.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("purser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A folder that stays behind fails no test.
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("team.db").path)
    }

    private let attempt = Attempt(
        id: ID(1), requestID: "req-1", at: Timestamp(milliseconds: 0), key: ID(1), member: ID(1),
        team: nil, requestedModel: "m", model: "m", app: "", isStreamed: false, bound: .zero,
        day: CivilDate(daysSinceEpoch: 20_778))

    private func entry(_ attempt: Int64, _ kind: Entry.Kind = .settled) -> Entry {
        Entry(
            attempt: ID(attempt), sequence: kind == .correction ? 1 : 0,
            at: Timestamp(milliseconds: 1_795_248_000_123), kind: kind,
            amount: kind == .released ? .zero : USD(picodollars: 3_150_001), literal: "3.15e-06",
            source: .upstream, generationID: "gen-\"quoted\"",
            tokens: TokenCounts(prompt: 1, completion: 2, cached: 3, reasoning: 4),
            upstreamStatus: 200)
    }

    @Test func `what is appended is there for the next start, every fact of it`() throws {
        try inFolder { path in
            let file = try EmergencyFile(beside: path)
            let appended = [
                file.append(entry(1), of: attempt), file.append(entry(2, .released), of: attempt),
            ]
            #expect(appended == [true, true])
            #expect(
                try EmergencyFile(beside: path).lines().map(\.entry) == [
                    entry(1), entry(2, .released),
                ])
        }
    }

    @Test func `there is room beforehand, so that a full disk does not stand in the way`() throws {
        try inFolder { path in
            let file = try EmergencyFile(beside: path)
            let before = try Data(contentsOf: URL(fileURLWithPath: file.path)).count
            for number in 1...1_000 { _ = file.append(entry(Int64(number)), of: attempt) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)).count == before)
            #expect(try EmergencyFile(beside: path).lines().map(\.entry).count == 1_000)
        }
    }

    @Test func `emptied is empty, unless something came meanwhile`() throws {
        try inFolder { path in
            let file = try EmergencyFile(beside: path)
            _ = file.append(entry(1), of: attempt)
            let count = file.count
            _ = file.append(entry(2), of: attempt)
            file.clear(after: count)
            #expect(try EmergencyFile(beside: path).lines().map(\.entry).count == 2)
            file.clear(after: file.count)
            #expect(try EmergencyFile(beside: path).lines().map(\.entry).isEmpty)
            _ = file.append(entry(3), of: attempt)
            #expect(try EmergencyFile(beside: path).lines().map(\.entry) == [entry(3)])
        }
    }

    @Test func `a torn line is left out, what stands before it is not`() throws {
        try inFolder { path in
            let file = try EmergencyFile(beside: path)
            _ = file.append(entry(1), of: attempt)
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.path))
            let length = try #require(
                try Data(contentsOf: URL(fileURLWithPath: file.path)).firstIndex(of: 0))
            try handle.seek(toOffset: UInt64(length))
            try handle.write(contentsOf: Data(#"{"attempt":2,"at_ms":1,"ki"#.utf8))
            #expect(try EmergencyFile(beside: path).lines().map(\.entry) == [entry(1)])
        }
    }

    @Test(arguments: [
        #""kind":"released","amount":"1""#, #""kind":"settled","amount":"900000""#,
        #""kind":"settled","amount":"-1""#, #""kind":"refunded","amount":"0""#,
    ])
    func `a line that this program cannot have written is left out`(fields: String) throws {
        try inFolder { path in
            let line =
                #"{"attempt":1,"request_id":"r","at_ms":1,"source":"upstream","#
                + #""tokens":[0,0,0,0],\#(fields)}"# + "\n"
            try Data(line.utf8).write(to: URL(fileURLWithPath: path + ".emergency"))
            #expect(try EmergencyFile(beside: path).lines().isEmpty)
            let sound = line.replacing(fields, with: #""kind":"settled","amount":"0.5""#)
            try Data(sound.utf8).write(to: URL(fileURLWithPath: path + ".emergency"))
            #expect(try EmergencyFile(beside: path).lines().map(\.requestID) == ["r"])
        }
    }

    @Test func `a file that was left without room gets it back`() throws {
        try inFolder { path in
            try Data("{}\n".utf8).write(to: URL(fileURLWithPath: path + ".emergency"))
            let file = try EmergencyFile(beside: path)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file.path)).count == 1 << 20)
        }
    }

    @Test func `a correction is not for this file: it is asked about again`() throws {
        try inFolder { path in
            let file = try EmergencyFile(beside: path)
            _ = file.append(entry(1, .correction), of: attempt)
            #expect(try EmergencyFile(beside: path).lines().map(\.entry).isEmpty)
        }
    }
}
