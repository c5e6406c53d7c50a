import OpenRouterWire
import Purser

extension Run {
    /// The headers of every answer that a model gave.
    package var headers: [SandboxReply.Header] {
        [
            .init("content-type", isStreaming ? "text/event-stream" : "application/json"),
            .init("cache-control", "no-cache"),
            .init("x-generation-id", id),
            .init("x-provider-name", endpoint.provider.name),
            .init("access-control-expose-headers", "X-Generation-Id,X-Provider-Name"),
        ]
    }

    /// How an answer that is not streamed ends.
    package var plainEnding: Ending {
        fault?.kind == .finishError ? .failed(sent: Tokens.count(halfText)) : .complete
    }

    /// Whether the connection must break in the middle of the body.
    package var isCut: Bool { fault?.kind == .cut }

    /// The body of an answer that is not streamed.
    package var plainBody: String {
        var object = JSONObject([
            ("id", .string(id)), ("object", "chat.completion"),
            ("created", JSON(startedAt.seconds)), ("model", .string(model.answerName)),
            ("provider", .string(endpoint.provider.name)), ("system_fingerprint", .null),
            ("choices", .array(fault?.kind == .finishError ? [failedChoice] : choices)),
        ])
        if fault?.kind != .noUsage { object["usage"] = bill(plainEnding).usage }
        return JSON.object(object).text
    }

    private var choices: [JSON] {
        answers.enumerated().map { index, answer in
            [
                "index": JSON(Int64(index)), "logprobs": nil,
                "finish_reason": .string(answer.finishReason),
                "native_finish_reason": .string(model.family.nativeReason(answer.finishReason)),
                "message": Run.message(answer.text),
            ]
        }
    }

    private var failedChoice: JSON {
        [
            "index": 0, "logprobs": nil, "finish_reason": "error", "native_finish_reason": nil,
            "message": Run.message(halfText), "error": fault?.midwayError ?? .null,
        ]
    }

    private static func message(_ text: String) -> JSON {
        ["role": "assistant", "content": .string(text), "refusal": nil, "reasoning": nil]
    }

    private var halfText: String {
        let pieces = answers.first?.pieces ?? []
        return pieces.prefix(pieces.count / 2).joined()
    }
}
