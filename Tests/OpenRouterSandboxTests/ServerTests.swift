import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

/// The sandbox on a real socket.
struct ServerTests {
    private func withSandbox(
        _ settings: SandboxSettings = SandboxSettings(),
        _ body: (RunningSandbox) async throws -> Void
    ) async throws {
        let sandbox = try await SandboxServer.start(
            host: "127.0.0.1", port: 0, settings: settings, now: { noon },
            logger: Logger(label: "sandbox") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await body(sandbox)
        } catch {
            await sandbox.stop()
            throw error
        }
        await sandbox.stop()
    }

    private func send(
        _ sandbox: RunningSandbox, _ method: String, _ path: String, _ body: String = ""
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: sandbox.url + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "authorization", value: "Bearer \(sandbox.key)")
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }

    private func text(_ response: HTTPClientResponse) async throws -> String {
        String(buffer: try await response.body.collect(upTo: 1 << 20))
    }

    private static func chat(_ more: String = "") -> String {
        #"{"model":"openai/gpt-4o","messages":[{"role":"user","content":"in 30 words"}]\#(more)}"#
    }

    @Test func `a fault may be ordered before the first request, by its kind or in full`()
        async throws
    {
        try await withSandbox { sandbox in
            let status = #"{"kind":"status","status":503,"times":1}"#
            #expect(sandbox.order(fault: status) == nil)
            #expect(sandbox.order(fault: "error_in_200") == nil)
            #expect(sandbox.order(fault: "earthquake")?.contains("earthquake") == true)
            #expect(sandbox.order(fault: "{")?.isEmpty == false)
            let first = try await send(sandbox, "POST", "/chat/completions", Self.chat())
            #expect(first.status.code == 503)
            let second = try await send(sandbox, "POST", "/chat/completions", Self.chat())
            #expect(parsed(try await text(second))["error"] != nil)
            #expect(sandbox.bill() == .zero)
        }
    }

    @Test func `plain and streamed answers arrive, and the bill is their sum`() async throws {
        try await withSandbox { sandbox in
            let plain = try await send(sandbox, "POST", "/chat/completions", Self.chat())
            #expect(plain.status.code == 200)
            #expect(plain.headers.first(name: "content-type") == "application/json")
            let document = parsed(try await text(plain))
            #expect(plain.headers.first(name: "x-generation-id") == document["id"]?.string)

            let stream = try await send(
                sandbox, "POST", "/chat/completions", Self.chat(#","stream":true"#))
            #expect(stream.headers.first(name: "content-type") == "text/event-stream")
            #expect(stream.headers.first(name: "cache-control") == "no-cache")
            #expect(stream.headers.first(name: "content-length") == nil)
            let events = try await text(stream)
            #expect(events.hasPrefix(": OPENROUTER PROCESSING\n\n"))
            #expect(events.hasSuffix("data: [DONE]\n\n"))

            let cost = try #require(document["usage"]?["cost"]?.literal)
            #expect(events.contains("\"cost\":\(cost),"))
            #expect(sandbox.bill() == total([cost, cost]))
        }
    }

    @Test func `latency and pacing do not change the text`() async throws {
        var settings = SandboxSettings()
        settings.latency = .milliseconds(1)
        settings.chunkInterval = .milliseconds(1)
        var texts: [String] = []
        for settings in [SandboxSettings(), settings] {
            try await withSandbox(settings) { sandbox in
                texts.append(
                    try await text(
                        send(sandbox, "POST", "/chat/completions", Self.chat(#","stream":true"#))))
            }
        }
        #expect(texts[0] == texts[1])
    }

    @Test(arguments: ["", #","stream":true"#])
    func `a cut connection looks cut`(more: String) async throws {
        try await withSandbox { sandbox in
            let control = sandbox.url.replacing("/api/v1", with: "/sandbox/faults")
            var fault = HTTPClientRequest(url: control)
            fault.method = .POST
            fault.body = .bytes(ByteBuffer(string: #"{"kind":"cut","after_chunks":2}"#))
            let accepted = try await HTTPClient.shared.execute(fault, timeout: .seconds(30))
            #expect(accepted.status.code == 201)
            _ = try await text(accepted)
            await #expect(throws: (any Error).self) {
                _ = try await text(
                    send(sandbox, "POST", "/chat/completions", Self.chat(more)))
            }
            #expect(sandbox.bill() > .zero)
        }
    }

    @Test func `a body over the limit is refused and the next request is fine`() async throws {
        try await withSandbox { sandbox in
            let large = String(repeating: " ", count: SandboxServer.bodyBytesMax + 1)
            let refused = try await send(sandbox, "POST", "/chat/completions", large)
            #expect(refused.status.code == 413)
            #expect(parsed(try await text(refused))["error"]?["code"] == 413)
            let fine = try await send(sandbox, "GET", "/key?x=1")
            #expect(fine.status.code == 200)
            _ = try await text(fine)
        }
    }

    @Test func `queries are decoded and trailing slashes do not matter`() async throws {
        try await withSandbox { sandbox in
            let models = try await send(sandbox, "GET", "/models/?q=gpt%2D4o&limit=1")
            let document = parsed(try await text(models))
            #expect(document["total_count"] == 3)
            #expect(document["data"]?.array?.count == 1)
        }
    }

    @Test func `a port that is taken is an error at once`() async throws {
        try await withSandbox { sandbox in
            await #expect(throws: (any Error).self) {
                _ = try await SandboxServer.start(
                    host: "127.0.0.1", port: sandbox.port, settings: SandboxSettings(),
                    now: { noon }, logger: Logger(label: "sandbox"))
            }
        }
    }

    @Test func `stopping ends what runs and lets run return`() async throws {
        var settings = SandboxSettings()
        settings.chunkInterval = .seconds(3_600)
        let sandbox = try await SandboxServer.start(
            host: "127.0.0.1", port: 0, settings: settings, now: { noon },
            logger: Logger(label: "sandbox") { _ in SwiftLogNoOpLogHandler() })
        let response = try await send(
            sandbox, "POST", "/chat/completions", Self.chat(#","stream":true"#))
        #expect(response.status.code == 200)
        async let ended: Void = sandbox.run()
        await sandbox.stop()
        try await ended
        await #expect(throws: (any Error).self) { _ = try await text(response) }
        #expect(sandbox.bill() == .zero)
    }
}
