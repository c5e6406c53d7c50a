import OpenRouterWire
import Purser

/// What a stream does, step by step; the server plays it.
package struct StreamScript: Sendable {
    package enum Step: Hashable, Sendable {
        case pause(Duration)
        /// Bytes to send; `sent` counts the tokens the client has with them.
        case send(String, sent: Int64)
        /// A piece of text to send, see ``StreamScript/chunk(_:choice:)``.
        case piece(String, choice: Int, sent: Int64)
        /// The money moves now, before the client learns that it is all over.
        case settle(Run.Ending)
        /// Break the connection.
        case cut
    }

    package private(set) var steps: [Step] = []
    private let run: Run
    /// Everything of a chunk in front of its choices.
    private let opening: String

    package init(_ run: Run) {
        self.run = run
        var opening = "data: {\"id\":"
        JSON.write(run.id, to: &opening)
        opening += ",\"object\":\"chat.completion.chunk\",\"created\":\(run.startedAt.seconds)"
        opening += ",\"model\":"
        JSON.write(run.model.answerName, to: &opening)
        opening += ",\"provider\":"
        JSON.write(run.endpoint.provider.name, to: &opening)
        opening += ",\"system_fingerprint\":null"
        self.opening = opening
        addBeginning()
        if run.fault?.kind == .errorFirst {
            steps += [.settle(.failed(sent: 0)), .send(errorChunk(), sent: 0)]
        } else if let failure = addPieces() {
            addFailure(sent: failure.sent, choice: failure.choice)
        } else {
            addEnd()
        }
    }

    private static let comment = ": OPENROUTER PROCESSING\n\n"
    private static let done = "data: [DONE]\n\n"
    /// Even with a slow model the line hears something this often.
    private static let heartbeat = Duration.seconds(1)

    private mutating func addBeginning() {
        let hasComments = run.behaviour.hasComments
        let comment = Step.send(StreamScript.comment, sent: 0)
        if hasComments { steps += [comment, comment] }
        var wait = run.latency
        while hasComments, wait > StreamScript.heartbeat {
            steps += [.pause(StreamScript.heartbeat), comment]
            wait -= StreamScript.heartbeat
        }
        if wait > .zero { steps.append(.pause(wait)) }
    }

    /// All the text, or what comes before the fault, and then where that struck.
    private mutating func addPieces() -> (sent: Int64, choice: Int)? {
        let end = textEnd
        let interval = run.behaviour.chunkInterval
        var count = 0
        var finished: Int64 = 0
        for (choice, answer) in run.answers.enumerated() {
            var bytes = 0
            for piece in answer.pieces {
                if count == end { return (finished + Tokens.count(bytes: bytes), choice) }
                if interval > .zero { steps.append(.pause(interval)) }
                bytes += piece.utf8.count
                let sent = finished + Tokens.count(bytes: bytes)
                steps.append(.piece(piece, choice: choice, sent: sent))
                count += 1
                if count == 1, run.behaviour.hasComments {
                    steps.append(.send(StreamScript.comment, sent: sent))
                }
            }
            finished += answer.tokens
        }
        return end == nil ? nil : (finished, run.answers.count - 1)
    }

    /// After how many pieces the fault strikes; `nil` if none does.
    private var textEnd: Int? {
        guard let fault = run.fault else { return nil }
        switch fault.kind {
        case .cut, .errorMid: return Int(clamping: fault.afterChunks)
        case .finishError: return (run.answers.first?.pieces.count ?? 0) / 2
        case .status, .errorIn200, .noUsage, .zeroUsage, .usageTwice, .errorFirst: return nil
        }
    }

    private mutating func addFailure(sent: Int64, choice: Int) {
        guard run.fault?.kind != .cut else {
            steps += [.settle(.cut(sent: sent)), .cut]
            return
        }
        let ending = Run.Ending.failed(sent: sent)
        steps.append(.settle(ending))
        guard run.fault?.kind == .finishError else {
            steps.append(.send(errorChunk(choice: choice), sent: sent))
            return
        }
        let chunk = errorChunk(choice: choice, usage: run.bill(ending).usage)
        steps += [.send(chunk, sent: sent), .send(StreamScript.done, sent: sent)]
    }

    private mutating func addEnd() {
        steps.append(.settle(.complete))
        let sent = run.completionTokens
        // Spelled out, because `nil` may also mean a JSON null.
        let usage: JSON? =
            run.fault?.kind == .noUsage ? Optional.none : .some(run.bill(.complete).usage)
        let shape = run.behaviour.usageShape
        let last = run.answers.count - 1
        for (index, answer) in run.answers.enumerated() {
            let hasUsage = index == last && shape == .onFinish
            let chunk = chunk(
                choices: [choice(index, reason: answer.finishReason)],
                usage: hasUsage ? usage : Optional.none)
            steps.append(.send(chunk, sent: sent))
        }
        if let usage {
            let choices: [JSON] =
                switch shape {
                case .repeatFinish: [choice(last, reason: run.answers[last].finishReason)]
                case .emptyChoices: []
                case .nullFinish, .onFinish: [choice(last, reason: nil)]
                }
            let extra = run.fault?.kind == .usageTwice ? 1 : 0
            for _ in 0..<(shape == .onFinish ? extra : 1 + extra) {
                steps.append(.send(chunk(choices: choices, usage: usage), sent: sent))
            }
        }
        steps.append(.send(StreamScript.done, sent: sent))
    }
}

extension StreamScript {
    /// The event that carries a piece of text.
    package func chunk(_ piece: String, choice: Int) -> String {
        var text = opening
        text += ",\"choices\":[{\"index\":\(choice),\"delta\":{\"content\":"
        JSON.write(piece, to: &text)
        text += ",\"role\":\"assistant\"},\"finish_reason\":null,\"native_finish_reason\":null"
        text += ",\"logprobs\":null}]}\n\n"
        return text
    }

    private func choice(_ index: Int, reason: String?) -> JSON {
        let native = reason == "error" ? nil : reason.map(run.model.family.nativeReason)
        return [
            "index": JSON(Int64(index)), "delta": ["content": "", "role": "assistant"],
            "finish_reason": JSON(reason), "native_finish_reason": JSON(native), "logprobs": nil,
        ]
    }

    private func errorChunk(choice index: Int = 0, usage: JSON? = nil) -> String {
        chunk(
            choices: [choice(index, reason: "error")], usage: usage,
            error: run.fault?.midwayError)
    }

    private func chunk(choices: [JSON], usage: JSON?, error: JSON? = nil) -> String {
        var text = opening + ",\"choices\":"
        JSON.array(choices).write(to: &text)
        for (name, value) in [("usage", usage), ("error", error)] {
            guard let value else { continue }
            text += ",\"\(name)\":"
            value.write(to: &text)
        }
        return text + "}\n\n"
    }
}
