import Purser

/// What a body says about thinking, in each place that OpenRouter or a provider reads.
struct ChatThinking: Sendable {
    /// OpenRouter's own object, with the members that are known.
    var reasoning: JSONObject?
    /// Whether something was left out of ``reasoning``, so that it has to be written.
    var isReasoningCut = false
    /// `reasoning_effort`.
    var shorthand: ReasoningEffort?
    /// `include_reasoning`, which came before `reasoning`.
    var isIncluded = false
    /// Anthropic's object, with the members that are known.
    var thinking: JSONObject?
    /// Anthropic's object, with the members that are known.
    var outputConfig: JSONObject?
    /// OpenAI's word for the length of answers; OpenRouter makes an effort of it elsewhere.
    var verbosity: ReasoningEffort?

    /// What thinking costs that is asked for without a word of how much.
    private static let effortOfOwn = ReasoningEffort.medium
    /// The same for Anthropic's models, which then think as much as they like.
    private static let effortAdaptive = ReasoningEffort.high

    /// The most that any place asks for; `nil` where none says.
    var effort: ReasoningEffort? {
        [
            effortOfReasoning, shorthand, isIncluded ? ChatThinking.effortOfOwn : nil,
            effortOfThinking, outputConfig?["effort"]?.effort, verbosity,
        ].compactMap { $0 }.max()
    }

    /// The largest budget; `nil` where there is none.
    var tokens: Int64? {
        [reasoning?["max_tokens"]?.integer, thinking?["budget_tokens"]?.integer]
            .compactMap { $0 }.max()
    }

    /// Whether some place says how much, or that there shall be none. The length of answers is
    /// no effort to models that have a word of its own for it.
    var namesAmount: Bool {
        let words = [reasoning?["effort"], outputConfig?["effort"]].contains {
            $0?.effort != nil
        }
        return words || shorthand != nil || thinking != nil || tokens != nil
            || reasoning?["enabled"] == false
    }

    private var effortOfReasoning: ReasoningEffort? {
        guard let reasoning else { return nil }
        if reasoning["enabled"] == false { return ReasoningEffort.none }
        if let effort = reasoning["effort"]?.effort { return effort }
        // Whatever else it says, it asks: `{}` is what `include_reasoning` became.
        return reasoning["max_tokens"]?.integer == nil ? ChatThinking.effortOfOwn : nil
    }

    private var effortOfThinking: ReasoningEffort? {
        guard let thinking else { return nil }
        if thinking["type"] == "disabled" { return ReasoningEffort.none }
        return thinking["budget_tokens"]?.integer == nil ? ChatThinking.effortAdaptive : nil
    }
}

/// Reading.
extension ChatThinking {
    private static let reasoningNames: Set<String> = [
        "effort", "max_tokens", "enabled", "exclude", "summary", "context",
    ]
    private static let thinkingNames: Set<String> = ["type", "budget_tokens", "display"]
    private static let outputConfigNames: Set<String> = ["effort", "format"]

