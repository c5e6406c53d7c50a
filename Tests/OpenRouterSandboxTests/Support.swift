import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

/// A Saturday noon in UTC.
let noon = Timestamp("2026-11-21T12:00:00Z") ?? Timestamp(milliseconds: 0)

/// What came back for one request, with streams already played to their end.
struct Exchange {
    var status = 200
    var headers: [String: String] = [:]
    var text = ""
    /// The documents of a stream, or the one of a plain answer.
    var documents: [JSON] = []
    var isCut = false

    var json: JSON { documents.first ?? .null }
    var message: String { json["error"]?["message"]?.string ?? "" }
    /// The literals of all costs that the client saw.
    var costs: [String] { documents.compactMap { $0["usage"]?["cost"]?.literal } }

    /// What the model said, all choices in a row.
    var content: String {
        documents.flatMap { $0["choices"]?.array ?? [] }
            .compactMap { ($0["message"] ?? $0["delta"])?["content"]?.string }.joined()
    }
}

extension Sandbox {
    init(credits: USD = .dollars(1_000), _ prepare: (inout Behaviour) -> Void = { _ in }) {
        self.init(SandboxSettings(generationLag: .zero, credits: credits), now: noon)
        prepare(&behaviour)
    }

    /// Sends a request and carries out what the sandbox decides.
    ///
    /// - Parameter pieces: after how many pieces of text the client hangs up; `nil` if it stays.
    mutating func send(
        _ method: String, _ path: String, key: String? = nil, _ body: String = "",
        leavingAfter pieces: Int? = nil, at now: Timestamp = noon
    ) -> Exchange {
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.dropFirst().joined().split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1).map(String.init)
            return (name: halves[0], value: halves.dropFirst().joined())
        }
        let headers = key.map { ["authorization": "Bearer \($0)"] } ?? [:]
        let request = SandboxRequest(
            method, parts[0], query: query, headers: headers, body: Array(body.utf8))
        switch answer(request, now: now) {
        case .whole(let whole):
            return Exchange(
                status: whole.status,
                headers: [String: String](
                    whole.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                text: whole.body, documents: [parsed(whole.body)])
        case .run(let run):
            return run.isStreaming
                ? play(run, leavingAfter: pieces, at: now) : finish(run, at: now)
        }
    }

    private mutating func finish(_ run: Run, at now: Timestamp) -> Exchange {
        settle(run, run.plainEnding, now: now)
        return Exchange(text: run.plainBody, documents: [parsed(run.plainBody)], isCut: run.isCut)
    }

    private mutating func play(
        _ run: Run, leavingAfter pieces: Int?, at now: Timestamp
    ) -> Exchange {
        var exchange = Exchange()
        var count = 0
        var sentSoFar: Int64 = 0
        let script = StreamScript(run)
        for step in script.steps {
            if count == pieces {
                settle(run, .left(sent: sentSoFar), now: now)
                break
            }
            switch step {
            case .pause: break
            case .send(let text, _): exchange.text += text
            case .piece(let piece, let choice, let sent):
                exchange.text += script.chunk(piece, choice: choice)
                count += 1
                sentSoFar = sent
            case .settle(let ending): settle(run, ending, now: now)
            case .cut: exchange.isCut = true
            }
        }
        let events = exchange.text.split(separator: "\n").filter { $0.hasPrefix("data: {") }
        exchange.documents = events.map { parsed(String($0.dropFirst(6))) }
        return exchange
    }

    /// A chat completion with the sandbox's own key.
    mutating func chat(
        _ model: String = "openai/gpt-4o-mini", _ prompt: String = "Say ok.", _ more: String = "",
        key: String? = nil, leavingAfter pieces: Int? = nil, at now: Timestamp = noon
    ) -> Exchange {
        let body = """
            {"model":"\(model)","messages":[{"role":"user","content":"\(prompt)"}]\
            \(more.isEmpty ? "" : ",")\(more)}
            """
        return send(
            "POST", "/api/v1/chat/completions", key: key ?? self.key, body,
            leavingAfter: pieces, at: now)
    }

    mutating func stream(
        _ model: String = "openai/gpt-4o-mini", _ prompt: String = "Say ok.",
        leavingAfter pieces: Int? = nil, at now: Timestamp = noon
    ) -> Exchange {
        chat(model, prompt, #""stream":true"#, leavingAfter: pieces, at: now)
    }

    mutating func manage(
        _ method: String, _ path: String, _ body: String = "", at now: Timestamp = noon
    ) -> Exchange {
        send(method, "/api/v1\(path)", key: managementKey, body, at: now)
    }

    mutating func fault(_ body: String) -> Exchange {
        send("POST", "/sandbox/faults", body)
    }
}

func parsed(_ text: String) -> JSON {
    do {
        return try JSON.parse(text, duplicates: .refused)
    } catch {
        Issue.record("not JSON: \(error) in \(text)")
        return .null
    }
}

/// The sum of what those literals say, each rounded to a picodollar.
func total(_ literals: [String]) -> USD {
    literals.reduce(.zero) { $0 + (USD($1) ?? .zero) }
}
