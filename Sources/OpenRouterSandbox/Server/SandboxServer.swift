import Hummingbird
package import Logging
import NIOCore
import OpenRouterWire
package import Purser
import Synchronization

/// Puts a ``Sandbox`` on the network.
package final class SandboxServer: Sendable {
    /// No client sends more; OpenRouter's own bound is not known.
    static let bodyBytesMax = 32 * 1_024 * 1_024

    private let core: Mutex<Sandbox>
    private let now: @Sendable () -> Timestamp

    init(_ settings: SandboxSettings, now: @escaping @Sendable () -> Timestamp) {
        core = Mutex(Sandbox(settings, now: now()))
        self.now = now
    }

    /// Binds, and returns once connections are accepted; port 0 picks a free one.
    ///
    /// The sandbox serves until ``RunningSandbox/stop()``, which its owner must call.
    package static func start(
        host: String, port: Int, settings: SandboxSettings,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) async throws -> RunningSandbox {
        let server = SandboxServer(settings, now: now)
        return try await RunningSandbox.start(server, host: host, port: port, logger: logger)
    }

    func secrets() -> (key: String, managementKey: String) {
        core.withLock { ($0.key, $0.managementKey) }
    }

    func bill() -> USD { core.withLock { $0.bill } }

    func order(fault: String) -> String? {
        let kind: JSON = ["kind": .string(fault)]
        let text = fault.hasPrefix("{") ? fault : kind.text
        let request = SandboxRequest("POST", "/sandbox/faults", body: Array(text.utf8))
        do throws(Refusal) {
            _ = try core.withLock { core throws(Refusal) in try core.addFault(request) }
            return nil
        } catch {
            return error.message
        }
    }
}

extension SandboxServer {
    func respond(to request: Request) async throws -> Response {
        guard let request = try await read(request) else {
            return response(Refusal.bodyTooLarge.reply)
        }
        let now = self.now()
        switch core.withLock({ $0.answer(request, now: now) }) {
        case .whole(let whole): return response(whole)
        case .run(let run): return run.isStreaming ? stream(run) : await plain(run)
        }
    }

    /// `nil` if the body is too large.
    private func read(_ request: Request) async throws -> SandboxRequest? {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: SandboxServer.bodyBytesMax)
        } catch is NIOTooManyBytesError {
            return nil
        }
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        return SandboxRequest(
            request.method.rawValue, request.uri.path,
            query: request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            headers: headers, body: Array(body.readableBytesView))
    }

    private func settle(_ run: Run, _ ending: Run.Ending) {
        let now = self.now()
        core.withLock { $0.settle(run, ending, now: now) }
    }
}

extension SandboxServer {
    private func response(_ whole: SandboxReply.Whole) -> Response {
        Response(
            status: .init(code: whole.status), headers: fields(whole.headers),
            body: .init(byteBuffer: ByteBuffer(string: whole.body)))
    }

    private func fields(_ headers: [SandboxReply.Header]) -> HTTPFields {
        var fields = HTTPFields()
        for header in headers {
            guard let name = HTTPFields.Element.Name(header.name) else {
                preconditionFailure("the sandbox names its headers well")
            }
            fields[name] = header.value
        }
        // Browsers may try it too.
        fields[.accessControlAllowOrigin] = "*"
        return fields
    }

    /// An answer in one piece. Whoever leaves while it is made pays for all of it, as at
    /// OpenRouter.
    private func plain(_ run: Run) async -> Response {
        // A cancelled wait means that the sandbox is stopping: it answers at once.
        try? await Task.sleep(for: run.latency)
        settle(run, run.plainEnding)
        let body = ByteBuffer(string: run.plainBody)
        guard run.isCut else {
            return Response(
                status: .ok, headers: fields(run.headers), body: .init(byteBuffer: body))
        }
        return Response(
            status: .ok, headers: fields(run.headers),
            body: .init(contentLength: body.readableBytes) { writer in
                try await writer.write(body.getSlice(at: 0, length: body.readableBytes / 2) ?? body)
                throw ConnectionCut()
            })
    }

    private func stream(_ run: Run) -> Response {
        Response(
            status: .ok, headers: fields(run.headers),
            body: .init { writer in
                var sink = StreamSink()
                do {
                    let script = StreamScript(run)
                    for step in script.steps {
                        let isFull = sink.take(step, of: script)
                        if isFull, let buffer = sink.drain() {
                            try await writer.write(buffer)
                            sink.confirm()
                        }
                        switch step {
                        case .pause(let time): try await Task.sleep(for: time)
                        case .settle(let ending): self.settle(run, ending)
                        case .cut: throw ConnectionCut()
                        case .send, .piece: break
                        }
                    }
                    if let buffer = sink.drain() { try await writer.write(buffer) }
                } catch {
                    // Does nothing if the run had ended before the connection did.
                    self.settle(run, .left(sent: sink.sent))
                    throw error
                }
                try await writer.finish(nil)
            })
    }
}

/// Thrown out of a body's writer, it makes the server close without a clean end.
private struct ConnectionCut: Error {}

/// Collects a stream's events, so that an unpaced stream does not cost a system call for each.
private struct StreamSink {
    /// A few packets' worth.
    private static let bytesMax = 4_096

    private var buffer = ByteBuffer()
    private var pending: Int64 = 0
    /// Tokens in what the connection took.
    private(set) var sent: Int64 = 0

    /// Adds what the step sends; true if the buffer must be written before the step goes on.
    mutating func take(_ step: StreamScript.Step, of script: StreamScript) -> Bool {
        switch step {
        case .send(let text, let sent):
            buffer.writeString(text)
            pending = sent
        case .piece(let piece, let choice, let sent):
            buffer.writeString(script.chunk(piece, choice: choice))
            pending = sent
        case .pause, .cut: return true
        case .settle: return false
        }
        return buffer.readableBytes >= StreamSink.bytesMax
    }

    /// What was collected; `nil` if there is nothing.
    mutating func drain() -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// What was drained has been written.
    mutating func confirm() {
        sent = pending
    }
}
