/// Says what a forwarded request could make an upstream do, whoever reads it.
///
/// A reader may take the first of two members or the last, mind cases or not, mend broken JSON or
/// look into other encodings. What any of them would run could run; a limit holds only where all of
/// them see it. When in doubt, it could.
package enum Judge {
    /// - Parameters:
    ///   - path: with the query, if there is one.
    ///   - headers: all of them, names in any case.
    package static func verdict(
        path: String = "", headers: [(name: String, value: String)] = [], body: [UInt8]
    ) -> Verdict {
        var verdict = Verdict()
        judgePath(path, into: &verdict)
        for header in headers { judgeHeader(header.name, header.value, into: &verdict) }
        var reader = LooseReader(body)
        let documents = reader.documents()
        verdict.liberties = Set(reader.liberties.map(\.rawValue))
        var bodies: [Reading] = []
        for document in documents { bodies += document.elements }
        for body in bodies { judge(body, into: &verdict) }
        judgeLimits(bodies, into: &verdict)
        return verdict
    }

    private static func judgePath(_ path: String, into verdict: inout Verdict) {
        let parts = path.split(separator: "?", maxSplits: 1)
        let segments = (parts.first ?? "").split(separator: "/").map { Folding.name(String($0)) }
        if segments.contains("presets") { verdict.add(.otherModel, "a preset in the path") }
        for item in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = pair.first else { continue }
            let value = Reading.text(pair.count > 1 ? pair[1] : "true")
            judge(Reading.Member(name: name, value: value), into: &verdict)
        }
    }

    private static func judgeHeader(
        _ name: String, _ value: String, into verdict: inout Verdict
    ) {
        let folded = Folding.name(name)
        if folded.contains("model") {
            addModels(.list(value.split(separator: ",").map { .text(String($0)) }), to: &verdict)
        }
        if folded.contains("preset") { verdict.add(.otherModel, "the header \(name)") }
        if folded.contains("plugin") { verdict.add(.plugin, "the header \(name)") }
        if folded.contains("servicetier") { verdict.add(.serviceTier, "the header \(name)") }
    }

    private static func judge(_ body: Reading, into verdict: inout Verdict) {
        for member in body.members {
            verdict.fields.append(member.name)
            judge(member, into: &verdict)
        }
    }

    /// One of the body's own members.
    private static func judge(_ member: Reading.Member, into verdict: inout Verdict) {
        let (name, value) = (Folding.name(member.name), member.value)
        let place = "\"\(member.name)\""
        if name.contains("model") { addModels(value, to: &verdict) }
        switch name {
        case "fallbacks", "fallback": addModels(value, to: &verdict)
        case "preset", "presets":
            if value.isSomething { verdict.add(.otherModel, place) }
        // Libraries merge these into the body; one that does not sends them as they are.
        case "extrabody", "extra": judge(value, into: &verdict)
        case "plugins", "plugin": judgePlugins(value, into: &verdict)
        case "tools", "tool": judgeTools(value, into: &verdict)
        case "websearchoptions", "websearch", "search", "online":
            // Options may be empty and still switch it on.
            if value != .null, value != .flag(false) { verdict.add(.webSearch, place) }
        case "audio", "imageconfig", "imagegeneration":
            if value != .null { verdict.add(.mediaOutput, place) }
        case "modalities", "outputmodalities":
            let kinds = value.words.map(Folding.word)
            if kinds.contains(where: { $0 != "text" }) { verdict.add(.mediaOutput, place) }
        case "servicetier", "speed", "priority":
            let plain: Set<String> = ["", "auto", "default", "flex", "standard", "normal"]
            let words = value.words.map(Folding.word)
            if words.contains(where: { !plain.contains($0) }) { verdict.add(.serviceTier, place) }
        case "mcpservers", "container":
            if value.isSomething { verdict.add(.serverTool, place) }
        case "messages", "message", "input", "prompt", "system":
            judgeMessages(value, into: &verdict)
        case "images", "image", "files", "file", "videos", "video", "attachments":
            if value.isSomething { addMedia(name, place, to: &verdict) }
        case "n", "bestof", "candidatecount", "numcompletions":
            let counts = value.words.map { Number.count($0) ?? .max }
            verdict.answerCount = max(verdict.answerCount, counts.max() ?? 1)
        case "reasoning", "reasoningeffort", "thinking", "outputconfig", "effort",
            "thinkingconfig", "thinkingbudget":
            judgeThinking(name, value, into: &verdict)
        default: break
        }
    }

    /// Every text in there may be a model's name.
    static func addModels(_ value: Reading, to verdict: inout Verdict) {
        for word in value.words {
            verdict.models.insert(word)
            let folded = Folding.word(word)
            // Text behind a NUL is lost on readers that end there.
            if let end = word.unicodeScalars.firstIndex(of: "\u{0}") {
                verdict.models.insert(String(word[..<end]))
            }
            if folded.contains(":online") { verdict.add(.webSearch, "the suffix of \(word)") }
            if folded.contains("@preset") || folded.hasPrefix("@") {
                verdict.add(.otherModel, "the preset in \(word)")
            }
        }
    }

    private static func judgeThinking(
        _ name: String, _ value: Reading, into verdict: inout Verdict
    ) {
        if case .text(let word) = value { verdict.efforts.insert(Folding.word(word)) }
        if case .number(let literal) = value {
            verdict.thinkingTokens = max(verdict.thinkingTokens, Number.budget(literal))
        }
        if value == .flag(true) { verdict.asksToThink = true }
        // An object asks, whatever else it says, unless every reader finds it switched off.
        if name == "reasoning", case .object = value,
            Manner.all.contains(where: { value.member("enabled", $0) != .flag(false) })
        {
            verdict.asksToThink = true
        }
        for member in value.members {
            switch Folding.name(member.name) {
            case "effort", "thinkinglevel":
                for word in member.value.words { verdict.efforts.insert(Folding.word(word)) }
            case "maxtokens", "budgettokens", "thinkingbudget", "budget":
                for word in member.value.words {
                    verdict.thinkingTokens = max(verdict.thinkingTokens, Number.budget(word))
                }
            case "enabled", "includethoughts":
                if member.value.isSomething { verdict.asksToThink = true }
            case "type":
                let words = member.value.words.map(Folding.word)
                if words.contains(where: { $0 != "disabled" }), name == "thinking" {
                    verdict.asksToThink = true
                }
            default: break
            }
        }
    }
}
