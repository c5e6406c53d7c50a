import Credentials
import NIOCore
import NIOHTTP1
import Purser

/// A request that has arrived in full.
struct InboundRequest {
    var head: HTTPRequestHead
    var body: ByteBuffer
    var id: String

    /// The path without the query.
    var path: Substring {
        let target = head.uri.prefix { $0 != "?" }
        // A proxy may send the whole address.
        guard let scheme = target.firstRange(of: "://"), target.first != "/" else { return target }
        return target[scheme.upperBound...].drop { $0 != "/" }
    }

    /// Behind the question mark; empty if there is none.
    var query: Substring {
        guard let mark = head.uri.firstIndex(of: "?") else { return "" }
        return head.uri[head.uri.index(after: mark)...]
    }
}

/// Where a path leads.
enum Endpoint: Hashable, Sendable {
    case chatCompletions
    case models
    case view(CallerView)
    /// With the path behind the version.
    case management(String)
    case unknown

    /// Both prefixes lead to the same: OpenRouter's own, and what OpenAI clients append to.
    private static let prefixes = ["/api/v1", "/v1"]

    init(path: Substring) {
        guard
            let prefix = Endpoint.prefixes.first(where: { path.hasPrefix($0 + "/") })
        else {
            self = .unknown
            return
        }
        var rest = path.dropFirst(prefix.count)
        if rest.count > 1, rest.last == "/" { rest.removeLast() }
        switch rest {
        case "/chat/completions": self = .chatCompletions
        case "/models": self = .models
        case "/key", "/auth/key": self = .view(.key)
        case "/me": self = .view(.me)
        case "/credits": self = .view(.credits)
        case "/keys": self = .management("/keys")
        default:
            self = rest.hasPrefix("/keys/") ? .management(String(rest)) : .unknown
        }
    }

    /// The methods it answers, for the 405.
    var methods: [HTTPMethod] {
        switch self {
        case .chatCompletions: [.POST]
        case .models, .view: [.GET]
        case .management(let path): path == "/keys" ? [.GET, .POST] : [.GET, .PATCH, .DELETE]
        case .unknown: []
        }
    }
}

extension HTTPHeaders {
    /// The key a client sent: `Authorization: Bearer …`, the scheme in any case, or `x-api-key`.
    var secret: Substring? {
        if let authorization = first(name: "authorization") {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            let secret = parts.last?.drop { $0 == " " } ?? ""
            if parts.count == 2, parts[0].lowercased() == "bearer", !secret.isEmpty {
                return secret
            }
        }
        return first(name: "x-api-key").flatMap { $0.isEmpty ? nil : $0[...] }
    }

    /// The application and the member that a title names, as `app:member`.
    var title: (app: String, member: String?) {
        let text = first(name: "x-title") ?? first(name: "x-openrouter-title") ?? ""
        // Titles go into the ledger; whoever sends a key there has mixed up two headers.
        if Secret.isIn(text) { return ("", nil) }
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        let member = String(text[text.index(after: colon)...])
        guard Name.isValid(member) else { return (text, nil) }
        return (String(text[..<colon]), member)
    }
}
