import Credentials
import Metering
import NIOCore
import NIOHTTP1
import OpenRouterWire
import Purser

/// To and from the upstream.
extension Exchange: UpstreamListener {
    func send(on upstream: UpstreamHandler) {
        guard let admitted, let request else { return }
        self.upstream = upstream
        let isDowngraded = admitted.plan.downgradedFrom != nil
        core.count { counters in
            counters.forwarded += 1
            if isDowngraded { counters.downgraded += 1 }
        }
        core.reportShadows(over: admitted)
        let edits = request.edits(for: admitted.plan.forwarding)
        var body = ByteBuffer()
        let original = inbound.body
        body.reserveCapacity(original.readableBytes + 256)
        var position = 0
        for edit in edits {
            copy(original, position..<edit.range.lowerBound, to: &body)
            body.writeString(edit.text)
            position = edit.range.upperBound
        }
        copy(original, position..<original.readableBytes, to: &body)
        forgetBody()
        upstream.send(upstreamHead(bodyLength: body.readableBytes, admitted), body, for: self)
    }

    private func copy(_ source: ByteBuffer, _ range: Range<Int>, to target: inout ByteBuffer) {
        guard
            let slice = source.getSlice(
                at: source.readerIndex + range.lowerBound, length: range.count)
        else { preconditionFailure("an edit lies inside the body") }
        target.writeImmutableBuffer(slice)
    }

    private func upstreamHead(bodyLength: Int, _ admitted: Admitted) -> HTTPRequestHead {
        let settings = core.settings
        let client = inbound.head.headers
        let app = identity.app.isEmpty ? settings.app : identity.app
        var headers: HTTPHeaders = [
            "host": settings.upstream.hostHeader,
            "authorization": "Bearer \(settings.upstreamKey.reveal())",
            "content-type": "application/json",
            "content-length": String(bodyLength),
            "accept": client.first(name: "accept") ?? "*/*",
            // The usage must be read from the answer, so it must not come compressed.
            "accept-encoding": "identity",
            "user-agent": "purser/0.1",
            "x-title": "\(app):\(admitted.caller.member.name)",
        ]
        if let referer = client.first(name: "http-referer") ?? settings.referer {
            headers.add(name: "http-referer", value: referer)
        }
        for name in ["x-openrouter-categories", "x-session-id"] {
            if let value = client.first(name: name) { headers.add(name: name, value: value) }
        }
        return HTTPRequestHead(
            version: .http1_1, method: .POST, uri: settings.upstream.path + "/chat/completions",
            headers: headers)
    }

    func upstreamHead(_ head: HTTPResponseHead) {
        relay.head = head
        extendDeadline(core.settings.silenceSecondsMax)
        perform(
            passage.take(
                .headReceived(
                    status: Int(head.status.code),
                    generationID: head.headers.first(name: "x-generation-id"))))
    }

    func startRelay() {
        guard let head = relay.head else { return }
        let type = head.headers.first(name: "content-type") ?? ""
        guard type.lowercased().hasPrefix("text/event-stream") else {
            relay.mode = .collecting
            return
        }
        relay.mode = .streaming
        guard let admitted, let id = head.headers.first(name: "x-generation-id") else {
            return beginAnswer()
        }
        // Nobody sees any of an answer that could not be asked about after a crash.
        upstream?.setReading(false)
        let begin = onLoop { $0.beginAnswer() }
        core.note(generation: id, of: admitted.attempt, done: begin)
    }

    /// Lets the answer's head through, and what has come of its body.
    private func beginAnswer() {
        guard case .streaming = relay.mode, !hasBegun, let head = relay.head else { return }
        hasBegun = true
        upstream?.setReading(true)
        client?.startAnswer(head.status, answerHeaders(of: head))
        pass()
        client?.flush()
    }

    func upstreamBytes(_ bytes: ByteBuffer) {
        switch relay.mode {
        case .waiting, .ended: return
        case .streaming, .collecting:
            guard relay.take(bytes) else {
                upstream?.close()
                upstream = nil
                return perform(passage.take(.upstreamLost))
            }
        }
        extendDeadline(core.settings.silenceSecondsMax)
        guard case .streaming = relay.mode else { return }
        while let event = relay.nextEvent() {
            switch event {
            case .plain: pass()
            case .report(let answer):
                perform(passage.take(.reportSeen(answer)))
                pass()
            case .done:
                relay.isHeldBack = true
                perform(passage.take(.streamDone))
            }
        }
    }

    private func pass() {
        if hasBegun, let bytes = relay.takePassable() { client?.write(bytes) }
    }

    func upstreamPaused() {
        guard case .streaming = relay.mode, let client else { return }
        client.flush()
        if !client.canTakeMore { upstream?.setReading(false) }
    }

    func upstreamEnd(isReusable: Bool) {
        if let upstream {
            // The next call on it must not wait for a reader that has gone.
            if case .streaming = relay.mode { upstream.setReading(true) }
            if isReusable {
                loop.pool.release(upstream, now: core.uptime())
            } else {
                upstream.close()
            }
        }
        upstream = nil
        switch relay.mode {
        case .collecting:
            if let answer = relay.wholeAnswer() {
                isErrorOnly = answer.hasError && !answer.hasChoices
                perform(passage.take(.reportSeen(answer)))
            }
        case .streaming:
            // The last event may lack the blank line behind it.
            if case .report(let answer) = relay.lastEvent() {
                perform(passage.take(.reportSeen(answer)))
            }
        case .waiting, .ended: break
        }
        perform(passage.take(.upstreamEnded))
    }

