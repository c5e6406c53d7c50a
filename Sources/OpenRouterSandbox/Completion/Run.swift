import OpenRouterWire
import Purser

/// One completion, planned to the last byte before it begins.
package struct Run: Sendable {
    package let id: String
    let model: Model
    let endpoint: Endpoint
    let key: KeyDigest
    let answers: [Answer]
    let prompt: PromptUse
    /// Tokens of thinking, all answers together.
    let reasoningTokens: Int64
    let rates: PriceList.Rates
    /// What OpenRouter takes on top, for a web search and for reading documents.
    let fee: UnitPrice
    let hasSearched: Bool
    let fault: Fault?
    let behaviour: Behaviour
    package let isStreaming: Bool
    let startedAt: Timestamp
    let attribution: Attribution

    /// Who asked, as the generation will show it.
    struct Attribution: Hashable, Sendable {
        var requestID: String
        var upstreamID: String
        var referer: String?
        var userAgent: String?
        var user: String?
        var sessionID: String?
        /// Set if a router picked the model.
        var router: String?
    }

    /// How it ended; sizes are tokens that were sent.
    package enum Ending: Hashable, Sendable {
        /// As planned.
        case complete
        /// The client went away.
        case left(sent: Int64)
        /// The connection broke on our side.
        case cut(sent: Int64)
        /// The provider failed.
        case failed(sent: Int64)
    }

    /// The pause before it answers.
    package var latency: Duration { behaviour.latency }

    /// Tokens of text, all answers together.
    var completionTokens: Int64 { answers.reduce(0) { $0 + $1.tokens } }
}

/// What a completion used and costs.
struct Bill: Hashable, Sendable {
    var prompt: PromptUse
    /// Thinking included.
    var completionTokens: Int64
    var reasoningTokens: Int64 = 0
    var cost: Cost

    var promptTokens: Int64 { prompt.total }
}

extension Run {
    /// What is billed for that ending.
    func bill(_ ending: Ending) -> Bill {
        switch ending {
        case .complete where fault?.kind == .zeroUsage:
            Bill(prompt: PromptUse(), completionTokens: 0, cost: .nothing)
        case .complete:
            bill(tokens: completionTokens)
        case .left(let sent):
            if !endpoint.provider.stopsWhenLeft {
                bill(tokens: completionTokens)
            } else if sent > 0 {
                bill(tokens: sent)
            } else {
                // No tokens and no finish reason: OpenRouter's insurance makes it free.
                Bill(prompt: prompt, completionTokens: 0, cost: .nothing)
            }
        case .cut(let sent):
            bill(tokens: sent)
        case .failed(let sent):
            Bill(prompt: prompt, completionTokens: sent, cost: .nothing)
        }
    }

    private func bill(tokens: Int64) -> Bill {
        let cost = Cost(
            rates: rates, prompt: prompt, completionTokens: tokens,
            reasoningTokens: reasoningTokens, fee: fee, hasFloatNoise: behaviour.hasFloatNoise)
        return Bill(
            prompt: prompt, completionTokens: tokens + reasoningTokens,
            reasoningTokens: reasoningTokens, cost: cost)
    }
}

extension Bill {
    /// The `usage` object of an answer.
    var usage: JSON {
        [
            "prompt_tokens": JSON(promptTokens), "completion_tokens": JSON(completionTokens),
            "total_tokens": JSON(promptTokens + completionTokens),
            "cost": .number(cost.total), "is_byok": false,
            "prompt_tokens_details": [
                "cached_tokens": JSON(prompt.cached),
                "cache_write_tokens": JSON(prompt.written + prompt.writtenHour),
                "audio_tokens": JSON(prompt.audioTokens),
                "video_tokens": JSON(prompt.videoTokens),
            ],
            "cost_details": [
                "upstream_inference_cost": .number(cost.upstream),
                "upstream_inference_prompt_cost": .number(cost.prompt),
                "upstream_inference_completions_cost": .number(cost.completion),
            ],
            "completion_tokens_details": [
                "reasoning_tokens": JSON(reasoningTokens), "image_tokens": 0, "audio_tokens": 0,
            ],
        ]
    }
}
