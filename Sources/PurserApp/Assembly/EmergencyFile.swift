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
    /// One outcome, with the name of its call: a number alone may be given out again.
    struct Line: Hashable, Sendable {
        var entry: Entry
        var requestID: String
    }

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
                try Data().write(to: URL(fileURLWithPath: path))
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            // A start that was cut short may have left less room than there should be.
            let size = try file.seekToEnd()
            if size < EmergencyFile.roomBytes {
                try file.write(contentsOf: Data(count: EmergencyFile.roomBytes - Int(size)))
                try file.synchronize()
            }
            state = Mutex(State(file: file))
        } catch {
            throw StorageFailure(
                .unavailable, "the file \(path) cannot be opened: check its permissions")
        }
        // Finds its end, behind what an earlier run left.
        _ = try lines()
    }

    /// Writes one outcome and syncs it; `false` if that failed too.
    func append(_ entry: Entry, of attempt: Attempt) -> Bool {
        if entry.kind == .correction { return true }
        let line = Data((Line(entry: entry, requestID: attempt.requestID).json.text + "\n").utf8)
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
    func lines() throws(StorageFailure) -> [Line] {
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
                        .flatMap(Line.init)
                }
            }
        } catch {
            throw StorageFailure(.unavailable, "the file \(path) cannot be read")
        }
    }

    /// How many outcomes were appended by this process.
    var count: Int { state.withLock { $0.count } }

    /// Empties the file, unless more has been appended than `count`; `false` if it cannot.
    @discardableResult
    func clear(after count: Int) -> Bool {
        state.withLock { state in
            guard state.count == count, state.size > 0 else { return true }
            do {
                try state.file.seek(toOffset: 0)
                try state.file.write(contentsOf: Data(count: Int(state.size)))
                try state.file.synchronize()
                state.size = 0
                return true
            } catch {
                // What stays is looked at again at the next start, which changes nothing.
                return false
            }
        }
    }
}

extension EmergencyFile.Line {
    fileprivate var json: JSON {
        [
            "attempt": JSON(entry.attempt.rawValue), "request_id": .string(requestID),
            "at_ms": JSON(entry.at.milliseconds), "kind": .string(entry.kind.rawValue),
            "amount": .string(entry.amount.description), "literal": JSON(entry.literal),
            "source": .string(entry.source.rawValue), "generation_id": JSON(entry.generationID),
            "tokens": [
                JSON(entry.tokens.prompt), JSON(entry.tokens.completion),
                JSON(entry.tokens.cached), JSON(entry.tokens.reasoning),
            ],
            "upstream_status": entry.upstreamStatus.map { JSON(Int64($0)) } ?? .null,
        ]
    }

    /// `nil` for what this program cannot have written.
    fileprivate init?(_ json: JSON) {
        guard let attempt = json["attempt"]?.integer, let at = json["at_ms"]?.integer,
            let requestID = json["request_id"]?.string,
            let kind = json["kind"]?.string.flatMap(Entry.Kind.init(rawValue:)),
            kind != .correction,
            let amount = json["amount"]?.string.flatMap({ USD($0) }),
            USD.isPlausibleCost(amount), kind != .released || amount == .zero,
            let source = json["source"]?.string.flatMap(Entry.Source.init(rawValue:)),
            let tokens = json["tokens"]?.array?.compactMap(\.integer), tokens.count == 4,
            tokens.allSatisfy({ $0 >= 0 })
        else { return nil }
        let status = json["upstream_status"]?.integer.map { Int($0) }
        guard status.map((100...599).contains) ?? true else { return nil }
        self.requestID = requestID
        entry = Entry(
            attempt: ID(attempt), at: Timestamp(milliseconds: at), kind: kind, amount: amount,
            literal: json["literal"]?.string, source: source,
            generationID: json["generation_id"]?.string,
            tokens: TokenCounts(
                prompt: tokens[0], completion: tokens[1], cached: tokens[2],
                reasoning: tokens[3]),
            upstreamStatus: status)
    }
}
