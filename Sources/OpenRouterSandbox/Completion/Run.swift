import OpenRouterWire
import Purser

/// One completion, planned to the last byte before it begins.
package struct Run: Sendable {
    package let id: String
    let model: Model
    let endpoint: Endpoint
    let key: KeyDigest
    let answers: [Answer]
    let promptTokens: Int64
    let rates: PriceList.Rates
    /// What OpenRouter takes on top, for a web search.
    let fee: UnitPrice
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

    var completionTokens: Int64 { answers.reduce(0) { $0 + $1.tokens } }
}

/// What a completion used and costs.
struct Bill: Hashable, Sendable {
    var promptTokens: Int64
    var completionTokens: Int64
    var cost: Cost
}

extension Run {
    /// What is billed for that ending.
    func bill(_ ending: Ending) -> Bill {
        switch ending {
        case .complete where fault?.kind == .zeroUsage:
            Bill(promptTokens: 0, completionTokens: 0, cost: .nothing)
        case .complete:
            bill(tokens: completionTokens)
        case .left(let sent):
            if !endpoint.provider.stopsWhenLeft {
                bill(tokens: completionTokens)
            } else if sent > 0 {
                bill(tokens: sent)
            } else {
                // No tokens and no finish reason: OpenRouter's insurance makes it free.
                Bill(promptTokens: promptTokens, completionTokens: 0, cost: .nothing)
            }
        case .cut(let sent):
            bill(tokens: sent)
        case .failed(let sent):
            Bill(promptTokens: promptTokens, completionTokens: sent, cost: .nothing)
        }
    }

    private func bill(tokens: Int64) -> Bill {
        let cost = Cost(
            rates: rates, promptTokens: promptTokens, completionTokens: tokens, fee: fee,
            hasFloatNoise: behaviour.hasFloatNoise)
        return Bill(promptTokens: promptTokens, completionTokens: tokens, cost: cost)
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
                "cached_tokens": 0, "cache_write_tokens": 0, "audio_tokens": 0, "video_tokens": 0,
            ],
            "cost_details": [
                "upstream_inference_cost": .number(cost.upstream),
                "upstream_inference_prompt_cost": .number(cost.prompt),
                "upstream_inference_completions_cost": .number(cost.completion),
            ],
            "completion_tokens_details": [
                "reasoning_tokens": 0, "image_tokens": 0, "audio_tokens": 0,
            ],
        ]
    }
}
