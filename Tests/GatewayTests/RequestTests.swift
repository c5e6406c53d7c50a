import NIOCore
import NIOHTTP1
import OpenRouterWire
import Purser
import Testing

@testable import Gateway

struct RequestTests {
    @Test(arguments: [
        ("/api/v1/chat/completions", Endpoint.chatCompletions),
        ("/v1/chat/completions", .chatCompletions), ("/v1/chat/completions/", .chatCompletions),
        ("/api/v1/models", .models), ("/api/v1/auth/key", .view(.key)), ("/v1/me", .view(.me)),
        ("/api/v1/keys/", .management("/keys")), ("/api/v1/keys/abc", .management("/keys/abc")),
        ("/", .unknown), ("/api/v1", .unknown), ("/api/v2/models", .unknown),
        ("/api/v1/keysmith", .unknown), ("/chat/completions", .unknown),
    ])
    func `both prefixes lead to the same places`(path: String, endpoint: Endpoint) {
        #expect(Endpoint(path: path[...]) == endpoint)
    }

    @Test(arguments: [
        ("authorization", "Bearer abc", "abc"), ("Authorization", "bearer abc", "abc"),
        ("authorization", "BEARER  abc", "abc"), ("x-api-key", "abc", "abc"),
        ("authorization", "Basic abc", nil), ("authorization", "Bearer", nil),
        ("x-api-key", "", nil), ("cookie", "abc", nil),
    ])
    func `a key arrives in two headers, in any case`(name: String, value: String, key: String?) {
        let headers = HTTPHeaders([(name, value)])
        #expect(headers.secret.map(String.init) == key)
    }

    @Test(arguments: [
        ("my-app:alice", "my-app", "alice"), ("a:b:carol", "a:b", "carol"),
        ("liteLLM", "liteLLM", nil), ("https://x.example", "https://x.example", nil),
        ("app:", "app:", nil), ("", "", nil), (":bob", "", "bob"),
    ])
    func `a title names the application and the member`(
        title: String, app: String, member: String?
    ) {
        for name in ["x-title", "X-OpenRouter-Title"] {
            let found = HTTPHeaders([(name, title)]).title
            #expect(found.app == app)
            #expect(found.member == member)
        }
    }

    @Test func `a broken scheme does not hide a good key`() {
        let headers = HTTPHeaders([("authorization", "Basic eA=="), ("x-api-key", "abc")])
        #expect(headers.secret.map(String.init) == "abc")
    }

    @Test func `a whole address leads where its path leads`() {
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "http://purser.example/api/v1/models?limit=1")
        let request = InboundRequest(head: head, body: ByteBuffer(), id: "r")
        #expect(Endpoint(path: request.path) == .models)
        #expect(request.query == "limit=1")
    }

    /// LiteLLM 30736: the spend log kept raw keys that had come in by an unusual way.
    @Test(arguments: ["%", "app:%", "%:alice", "my app (%)"])
    func `a key in the place of a title is not taken for one`(title: String) {
        for prefix in ["sk-purser-", "sk-purser-mgmt-", "sk-or-v1-"] {
            let key = prefix + String(repeating: "5d", count: 32)
            let text = title.split(separator: "%", omittingEmptySubsequences: false)
                .joined(separator: key)
            let found = HTTPHeaders([("x-title", text)]).title
            #expect(found.app == "" && found.member == nil)
        }
    }

    @Test func `a budget's refusal carries every number a program needs`() throws {
        let shortfall = BudgetShortfall(
            scope: .member(ID(1)), owner: "member alice", period: .daily, limit: .dollars(1),
            spent: USD("0.75") ?? .zero, held: .zero, bound: USD("0.5") ?? .zero,
            resetsAt: Timestamp("2026-11-22"), isInFlight: false)
        let reply = Reply.refusal(.overBudget(shortfall), requestID: "req-1", contact: nil)
        let error = try #require(try JSON.parse(String(buffer: reply.body))["error"])
        #expect(error["code"] == 402)
        #expect(
            error["metadata"]?.text
                == #"{"reason":"budget_exceeded","request_id":"req-1","#
                + #""budget":"member alice daily","scope":"member alice","window":"daily","#
                + #""limit":1,"spent":0.75,"held":0,"estimate":0.5,"#
                + #""resets_at":"2026-11-22T00:00:00Z"}"#)
        #expect(error["message"]?.string?.contains("resets at 2026-11-22") == true)
    }

    @Test(arguments: ["", "&", "=", "==", "=&=", "a", "a=", "=b", "&a=b=c&"])
    func `any query can be read`(query: String) {
        // `GET /models?=` ended the gateway.
        let values = QueryText.values(query)
        #expect(values["a"] == (query.hasPrefix("&a") ? "b=c" : query.hasPrefix("a") ? "" : nil))
    }

    @Test func `what is not allowed names the rule, the model and what is allowed`() throws {
        let reply = Reply.refusal(
            .modelNotAllowed("a/b", tier: "basic", allowed: ["c/d"], denied: []),
            requestID: "req-1",
            contact: "ann@example.com")
        let error = try #require(try JSON.parse(String(buffer: reply.body))["error"])
        #expect(error["code"] == 403)
        #expect(error["metadata"]?["rule"] == "tier basic: models")
        #expect(error["metadata"]?["model"] == "a/b")
        #expect(error["metadata"]?["allowed"] == ["c/d"])
        #expect(error["metadata"]?["contact"] == "ann@example.com")
        #expect(error["message"]?.string?.hasSuffix("Contact: ann@example.com") == true)
    }

    @Test func `a refusal that time heals says when to come back`() {
        let reply = Reply.refusal(.ledgerUnavailable, requestID: "req-1", contact: nil)
        #expect(reply.headers.first(name: "retry-after") != nil)
        #expect(
            Reply.refusal(.keyUnknown, requestID: "r", contact: nil).headers["retry-after"].isEmpty)
    }
}
