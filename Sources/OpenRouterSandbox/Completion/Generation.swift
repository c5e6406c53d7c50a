import OpenRouterWire
import Purser

/// What remains of a completion once it has ended.
struct Generation: Sendable {
    var id: String
    var model: Model
    var endpoint: Endpoint
    var bill: Bill
    var ending: Run.Ending
    var isStreaming: Bool
    var finishReason: String?
    var searchCount: Int64?
    var attribution: Run.Attribution
    var startedAt: Timestamp
    var endedAt: Timestamp
    var latency: Int64

    init(_ run: Run, _ ending: Run.Ending, now: Timestamp) {
        id = run.id
        model = run.model
        endpoint = run.endpoint
        bill = run.bill(ending)
        self.ending = ending
        isStreaming = run.isStreaming
        switch ending {
        case .complete: finishReason = run.answers.first?.finishReason
        case .failed: finishReason = "error"
        case .left, .cut: finishReason = nil
        }
        searchCount = run.hasSearched ? 1 : nil
        attribution = run.attribution
        startedAt = run.startedAt
        endedAt = now
        latency = run.behaviour.latency.milliseconds
    }

    var isCancelled: Bool {
        switch ending {
        case .left, .cut: true
        case .complete, .failed: false
        }
    }

    /// `GET /generation`, with every field that clients insist on.
    var json: JSON {
        let hasFailed = finishReason == "error"
        let native = hasFailed ? nil : finishReason.map(model.family.nativeReason)
        var object = JSONObject([
            ("id", .string(id)), ("request_id", .string(attribution.requestID)),
            ("upstream_id", .string(attribution.upstreamID)), ("api_type", "completions"),
            ("created_at", .string(startedAt.offsetText)), ("model", .string(model.answerName)),
            ("provider_name", .string(endpoint.provider.name)),
            ("provider_responses", [providerResponse(hasFailed: hasFailed)]),
            ("router", JSON(attribution.router)), ("preset_id", .null), ("service_tier", .null),
            ("data_region", "global"), ("streamed", .bool(isStreaming)),
            ("cancelled", .bool(isCancelled)), ("finish_reason", JSON(finishReason)),
            ("native_finish_reason", JSON(native)), ("latency", JSON(latency)),
            ("generation_time", JSON(endedAt.milliseconds - startedAt.milliseconds)),
            ("moderation_latency", .null),
        ])
        object["tokens_prompt"] = JSON(bill.promptTokens)
        object["tokens_completion"] = JSON(bill.completionTokens)
        object["native_tokens_prompt"] = JSON(bill.promptTokens)
        object["native_tokens_completion"] = JSON(bill.completionTokens)
        object["native_tokens_completion_images"] = .null
        object["native_tokens_reasoning"] = JSON(bill.reasoningTokens)
        object["native_tokens_cached"] = JSON(bill.prompt.cached)
        for name in ["num_media_prompt", "num_media_completion", "num_input_audio_prompt"] {
            object[name] = .null
        }
        object["num_search_results"] = searchCount.map { JSON($0) } ?? .null
        object["num_fetches"] = .null
        object["web_search_engine"] = searchCount == nil ? .null : "exa"
        object["usage"] = .number(bill.cost.total)
        object["total_cost"] = .number(bill.cost.total)
        object["cache_discount"] = .null
        object["upstream_inference_cost"] = 0
        object["is_byok"] = false
        object["origin"] = .string(attribution.referer ?? "")
        object["app_id"] = .null
        object["http_referer"] = JSON(attribution.referer)
        object["user_agent"] = JSON(attribution.userAgent)
        object["external_user"] = JSON(attribution.user)
        object["session_id"] = JSON(attribution.sessionID)
        object["response_cache_source_id"] = .null
        object["workspace_id"] = .string(Account.workspaceID)
        return ["data": .object(object)]
    }

    private func providerResponse(hasFailed: Bool) -> JSON {
        [
            "id": .string(attribution.upstreamID), "endpoint_id": .string(endpoint.id(of: model)),
            "model_permaslug": .string(model.slug),
            "provider_name": .string(endpoint.provider.name),
            "status": hasFailed ? 502 : 200, "latency": JSON(latency), "is_byok": false,
        ]
    }
}

/// The generations that can still be looked up.
struct Generations: Sendable {
    /// Older ones are forgotten, so that a load test does not fill the memory.
    static let keptMax = 50_000

    private(set) var total: Int64 = 0
    private var byID: [String: Generation] = [:]
    /// The ids in a ring; `next` is the oldest once the ring is full.
    private var ring: [String] = []
    private var next = 0

    mutating func add(_ generation: Generation) {
        total += 1
        byID[generation.id] = generation
        if ring.count < Generations.keptMax {
            ring.append(generation.id)
        } else {
            byID[ring[next]] = nil
            ring[next] = generation.id
            next = (next + 1) % Generations.keptMax
        }
    }

    subscript(id: String) -> Generation? { byID[id] }
}