    func upstreamLost() {
        upstream = nil
        perform(passage.take(.upstreamLost))
    }
}

/// The answer's end.
extension Exchange {
    func finish(_ ending: Passage.Ending) {
        let isStreaming = if case .streaming = relay.mode { true } else { false }
        if isStreaming { beginAnswer() }
        relay.mode = .ended
        switch ending {
        case .complete where isStreaming:
            client?.write(relay.takeAll())
            client?.endAnswer()
        case .refusal(let refusal) where isStreaming:
            client?.write(relay.takeEvents())
            client?.write(errorEvent(refusal))
            client?.endAnswer()
        case .complete: answerWhole()
        case .upstreamError(let status): answerUpstreamError(status)
        case .refusal(let refusal):
            var reply = core.reply(to: refusal, requestID: inbound.id)
            addRates(of: admitted?.caller, to: &reply.headers)
            client?.answer(reply)
        case .broken: broken()
        }
        // Whatever the upstream still sends is of no interest; it rarely sends anything.
        upstream?.close()
        client = nil
        upstream = nil
        retire()
    }

    /// Ends the client's answer with a refusal, whatever the upstream still does.
    func cutOff(_ refusal: Refusal) {
        guard let client else { return }
        if hasBegun {
            client.write(errorEvent(refusal))
            client.endAnswer()
        } else {
            client.answer(core.reply(to: refusal, requestID: inbound.id))
        }
    }

    /// Gives the collected answer. Without one the client left before anything was forwarded.
    private func answerWhole() {
        guard let head = relay.head else { return broken() }
        let body =
            isErrorOnly ? ByteBuffer(string: relay.errorWithoutAccount()) : relay.takeAll()
        client?.answer(
            Reply(status: head.status, headers: answerHeaders(of: head), body: body))
    }

    private func broken() {
        client?.breakOff()
    }

    private func answerUpstreamError(_ status: Int) {
        let text = relay.errorForMember(status: status)
        var reply = Reply.json(status, text)
        for name in [
            "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
        ] {
            if let value = relay.head?.headers.first(name: name) {
                reply.headers.add(name: name, value: value)
            }
        }
        addOwnHeaders(to: &reply.headers)
        client?.answer(reply)
    }

    /// An event that tells a client that its stream is not whole, as OpenRouter writes it.
    private func errorEvent(_ refusal: Refusal) -> ByteBuffer {
        let chunk: JSON = [
            "id": .string(inbound.id), "object": "chat.completion.chunk",
            "created": JSON(core.now().seconds),
            "model": .string(admitted?.plan.model ?? ""),
            "choices": [["index": 0, "delta": ["content": ""], "finish_reason": "error"]],
            "error": [
                "code": JSON(Int64(refusal.status)), "message": .string(refusal.sentence),
                "metadata": ["reason": .string(refusal.code), "request_id": .string(inbound.id)],
            ],
        ]
        return ByteBuffer(string: "data: \(chunk.text)\n\n")
    }

    /// The upstream's headers that a client may want, and our own.
    private func answerHeaders(of head: HTTPResponseHead) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for (name, value) in head.headers where !HopHeaders.contains(name) {
            headers.add(name: name, value: value)
        }
        addOwnHeaders(to: &headers)
        return headers
    }

    private func addOwnHeaders(to headers: inout HTTPHeaders) {
        guard let admitted else { return }
        headers.replaceOrAdd(name: "x-purser-model", value: admitted.plan.model)
        if let original = admitted.plan.downgradedFrom {
            headers.replaceOrAdd(name: "x-purser-downgraded-from", value: original)
        }
        if let alias = admitted.plan.alias {
            headers.replaceOrAdd(name: "x-purser-alias", value: alias)
        }
        for name in admitted.plan.removedModels {
            headers.add(name: "x-purser-removed-model", value: name)
        }
        for shadow in admitted.plan.shadows {
            headers.add(name: "x-purser-shadow", value: shadow.rule.rawValue)
        }
        if let effort = admitted.plan.forwarding.effort {
            headers.replaceOrAdd(name: "x-purser-effort", value: effort.rawValue)
        }
        if admitted.plan.isOutputLowered {
            headers.replaceOrAdd(
                name: "x-purser-max-tokens",
                value: String(admitted.plan.forwarding.outputTokensMax))
        }
        if let left = core.remaining(for: admitted) {
            headers.replaceOrAdd(
                name: "x-purser-budget-remaining", value: max(left, .zero).description)
        }
        addRates(of: admitted.caller, to: &headers)
        for warning in core.warnings(for: admitted) {
            let owner = core.roster.describe(warning.limit.scope)
            headers.add(
                name: "x-purser-budget-warning",
                value: "\(owner) \(warning.limit.period.name): "
                    + "\(warning.spent) spent, soft limit \(warning.limit.amount)")
        }
    }
}

/// How the caller's rates stand, on every answer that has a caller.
extension Exchange {
    func addRates(of caller: Caller?, to headers: inout HTTPHeaders) {
        guard let caller else { return }
        let (requests, tokens) = core.standings(for: caller)
        for (name, standing) in [("requests", requests), ("tokens", tokens)] {
            if let standing { headers.add(standing, of: name) }
        }
    }
}

/// Headers that belong to one connection, or that name the account.
private enum HopHeaders {
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "set-cookie", "server", "date", "alt-svc",
        "strict-transport-security", "report-to", "nel",
    ]

    static func contains(_ name: String) -> Bool { names.contains(name.lowercased()) }
}