    /// Reads one of the fields about thinking.
    mutating func read(
        _ field: ChatField, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws {
        if ChatRequestScan.isNull(bytes, range) { return }
        let name = field.rawValue
        let value = try ChatRequestScan.whole(name, bytes, range)
        switch field {
        case .reasoning:
            let object = try ChatThinking.object(name, value)
            reasoning = object.keeping(ChatThinking.reasoningNames)
            if object["enabled"] == false { reasoning?.leaveOut("effort", "max_tokens") }
            // To some readers a budget of nothing is none that was given.
            if reasoning?["max_tokens"]?.integer == 0 {
                reasoning?.leaveOut("max_tokens", "enabled")
                if object["effort"]?.effort == nil { reasoning?["effort"] = "none" }
            }
            isReasoningCut =
                reasoning != object || ChatRequestScan.hasEscape(bytes, range)
            _ = try ChatThinking.effort("reasoning.effort", object["effort"])
            try ChatThinking.checkTokens(name, object["max_tokens"])
            for flag in ["enabled", "exclude"] {
                try ChatThinking.checkFlag("\(name).\(flag)", object[flag])
            }
        case .reasoningEffort: shorthand = try ChatThinking.effort(name, value)
        case .includeReasoning:
            try ChatThinking.checkFlag(name, value)
            isIncluded = value == true
        case .thinking:
            let object = try ChatThinking.object(name, value)
            thinking = object.keeping(ChatThinking.thinkingNames)
            if object["type"] == "disabled" { thinking?.leaveOut("budget_tokens") }
            if thinking?["budget_tokens"]?.integer == 0 { thinking = ChatThinking.disabled.object }
            try ChatThinking.checkTokens(name, object["budget_tokens"])
            guard object["type"].map({ $0.string != nil || $0.isNull }) ?? true else {
                throw ChatRequest.Fault("\"thinking.type\" must be a string.")
            }
        case .outputConfig:
            let object = try ChatThinking.object(name, value)
            outputConfig = object.keeping(ChatThinking.outputConfigNames)
            _ = try ChatThinking.effort("output_config.effort", object["effort"])
        case .verbosity: verbosity = try ChatThinking.effort(name, value)
        default: preconditionFailure("\(name) says nothing about thinking")
        }
    }

    private static func object(_ name: String, _ value: JSON) throws -> JSONObject {
        guard let object = value.object else {
            throw ChatRequest.Fault("\"\(name)\" must be an object.")
        }
        return object
    }

    private static func effort(_ name: String, _ value: JSON?) throws -> ReasoningEffort? {
        guard let value, !value.isNull else { return nil }
        guard let effort = value.effort else {
            let words = ReasoningEffort.allCases.map(\.rawValue).joined(separator: ", ")
            throw ChatRequest.Fault("\"\(name)\" must be one of \(words).")
        }
        return effort
    }

    private static func checkTokens(_ name: String, _ value: JSON?) throws {
        guard let value, !value.isNull else { return }
        // "-0" is below zero to some readers, and "0.0" no number of tokens: both are then as if
        // nothing were said.
        let isPlain = value.literal?.utf8.allSatisfy { (0x30...0x39).contains($0) } ?? false
        guard isPlain, let tokens = value.integer, (0...Int64(Int32.max)).contains(tokens) else {
            throw ChatRequest.Fault(
                "\"\(name)\" must give its tokens as an integer from 0 to \(Int32.max).")
        }
    }

    private static func checkFlag(_ name: String, _ value: JSON?) throws {
        guard let value, !value.isNull, value.bool == nil else { return }
        throw ChatRequest.Fault("\"\(name)\" must be true or false.")
    }

    /// Tokens that may come on top of each answer's limit.
    var tokensBeside: Int64 {
        var most: Int64 = 0
        func add(_ budget: Int64?, isAsked: Bool) {
            if let budget {
                let least = ChatRequest.thinkingTokensMin
                most = max(most, budget == 0 ? 0 : max(budget, least))
            } else if isAsked {
                most = max(most, ChatRequest.thinkingTokensMin)
            }
        }
        add(
            reasoning?["max_tokens"]?.integer,
            isAsked: reasoning != nil && effortOfReasoning != ReasoningEffort.none)
        add(nil, isAsked: shorthand.map { $0 != .none } ?? isIncluded)
        add(
            thinking?["budget_tokens"]?.integer,
            isAsked: thinking != nil && effortOfThinking != ReasoningEffort.none)
        add(nil, isAsked: outputConfig?["effort"]?.effort != nil)
        add(nil, isAsked: verbosity.map { $0 != .none } ?? false)
        return most
    }
}

/// Writing.
extension ChatThinking {
    /// Where there is no word for less, the place is left out and `reasoning` says it.
    private static let effortLeast = ReasoningEffort.low

    /// What becomes of the places under the limits of `forwarding`.
    struct Lowered {
        var reasoning = BodyChange.keep
        var shorthand = BodyChange.keep
        var included = BodyChange.keep
        var thinking = BodyChange.keep
        var outputConfig = BodyChange.keep
        var verbosity = BodyChange.keep
    }

