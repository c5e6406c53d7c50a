import Judge
import OpenRouterWire

/// Remembers what arrived, and says on demand everything that it could have made run.
///
/// Judging waits until somebody asks, so that a sandbox under load pays nothing for it.
struct Witness: Sendable {
    /// As many as a test sends at once, and no more memory than a large body of them.
    static let requestsMax = 1_000
    static let bytesMax = 64 * 1_024 * 1_024

    private var requests: [Seen] = []
    private var byteCount = 0
    /// All that ever arrived.
    private(set) var count: Int64 = 0

    fileprivate struct Seen: Sendable {
        var number: Int64
        var request: SandboxRequest
    }

    mutating func record(_ request: SandboxRequest) {
        count += 1
        requests.append(Seen(number: count, request: request))
        byteCount += request.body.count
        while requests.count > Witness.requestsMax || byteCount > Witness.bytesMax {
            byteCount -= requests.removeFirst().request.body.count
        }
    }

    /// The verdicts on what arrived behind the first `number`, as far as it is remembered.
    func verdicts(after number: Int64) -> JSON {
        let seen = requests.filter { $0.number > number }
        return ["seen": JSON(count), "verdicts": .array(seen.map(\.json))]
    }
}

extension Witness.Seen {
    fileprivate var json: JSON {
        let items = request.query.map { "\($0.name)=\($0.value)" }
        let path = request.path + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
        let headers = request.headers.map { (name: $0.key, value: $0.value) }
        let verdict = Judge.verdict(path: path, headers: headers, body: request.body)
        var object = verdict.json
        object["number"] = JSON(number)
        object["path"] = .string(path)
        return .object(object)
    }
}

extension Verdict {
    fileprivate var json: JSONObject {
        func list(_ words: some Sequence<String>) -> JSON {
            .array(words.sorted().map(JSON.string))
        }
        let places = extras.sorted { $0.key.rawValue < $1.key.rawValue }
        return JSONObject([
            ("models", list(models)), ("names_model", .bool(namesModel)),
            ("extras", .object(JSONObject(places.map { ($0.key.rawValue, .string($0.value)) }))),
            ("output_tokens_max", outputTokensMax.map { JSON($0) } ?? .null),
            ("answers", JSON(answerCount)),
            ("providers", providers.map { list($0) } ?? .null),
            ("ignored_providers", list(ignoredProviders)),
            ("zdr", .bool(requiresZeroRetention)),
            ("efforts", list(efforts)),
            ("asks_to_think", .bool(asksToThink)),
            ("thinking_tokens", JSON(thinkingTokens)),
            ("liberties", list(liberties)),
            ("fields", list(fields)),
        ])
    }
}
