import Purser

/// Bodies as clients send them, and a little beyond.
struct BodyMaker {
    var dice: Dice
    let scene: Scene

    mutating func make() -> Piece {
        var members = [Piece.Member("model", .text(model())), Piece.Member("messages", messages())]
        if dice.happens(25) { members.removeFirst() }
        if dice.happens(4) { members.append(Piece.Member("models", models())) }
        if dice.happens(2) {
            members.append(Piece.Member("max_tokens", .raw("\(1 + dice.below(3_000))")))
        }
        if dice.happens(5) {
            members.append(Piece.Member("max_completion_tokens", .raw("\(1 + dice.below(3_000))")))
        }
        for _ in 0..<dice.below(4) { members.append(harmless()) }
        if dice.happens(3) { members.append(delicate()) }
        // One of each name: doubles are for the mutations.
        var names: Set<String> = []
        members.removeAll { !names.insert($0.name).inserted }
        dice.shuffle(&members)
        return .object(members)
    }

    /// Mostly one that may run, so that something gets through.
    mutating func model() -> String {
        let meaning = Meaning(tier: scene.tier, rows: scene.rows)
        let allowed = scene.rows.filter { meaning.allows($0) && $0.promptPrice != nil }
        guard !dice.happens(7), !allowed.isEmpty else { return oddModel() }
        let row = dice.one(allowed)
        return dice.happens(6) ? row.slug : row.id
    }

    mutating func oddModel() -> String {
        let row = dice.one(scene.rows)
        switch dice.below(8) {
        case 0: return row.id + dice.one([":online", ":nitro", ":floor", ":exacto", ":free"])
        case 1:
            return row.id + dice.one([":thinking", ":batch", ":extended", ":", ":nitro:online"])
        case 2: return dice.one(["@preset/team", row.id + "@preset/team", "~openai/gpt-latest"])
        case 3: return dice.one(["openrouter/auto", "openrouter/free", "openrouter/fusion"])
        case 4: return dice.one(Array(scene.tier.aliases.keys).sorted() + [row.id])
        case 5: return dice.one(["openrouter/", "openai/", " ", "models/", "/"]) + row.id
        case 6: return row.slug
        default: return row.id
        }
    }

    mutating func models() -> Piece {
        .list(
            (0..<(1 + dice.below(3))).map { _ in
                .text(dice.happens(2) ? oddModel() : model())
            })
    }

    private mutating func messages() -> Piece {
        .list(
            (0..<(1 + dice.below(2))).map { _ in
                .object(
                    ("role", .text(dice.one(["user", "system", "assistant"]))),
                    ("content", content()))
            })
    }

    private mutating func content() -> Piece {
        let text = Piece.text(dice.one(["Say ok.", "h\u{E9}", "a\\nb", "\\ud83d\\ude00", "{}"]))
        guard dice.happens(3) else { return text }
        var parts: [Piece] = [.object(("type", .text("text")), ("text", text))]
        if dice.happens(3) { parts.append(part()) }
        return .list(parts)
    }

    mutating func part() -> Piece {
        dice.one([
            .object(
                ("type", .text("image_url")), ("image_url", .object(("url", .text("https://x"))))),
            .object(
                ("type", .text("input_audio")), ("input_audio", .object(("data", .text("aa"))))),
            .object(("type", .text("file")), ("file", .object(("file_data", .text("x"))))),
            .object(("type", .text("video_url")), ("video_url", .object(("url", .text("x"))))),
            .object(("type", .text("tool_result")), ("content", .text("x"))),
            .object(("type", .text("text")), ("image_url", .object(("url", .text("x"))))),
            .object(("text", .text("x"))),
        ])
    }

    private mutating func harmless() -> Piece.Member {
        dice.one([
            Piece.Member("temperature", .raw("0.5")), Piece.Member("top_p", .raw("1")),
            Piece.Member("stream", .raw("true")), Piece.Member("seed", .raw("7")),
            Piece.Member("stop", .list([.text("x")])), Piece.Member("user", .text("bob")),
            Piece.Member("stream_options", .object(("include_usage", .raw("true")))),
            Piece.Member("metadata", .object(("a", .text("b")))),
            Piece.Member("response_format", .object(("type", .text("json_object")))),
            Piece.Member("logit_bias", .object(("50256", .raw("-100")))),
            Piece.Member("n", .raw("2")), Piece.Member("some_future_field", .raw("1")),
            Piece.Member("tool_choice", .text("auto")),
            Piece.Member(
                "tools",
                .list([
                    .object(
                        ("type", .text("function")),
                        ("function", .object(("name", .text("f")), ("parameters", .object()))))
                ])),
        ])
    }