    func lowered(for forwarding: Forwarding) -> Lowered {
        var result = Lowered()
        // What was judged is what is written, also where nothing is lowered.
        if let thinking { result.thinking = .write(.object(thinking)) }
        if let outputConfig { result.outputConfig = .write(.object(outputConfig)) }
        var own = reasoning ?? JSONObject()
        var isOwnChanged = isReasoningCut
        if let limit = forwarding.effort {
            isOwnChanged = lowerOwn(&own, to: limit) || isOwnChanged
            lowerOthers(&result, to: limit)
            let isDropped =
                result.thinking == .leaveOut || result.included == .leaveOut
                || outputConfig?["effort"] != nil && limit < ChatThinking.effortLeast
            let isUnnamed = forwarding.writesEffort && !namesAmount
            if isDropped || isUnnamed, own["effort"]?.effort == nil,
                own["enabled"] != false
            {
                own["effort"] = .string(limit.rawValue)
                own["enabled"] = nil
                isOwnChanged = true
            }
        }
        if let most = forwarding.thinkingTokensMax {
            if let tokens = own["max_tokens"]?.integer, tokens > most {
                own["max_tokens"] = JSON(most)
                if most == 0 {
                    own.leaveOut("max_tokens", "enabled")
                    own["effort"] = .string((forwarding.effort ?? ReasoningEffort.none).rawValue)
                }
                isOwnChanged = true
            }
            lowerBudget(&result, to: most)
        }
        if isOwnChanged { result.reasoning = .write(.object(own)) }
        return result
    }

    /// Lowers OpenRouter's own object; whether that changed it.
    private func lowerOwn(_ own: inout JSONObject, to limit: ReasoningEffort) -> Bool {
        if own["enabled"] == false { return false }
        if limit == .none {
            let asks =
                own["max_tokens"]?.integer.map { $0 > 0 } ?? false
                || effortOfReasoning.map { $0 > .none } ?? false
            guard asks else { return false }
            own["max_tokens"] = nil
            own["enabled"] = nil
        } else {
            guard let effort = effortOfReasoning, effort > limit else { return false }
        }
        own["effort"] = .string(limit.rawValue)
        return true
    }

    private func lowerOthers(_ result: inout Lowered, to limit: ReasoningEffort) {
        let word = JSON.string(limit.rawValue)
        if let shorthand, shorthand > limit { result.shorthand = .write(word) }
        if isIncluded, ChatThinking.effortOfOwn > limit { result.included = .leaveOut }
        let hasWord = limit >= ChatThinking.effortLeast
        if let verbosity, verbosity > limit {
            result.verbosity = hasWord ? .write(word) : .leaveOut
        }
        if var outputConfig, let effort = outputConfig["effort"]?.effort, effort > limit {
            if hasWord { outputConfig["effort"] = word } else { outputConfig["effort"] = nil }
            result.outputConfig = .write(.object(outputConfig))
        }
        if let thinking, thinking["type"] != "disabled" {
            if limit == .none {
                result.thinking = .write(ChatThinking.disabled)
            } else if let effort = effortOfThinking, effort > limit {
                result.thinking = .leaveOut
            }
        }
    }

    private func lowerBudget(_ result: inout Lowered, to most: Int64) {
        guard case .write(.object(var thinking)) = result.thinking,
            let tokens = thinking["budget_tokens"]?.integer, tokens > most
        else { return }
        thinking["budget_tokens"] = JSON(most)
        result.thinking = .write(most == 0 ? ChatThinking.disabled : .object(thinking))
    }

    private static let disabled: JSON = ["type": "disabled"]
}

extension JSON {
    /// An effort's word; `nil` for anything else.
    var effort: ReasoningEffort? { string.flatMap(ReasoningEffort.init(rawValue:)) }
}

extension JSONObject {
    /// Those members that have one of the names.
    func keeping(_ names: Set<String>) -> JSONObject {
        JSONObject(members.filter { names.contains($0.name) }.map { ($0.name, $0.value) })
    }

    /// What is switched off has no amount that some reader could take first.
    fileprivate mutating func leaveOut(_ names: String...) {
        for name in names { self[name] = nil }
    }
}
