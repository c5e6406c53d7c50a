/// What is bought beside text.
extension Judge {
    /// Plugins that work for the model that was asked for.
    private static let plainPlugins: Set<String> = [
        "web-fetch", "file-parser", "response-healing", "context-compression", "moderation",
    ]

    static func judgePlugins(_ value: Reading, into verdict: inout Verdict) {
        for plugin in value.elements {
            let switches = Manner.all.map { plugin.member("enabled", $0) }
            if !plugin.members.isEmpty, switches.allSatisfy({ $0 == .flag(false) }) { continue }
            let names = plugin.all("id") + plugin.all("type") + plugin.all("name")
            var ids = names.flatMap(\.words).map(Folding.word)
            if let word = plugin.word { ids.append(Folding.word(word)) }
            if ids.isEmpty { verdict.add(.otherModel, "a plugin without an id") }
            for id in ids {
                if id == "web" {
                    verdict.add(.webSearch, "the plugin \(id)")
                } else {
                    verdict.add(.plugin, "the plugin \(id)")
                    if !plainPlugins.contains(id) { verdict.add(.otherModel, "the plugin \(id)") }
                }
            }
            for models in plugin.values(where: { $0.contains("model") }) {
                addModels(models, to: &verdict)
                if models.isSomething { verdict.add(.otherModel, "a plugin's model") }
            }
        }
    }

    /// OpenRouter's own tools that run no model.
    private static let plainTools: Set<String> = [
        "apply_patch", "bash", "code_interpreter", "datetime", "experimental__search_models",
        "file_search", "files", "mcp", "memory", "shell", "text_editor", "tool_search",
        "web_fetch", "web_search",
    ]

    static func judgeTools(_ value: Reading, into verdict: inout Verdict) {
        for tool in value.elements {
            var types = tool.all("type").flatMap(\.words)
            if let word = tool.word { types.append(word) }
            if types.isEmpty { types = ["?"] }
            for type in types where type != "function" && type != "custom" {
                let folded = Folding.word(type)
                let isOwn = folded.hasPrefix("openrouter:")
                let name = isOwn ? String(folded.dropFirst("openrouter:".count)) : folded
                let place = "a tool of type \(type)"
                verdict.add(.serverTool, place)
                if ["advisor", "fusion", "image_generation", "subagent"].contains(name)
                    || isOwn && !plainTools.contains(name)
                {
                    verdict.add(.otherModel, place)
                }
                for models in tool.values(where: { $0.contains("model") }) {
                    addModels(models, to: &verdict)
                    if models.isSomething { verdict.add(.otherModel, "a model in \(place)") }
                }
            }
        }
    }

    static func judgeMessages(_ value: Reading, into verdict: inout Verdict) {
        for message in value.elements {
            for member in message.members {
                switch Folding.name(member.name) {
                case "content", "parts": judgeContent(member.value, into: &verdict)
                case "annotations":
                    for value in member.value.values(where: { kind(of: $0) != nil }) {
                        if value.isSomething { addMedia("file", "an annotation", to: &verdict) }
                    }
                case "images", "image", "audio", "videos", "video", "files", "file",
                    "attachments":
                    if member.value.isSomething {
                        let name = Folding.name(member.name)
                        addMedia(name, "\"\(member.name)\" in a message", to: &verdict)
                    }
                default: break
                }
            }
        }
    }

    private static let textTypes: Set<String> = [
        "text", "refusal", "thinking", "reasoning", "inputtext", "outputtext", "summarytext",
    ]

    private static func judgeContent(_ value: Reading, into verdict: inout Verdict) {
        for part in value.elements {
            for type in part.all("type").flatMap(\.words) {
                let folded = Folding.name(type)
                if textTypes.contains(folded) { continue }
                let place = "a content part of type \(type)"
                if kind(of: folded) != nil {
                    addMedia(folded, place, to: &verdict)
                } else {
                    verdict.add(.otherContent, place)
                }
            }
            for member in part.members {
                let name = Folding.name(member.name)
                if name == "content" { judgeContent(member.value, into: &verdict) }
                if kind(of: name) != nil, member.value.isSomething {
                    addMedia(name, "\"\(member.name)\" in a content part", to: &verdict)
                }
            }
        }
    }

    /// The kind that a folded name speaks of; `nil` if it speaks of none.
    private static func kind(of name: String) -> Verdict.Kind? {
        let marks: [(String, Verdict.Kind)] = [
            ("image", .image), ("audio", .audio), ("video", .video), ("file", .file),
            ("document", .file), ("attachment", .file), ("pdf", .file),
        ]
        return marks.first { name.contains($0.0) }?.1
    }

    static func addMedia(_ name: String, _ place: String, to verdict: inout Verdict) {
        verdict.add(kind(of: name) ?? .otherContent, place)
    }
}