    /// A member that costs, routes or limits.
    mutating func delicate() -> Piece.Member {
        switch dice.below(4) {
        case 0: return paid()
        case 1: return routing()
        case 2: return thinking()
        default: return choosing()
        }
    }

    private mutating func paid() -> Piece.Member {
        let tool = dice.one([
            "openrouter:web_search", "openrouter:image_generation", "openrouter:advisor",
            "web_search_preview", "openrouter:datetime", "custom",
        ])
        let plugin = dice.one([
            "web", "file-parser", "fusion", "auto-router", "web-fetch", "pareto-router",
        ])
        return dice.one([
            Piece.Member("plugins", .list([.object(("id", .text(plugin)))])),
            Piece.Member(
                "plugins", .list([.object(("id", .text("web")), ("enabled", .raw("false")))])),
            Piece.Member("tools", .list([.object(("type", .text(tool)))])),
            Piece.Member(
                "tools",
                .list([
                    .object(
                        ("type", .text(tool)), ("parameters", .object(("model", .text(oddModel()))))
                    )
                ])),
            Piece.Member("web_search_options", .object()),
            Piece.Member(
                "service_tier", .text(dice.one(["priority", "fast", "flex", "auto", "scale"]))),
            Piece.Member("speed", .text("fast")),
            Piece.Member(
                "modalities", .list([.text("text"), .text(dice.one(["image", "audio", "text"]))])),
            Piece.Member("audio", .object(("voice", .text("x")))),
            Piece.Member("image_config", .object(("size", .text("2K")))),
            Piece.Member("mcp_servers", .list([.object(("url", .text("x")))])),
            Piece.Member(
                "prediction", .object(("type", .text("content")), ("content", .text("x")))),
        ])
    }

    private mutating func routing() -> Piece.Member {
        let names = Piece.list(
            (0..<(1 + dice.below(3))).map { _ in .text(dice.one(TierMaker.providers)) })
        let wishes: [Piece.Member] = [
            Piece.Member("only", names), Piece.Member("order", names),
            Piece.Member("ignore", names),
            Piece.Member("zdr", .raw(dice.one(["true", "false", "null"]))),
            Piece.Member("data_collection", .text(dice.one(["allow", "deny"]))),
            Piece.Member("allow_fallbacks", .raw("true")),
            Piece.Member("sort", .text("throughput")),
            Piece.Member("max_price", .object(("prompt", .raw("99")), ("completion", .raw("999")))),
        ]
        return Piece.Member("provider", .object(wishes.filter { _ in dice.happens(3) }))
    }

    private mutating func thinking() -> Piece.Member {
        let effort = dice.one(["none", "minimal", "low", "medium", "high", "xhigh", "max", "HIGH"])
        let tokens = "\(dice.below(40_000))"
        return dice.one([
            Piece.Member("reasoning", .object(("effort", .text(effort)))),
            Piece.Member("reasoning", .object(("max_tokens", .raw(tokens)))),
            Piece.Member("reasoning", .object(("enabled", .raw("true")))),
            Piece.Member("reasoning_effort", .text(effort)),
            Piece.Member(
                "thinking", .object(("type", .text("enabled")), ("budget_tokens", .raw(tokens)))),
            Piece.Member("output_config", .object(("effort", .text(effort)))),
        ])
    }

    private mutating func choosing() -> Piece.Member {
        let name = oddModel()
        return dice.one([
            Piece.Member("models", .list([.text(name)])), Piece.Member("preset", .text("team")),
            Piece.Member("fallbacks", .list([.object(("model", .text(name)))])),
            Piece.Member("route", .text("fallback")), Piece.Member("fallback_model", .text(name)),
            Piece.Member("default_model", .text(name)),
            Piece.Member("extra_body", .object(("models", .list([.text(name)])))),
            Piece.Member("transforms", .list([.text("middle-out")])),
            Piece.Member("max_output_tokens", .raw("100000")),
            Piece.Member("batch", .raw("true")), Piece.Member("background", .raw("true")),
        ])
    }
}
