import Credentials
import Management
import OpenRouterWire
import Purser
import Storage
import Synchronization
import Testing

/// The management API on a directory in memory, with a clock that ticks and secrets that count.
final class TestDesk: Sendable {
    let directory = MemoryDirectory()
    private let spent = Mutex<[Scope: [Period: USD]]>([:])
    private let clock = Mutex(Timestamp(milliseconds: 1_795_230_000_000))
    private let minted = Mutex(0)

    /// 2026-11-21, in the middle of the day.
    static let start = Timestamp(milliseconds: 1_795_230_000_000)

    var api: ManagementAPI {
        ManagementAPI(
            directory: directory,
            spent: { scope, period in
                self.spent.withLock { $0[scope]?[period] ?? .zero }
            },
            now: {
                self.clock.withLock { now in
                    now = now.adding(seconds: 1)
                    return now
                }
            },
            mint: { kind in
                self.minted.withLock { count in
                    count += 1
                    return Secret(
                        kind.prefix + String(repeating: "0", count: 60) + padded(count, 4))
                }
            })
    }

    func spend(_ amount: USD, _ scope: Scope, _ periods: [Period] = Period.allCases) {
        spent.withLock { spent in
            for period in periods { spent[scope, default: [:]][period] = amount }
        }
    }

    func send(_ method: String, _ path: String, _ body: String = "") -> Answer {
        let parts = path.split(separator: "?", maxSplits: 1)
        let response = api.respond(
            to: ManagementRequest(
                method: method, path: String(parts[0]),
                query: parts.count == 2 ? String(parts[1]) : "", body: Array(body.utf8),
                requestID: "req-1"))
        return Answer(response: response)
    }

    /// Makes a key that must succeed, and returns its answer.
    func create(_ body: String) throws -> Answer {
        let answer = send("POST", "/keys", body)
        try #require(answer.status == 201, "\(answer.response.body)")
        return answer
    }

    func roster() throws -> Roster { try directory.roster() }
}

/// An answer, read back as a client would.
struct Answer {
    var response: ManagementResponse

    var status: Int { response.status }

    var json: JSON {
        // A body that is no JSON fails the test at what is asked of it.
        (try? JSON.parse(response.body)) ?? .null
    }

    subscript(name: String) -> JSON? { json[name] }

    var message: String { json["error"]?["message"]?.string ?? "" }

    var hash: String { json["data"]?["hash"]?.string ?? "" }

    var names: [String] {
        json["data"]?.array?.compactMap { $0["name"]?.string } ?? []
    }
}
