import OpenRouterWire
import Purser

/// The sample team and what it asks for: the same every time.
enum DemoScript {
    struct Person: Sendable {
        var name: String
        var team: String
        var tier: Tier
        var daily: String
    }

    struct Call: Sendable {
        var member: String
        var model: String
        var prompt: String
        var tokens: Int64
        var isStreamed: Bool
    }

    static let people: [Person] = [
        Person(
            name: "alice-backend", team: "backend",
            tier: tier(
                "frontier",
                ["anthropic/claude-sonnet-4.6", "openai/gpt-5.4", "openai/gpt-4o-mini"], .downgrade),
            daily: "0.05"),
        Person(
            name: "bob-frontend", team: "frontend",
            tier: tier("economy", ["openai/gpt-4o-mini", "deepseek/deepseek-v4-flash"], .deny),
            daily: "0.0002"),
        Person(
            name: "carol-ml", team: "ml",
            tier: tier("research", ["*"], .deny, requestCostMax: USD("0.02")), daily: "0.10"),
    ]

    /// A few dozen calls: most of them pass, some are sent to another model, some are refused.
    static let calls: [Call] =
        rounds.flatMap { round in
            [
                call("alice-backend", "anthropic/claude-sonnet-4.6", round, 180, true),
                call("bob-frontend", "openai/gpt-4o-mini", round, 120, false),
                call("carol-ml", "google/gemini-3.1-flash-lite-preview", round, 300, true),
                call("alice-backend", "openai/gpt-4o", round, 150, false),
                call("bob-frontend", "deepseek/deepseek-v4-flash", round, 160, true),
                call("carol-ml", "anthropic/claude-opus-4.8", round, 220, false),
            ]
        } + [
            call("bob-frontend", "anthropic/claude-opus-4.8", "Write my whole app.", 500, false),
            call("carol-ml", "anthropic/claude-opus-4.8", "Write a book.", 60_000, true),
            call("carol-ml", "openrouter/auto", "Pick a model for me.", 100, false),
            call("alice-backend", "openai/gpt-4o-mini", "Say goodbye.", 40, true),
        ]

    private static let rounds = [
        "Why does this test fail only on Mondays?",
        "Explain the difference between a mutex and a semaphore.",
        "Write a regular expression for an ISO date.",
        "Suggest a name for a variable that counts retries.",
        "Summarise this stack trace in two sentences.",
        "Turn this SQL query into a view.",
    ]

    private static func tier(
        _ name: String, _ models: [String], _ otherwise: Tier.Otherwise,
        requestCostMax: USD? = nil
    ) -> Tier {
        Tier(
            id: ID(0), name: name, models: models.compactMap(ModelPattern.init),
            otherwise: otherwise, requestCostMax: requestCostMax)
    }

    private static func call(
        _ member: String, _ model: String, _ prompt: String, _ tokens: Int64, _ isStreamed: Bool
    ) -> Call {
        Call(member: member, model: model, prompt: prompt, tokens: tokens, isStreamed: isStreamed)
    }
}

extension DemoScript.Call {
    var body: JSON {
        [
            "model": .string(model), "max_tokens": JSON(tokens), "stream": .bool(isStreamed),
            "messages": [["role": "user", "content": .string(prompt)]],
        ]
    }
}
