import Foundation
import OpenRouterWire
import Purser
import Storage
import Synchronization

/// Outcomes that the ledger could not take, in a file beside the database.
///
/// Nobody else knows what these calls cost: if the process ends before the ledger works again,
/// the next start writes them. Room is made beforehand, so that a full disk does not stand in the
/// way. One JSON object a line; behind the last line come zero bytes.
///
/// A correction does not come here: its generation is asked about again after the next start.
final class EmergencyFile: Sendable {
    let path: String
    private let state: Mutex<State>

    private struct State {
        var file: FileHandle
        var size: UInt64 = 0
        var count = 0
    }

    /// A few thousand outcomes: more than fail before the gateway gives up.
    private static let roomBytes = 1 << 20

    /// Opens the file, or makes it with room in it.
    init(beside database: String) throws(StorageFailure) {
        // Two ways to write one path lead to one file.
        path = URL(fileURLWithPath: database).resolvingSymlinksInPath().path + ".emergency"
        do {
            if !FileManager.default.fileExists(atPath: path) {
                try Data(count: EmergencyFile.roomBytes).write(to: URL(fileURLWithPath: path))
            }
            state = Mutex(
                State(file: try FileHandle(forUpdating: URL(fileURLWithPath: path))))
        } catch {
            throw StorageFailure(
                .unavailable, "the file \(path) cannot be opened: check its permissions")
        }
        // Finds its end, behind what an earlier run left.
        _ = try entries()
    }

    /// Writes one outcome and syncs it; `false` if that failed too.
    func append(_ entry: Entry) -> Bool {
        if entry.kind == .correction { return true }
        let line = Data((entry.emergencyJSON.text + "\n").utf8)
        return state.withLock { state in
            state.count += 1
            // What cost nothing is a courtesy to the next start; a flood of it is none.
            if entry.kind == .released, state.size > EmergencyFile.roomBytes / 2 { return true }
            do {
                try state.file.seek(toOffset: state.size)
                try state.file.write(contentsOf: line)
                try state.file.synchronize()
                state.size += UInt64(line.count)
                return true
            } catch {
                // The caller says so; the entry is still in memory.
                return false
            }
        }
    }

    /// What an earlier run left. A line that was torn is left out.
    func entries() throws(StorageFailure) -> [Entry] {
        do {
            return try state.withLock { state in
                try state.file.seek(toOffset: 0)
                let bytes = try state.file.readToEnd() ?? Data()
                let text = bytes.prefix { $0 != 0 }
                state.size = UInt64(text.count)
                // A line without an end was not written whole.
                return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
                    // Torn lines are no JSON.
                    (try? JSON.parse(String(decoding: line, as: UTF8.self)))
                        .flatMap(Entry.init(emergencyJSON:))
                }
            }
        } catch {
            throw StorageFailure(.unavailable, "the file \(path) cannot be read")
        }
    }

    /// How many outcomes were appended by this process.
    var count: Int { state.withLock { $0.count } }

    /// Empties the file, unless more has been appended than `count`.
    func clear(after count: Int) {
        state.withLock { state in
            guard state.count == count, state.size > 0 else { return }
            do {
                try state.file.seek(toOffset: 0)
                try state.file.write(contentsOf: Data(count: Int(state.size)))
                try state.file.synchronize()
                state.size = 0
            } catch {
                // What stays is written again at the next start, which changes nothing.
            }
        }
    }
}

extension Entry {
    fileprivate var emergencyJSON: JSON {
        [
            "attempt": JSON(attempt.rawValue), "at_ms": JSON(at.milliseconds),
            "kind": .string(kind.rawValue), "amount": .string(amount.description),
            "literal": JSON(literal), "source": .string(source.rawValue),
            "generation_id": JSON(generationID),
            "tokens": [
                JSON(tokens.prompt), JSON(tokens.completion), JSON(tokens.cached),
                JSON(tokens.reasoning),
            ],
            "upstream_status": upstreamStatus.map { JSON(Int64($0)) } ?? .null,
        ]
    }

    fileprivate init?(emergencyJSON json: JSON) {
        guard let attempt = json["attempt"]?.integer, let at = json["at_ms"]?.integer,
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)), kind != .correction,
            let amount = json["amount"]?.string.flatMap({ USD($0) }), amount >= .zero,
            let source = json["source"]?.string.flatMap(Source.init(rawValue:)),
            let tokens = json["tokens"]?.array?.compactMap(\.integer), tokens.count == 4
        else { return nil }
        self.init(
            attempt: ID(attempt), at: Timestamp(milliseconds: at), kind: kind, amount: amount,
            literal: json["literal"]?.string, source: source,
            generationID: json["generation_id"]?.string,
            tokens: TokenCounts(
                prompt: tokens[0], completion: tokens[1], cached: tokens[2],
                reasoning: tokens[3]),
            upstreamStatus: json["upstream_status"]?.integer.map { Int($0) })
    }
}
