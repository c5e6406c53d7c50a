/// Whole requests as bytes on a connection, with heads that readers disagree about.
package struct HeadMaker {
    /// Ways of making a request whose ends, path or fields two servers see differently.
    package enum Trick: String, CaseIterable, Hashable, Sendable {
        case none, chunked, path, method, version, expectation
        case twoLengths = "two lengths"
        case wrongLength = "wrong length"
        case lengthAndChunks = "length and chunks"
        case strangeEncoding = "strange transfer encoding"
        case fieldNames = "fields that name models"
        case brokenField = "broken field"
        case contentType = "content type"
        case pipelined
        case byteFlip = "byte flip in the head"
        case keys = "several keys"
    }

    private var dice: Dice
    private let key: String
    private let body: [UInt8]
    /// A request inside or behind the request, for a model that is not allowed.
    private let second: String

    /// - Parameter dear: a model outside the tier.
    package init(seed: UInt64, key: String, body: [UInt8], dear: String) {
        dice = Dice(seed: seed &+ 0xBEAD)
        self.key = key
        self.body = body
        let inner =
            #"{"model":"\#(dear)","messages":[{"role":"user","content":"hi"}],"max_tokens":5}"#
        second =
            "POST /api/v1/chat/completions HTTP/1.1\r\nHost: gateway.example\r\n"
            + "Authorization: Bearer \(key)\r\nContent-Length: \(inner.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(inner)"
    }

    private struct Head {
        var method = "POST"
        var path = "/api/v1/chat/completions"
        var version = "HTTP/1.1"
        var fields: [String] = []
        var length: String?
        var payload: [UInt8]
    }

    /// The bytes to send, and the trick in them.
    package mutating func make(dear: String) -> ([UInt8], Trick) {
        let trick = dice.happens(4) ? Trick.none : dice.one(Trick.allCases)
        var head = Head(length: "\(body.count)", payload: body)
        head.fields = [
            "Host: gateway.example", "Authorization: Bearer \(key)",
            "Content-Type: application/json", "Connection: close",
        ]
        play(trick, dear, &head)
        if let length = head.length { head.fields.append("Content-Length: \(length)") }
        var lines = ["\(head.method) \(head.path) \(head.version)"] + head.fields
        if dice.happens(20) { dice.shuffle(&lines) }
        var bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        if trick == .byteFlip { bytes[dice.below(bytes.count)] ^= 1 << UInt8(dice.below(8)) }
        return (bytes + head.payload, trick)
    }

    private mutating func play(_ trick: Trick, _ dear: String, _ head: inout Head) {
        switch trick {
        case .none, .byteFlip: break
        case .chunked:
            head.length = nil
            head.fields.append("Transfer-Encoding: chunked")
            head.payload = chunks(of: body)
        case .path: head.path = path(dear)
        case .method: head.method = dice.one(["GET", "PUT", "post", "PATCH", "POST ", "X"])
        case .version:
            head.version = dice.one(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "http/1.1", ""])
        case .expectation: head.fields.append("Expect: 100-continue")
        case .twoLengths:
            let other = dice.one(["0", "\(body.count)", "\(body.count + second.utf8.count)", "1"])
            head.fields.insert("Content-Length: \(other)", at: dice.below(head.fields.count))
            head.payload += Array(second.utf8)
        case .wrongLength:
            head.length = dice.one([
                "0", "\(max(0, body.count - 1))", "\(body.count + 1)", "+\(body.count)",
                "0x\(String(body.count, radix: 16))", "\(body.count), \(body.count)", "-1", "",
                "99999999999999999999", "\(body.count) ",
            ])
            if dice.happens(2) { head.payload += Array(second.utf8) }
        case .lengthAndChunks:
            head.fields.append("Transfer-Encoding: chunked")
            head.payload = chunks(of: body) + Array(second.utf8)
            if dice.happens(2) { head.payload = Array("0\r\n\r\n".utf8) + Array(second.utf8) }
        case .strangeEncoding:
            let name = dice.one([
                "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked",
                "Transfer-Encoding: gzip, chunked", "Transfer-Encoding:\tchunked",
                "Transfer-Encoding: chunked, identity", "Transfer-encoding: CHUNKED",
                "X: y\nTransfer-Encoding: chunked", "Content-Encoding: gzip",
            ])
            head.fields.append(name)
            if dice.happens(2) { head.length = nil }
            head.payload = dice.happens(2) ? chunks(of: body) : body
        case .fieldNames: head.fields += fields(dear)
        case .brokenField: head.fields.insert(broken(dear), at: dice.below(head.fields.count + 1))
        case .contentType:
            head.fields[2] =
                "Content-Type: "
                + dice.one([
                    "application/json; charset=utf-16", "multipart/form-data; boundary=x",
                    "text/plain", "application/x-www-form-urlencoded", "",
                ])
        case .pipelined:
            head.fields[3] = "Connection: keep-alive"
            head.payload += Array(second.utf8)
        case .keys: head.fields += ["x-api-key: \(key)", "Authorization: Bearer sk-nobody"]
        }
    }

    private mutating func chunks(of bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + dice.below(rest.count))
            rest = rest.dropFirst(piece.count)
            let length = String(piece.count, radix: 16, uppercase: dice.happens(2))
            let note = dice.happens(5) ? ";x=\"}\"" : ""
            result += Array("\(length)\(note)\r\n".utf8) + piece + Array("\r\n".utf8)
        }
        let trailer = dice.happens(6) ? "X-Model: x\r\n" : ""
        return result + Array("0\r\n\(trailer)\r\n".utf8)
    }

    private mutating func path(_ dear: String) -> String {
        dice.one([
            "/v1/chat/completions", "/api/v1/chat/completions/", "//api/v1/chat/completions",
            "/api/v1/chat/completions?model=\(dear)", "/api/v1/chat/completions?models=\(dear)",
            "/api/v1/./chat/completions", "/api/v1/keys/../chat/completions",
            "/api/v1/chat%2fcompletions", "/api/v1/chat/completions%00", "/API/V1/CHAT/COMPLETIONS",
            "http://elsewhere.example/api/v1/chat/completions",
            "/api/v1/presets/team/chat/completions",
            "/api/v1/completions", "/api/v1/responses", "/api/v1/messages", "/api/v1/embeddings",
            "/api/v1/images", "/api/beta/batches", "/api/v1/chat/completions#x", "*", "",
            "/api/v1/chat/completions;x", "/api/v1/chat/completions HTTP/1.1\r\nX: y",
        ])
    }

    private mutating func fields(_ dear: String) -> [String] {
        [
            dice.one(["X-Model", "X-OpenRouter-Model", "Model", "X-Fallback-Models"]) + ": \(dear)",
            dice.one([
                "X-OpenRouter-Preset: team", "X-Service-Tier: priority",
                "X-OpenRouter-Plugins: web",
                "X-HTTP-Method-Override: PUT", "X-Forwarded-Path: /api/v1/images",
                "X-Original-URL: /api/v1/images", "anthropic-beta: fast-mode",
            ]),
        ]
    }

    private mutating func broken(_ dear: String) -> String {
        dice.one([
            "X-Title: app:alice\nX-Model: \(dear)", "X-Title: app\rX-Model: \(dear)", ": x", "X",
            " X: y",
            "X-Title:\u{0}", "X Y: z", "HTTP-Referer: http://x\n\nPOST / HTTP/1.1",
            "X-Title: " + String(repeating: "a", count: 20_000), "X-Title: \u{FF}\u{E9}",
            "Host: other.example", "X-Title: app\r\n continued: \(dear)",
        ])
    }
}
