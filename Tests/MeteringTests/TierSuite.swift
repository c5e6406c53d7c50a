import Metering
import OpenRouterWire
import Purser
import Testing

/// Calls in a tier of one's own making, for suites that look at its rules.
protocol TierSuite {}

extension TierSuite {
    /// A model of each kind that some rule looks at.
    var catalogue: Catalogue { tierCatalogue }

    static func row(
        _ id: String, slug: String? = nil, prompt: String, completion: String,
        alias: String? = nil, search: Bool = false, outputs: [String] = ["text"],
        thinks: Bool = false
    ) -> ListedModel {
        var pricing = JSONObject([
            ("prompt", .string(prompt)), ("completion", .string(completion)),
        ])
        if search { pricing["web_search"] = "0.005" }
        return ListedModel([
            "id": .string(id), "canonical_slug": .string(slug ?? id),
            "top_provider": ["max_completion_tokens": 8_000],
            "architecture": ["output_modalities": .array(outputs.map(JSON.string))],
            "supported_parameters": search ? ["web_search_options"] : [],
            "alias_target": alias.map { ["slug": .string($0)] } ?? nil,
            "reasoning": thinks ? ["mandatory": true, "default_enabled": true] : nil,
            "pricing": .object(pricing),
        ])!
    }

    func tier(_ models: String..., change: (inout Tier) -> Void = { _ in }) -> Tier {
        var tier = Tier(id: ID(1), name: "t", models: models.compactMap(ModelPattern.init))
        change(&tier)
        return tier
    }

    func inquiry(
        _ fields: String, _ tier: Tier, app: String = "", at: String = "2026-11-21T12:00:00Z"
    ) throws -> Admission.Inquiry {
        let bytes = Array("{\(fields),\"messages\":[{\"content\":\"hi\"}]}".utf8)
        return Admission.Inquiry(
            request: try ChatRequest.scan(bytes.span), caller: alice(tier), app: app,
            at: try #require(Timestamp(at)), catalogue: catalogue, headroom: nil)
    }

    func plan(
        _ fields: String, _ tier: Tier, app: String = "", at: String = "2026-11-21T12:00:00Z"
    ) throws -> Admission.Plan {
        try Admission.plan(try inquiry(fields, tier, app: app, at: at)).get()
    }

    func refusal(
        _ fields: String, _ tier: Tier, app: String = "", at: String = "2026-11-21T12:00:00Z"
    ) throws -> Refusal? {
        switch Admission.plan(try inquiry(fields, tier, app: app, at: at)) {
        case .success: nil
        case .failure(let refusal): refusal
        }
    }
}

private let tierCatalogue = Catalogue([
    TierModel.row("a/large", prompt: "0.000003", completion: "0.000015"),
    TierModel.row("a/small", prompt: "0.000001", completion: "0.000002"),
    TierModel.row("a/small:free", slug: "a/small", prompt: "0", completion: "0"),
    TierModel.row("b/mid", slug: "b/mid-2026", prompt: "0.000002", completion: "0.000004"),
    TierModel.row("~a/latest", prompt: "0.000001", completion: "0.000002", alias: "a/small"),
    TierModel.row("openrouter/auto", prompt: "0.000001", completion: "0.000002"),
    TierModel.row("s/onar", prompt: "0.000001", completion: "0.000002", search: true),
    TierModel.row(
        "p/aint", prompt: "0.000001", completion: "0.000002", outputs: ["text", "image"]),
    TierModel.row("t/hinker", prompt: "0.000001", completion: "0.000002", thinks: true),
])

private enum TierModel: TierSuite {}
