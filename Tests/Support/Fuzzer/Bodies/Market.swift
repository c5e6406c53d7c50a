import Foundation
import OpenRouterSandbox
import OpenRouterWire
import Purser

/// The models on offer: the sandbox's, and rows as OpenRouter has them beside those.
struct Market: Sendable {
    /// What the rules about models need of a row, read without the gateway's code.
    struct Row: Hashable, Sendable {
        var id: String
        var slug: String
        /// 10⁻¹⁸ dollars for a token; `nil` where the price is not known beforehand.
        var promptPrice: Int128?
        var completionPrice: Int128?
        /// What a name such as `~openai/gpt-latest` stands for; `nil` for any other.
        var aliasTarget: String?

        var isRouter: Bool { id.hasPrefix("openrouter/") }
        var hasSuffix: Bool { id.contains(":") }
    }

    let rows: [Row]
    let listed: [ListedModel]

    static let standard = Market(further: Market.further)

    /// As the sandbox itself lists them.
    static let sandbox = Market(further: [])

    private init(further: [[String: Any]]) {
        let settings = SandboxSettings()
        var sandbox = Sandbox(settings, now: Timestamp(milliseconds: 0))
        let request = SandboxRequest("GET", "/api/v1/models")
        guard case .whole(let answer) = sandbox.answer(request, now: Timestamp(milliseconds: 0)),
            let list = Market.list(Data(answer.body.utf8))
        else { preconditionFailure("the sandbox lists its models") }
        let all = list + further
        rows = all.compactMap(Market.row)
        let text = try? JSONSerialization.data(withJSONObject: ["data": all])
        guard let text, let json = try? JSON.parse(Array(text)), let models = ListedModel.list(json)
        else { preconditionFailure("the list can be read again") }
        listed = models
        precondition(rows.map(\.id) == models.map(\.id))
    }

    private static func list(_ body: Data) -> [[String: Any]]? {
        let answer = try? JSONSerialization.jsonObject(with: body) as? [String: Any]
        return answer?["data"] as? [[String: Any]]
    }

    /// Variants that share a slug with another row, names that stand for others, routers, and a
    /// model that paints.
    private static var further: [[String: Any]] {
        [
            made("cohere/north-mini-code", slug: "cohere/north-mini-code-20260617"),
            made("openai/gpt-4o:extended", slug: "openai/gpt-4o", "0.000006", "0.000018"),
            made("deepseek/deepseek-v4-pro:free", slug: "deepseek/deepseek-v4-pro-20260423", "0"),
            made(
                "anthropic/claude-sonnet-4.5:thinking", slug: "anthropic/claude-4.5-sonnet-20250929"
            ),
            made("~openai/gpt-latest", slug: "~openai/gpt-latest", target: "openai/gpt-5.4"),
            made(
                "~anthropic/claude-sonnet-latest", slug: "~anthropic/claude-sonnet-latest",
                target: "anthropic/claude-sonnet-5"),
            made("openrouter/free", slug: "openrouter/free", "0", "0"),
            made("openrouter/fusion", slug: "openrouter/fusion", "-1", "-1"),
            made(
                "google/gemini-2.5-flash-image", slug: "google/gemini-2.5-flash-image", out: "image"
            ),
        ]
    }

    private static func made(
        _ id: String, slug: String, _ prompt: String = "0.000001",
        _ completion: String = "0.000002", target: String? = nil, out: String = "text"
    ) -> [String: Any] {
        var row: [String: Any] = [
            "id": id, "canonical_slug": slug, "name": id, "created": 1_700_000_000,
            "description": id, "context_length": 128_000,
            "architecture": [
                "input_modalities": ["text", "image"], "tokenizer": "Other",
                "output_modalities": out == "text" ? ["text"] : ["text", out],
            ],
            "pricing": ["prompt": prompt, "completion": completion],
            "top_provider": [
                "context_length": 128_000, "max_completion_tokens": 16_384, "is_moderated": false,
            ] as [String: Any],
            "supported_parameters": ["max_tokens", "tools"],
        ]
        if let target { row["alias_target"] = ["name": target, "slug": target] }
        return row
    }

    private static func row(_ row: [String: Any]) -> Row? {
        guard let id = row["id"] as? String else { return nil }
        let pricing = row["pricing"] as? [String: Any]
        return Row(
            id: id, slug: row["canonical_slug"] as? String ?? id,
            promptPrice: price(pricing?["prompt"]), completionPrice: price(pricing?["completion"]),
            aliasTarget: (row["alias_target"] as? [String: Any])?["slug"] as? String)
    }

    /// Reads `0.00000015` by moving its point; `nil` for anything that is no price.
    private static func price(_ value: Any?) -> Int128? {
        guard let text = value as? String, !text.hasPrefix("-") else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let places = parts.count > 1 ? parts[1] : ""
        let padded = String(places.prefix(18)).padding(toLength: 18, withPad: "0", startingAt: 0)
        // Digits behind the last place make it dearer.
        let rest: Int128 = places.dropFirst(18).contains { $0 != "0" } ? 1 : 0
        return Int128(parts[0] + padded).map { $0 + rest }
    }
}
