package import Purser

/// What the gateway writes into a body before it goes upstream.
package struct Forwarding: Hashable, Sendable {
    /// The primary model, if it is another than the client asked for.
    package var model: String?
    /// The fall-back list, if some of it was taken out.
    package var models: [String]?
    /// The output limit that the hold was computed with.
    package var outputTokensMax: Int64
    /// The prices the hold was computed with.
    package var prices: PriceLimits
    /// Who the upstream's records shall name.
    package var user: String
    /// The most thinking that any place may ask for; `nil` leaves them.
    package var effort: ReasoningEffort?
    /// Whether ``effort`` is written where the body says nothing of how much to think.
    package var writesEffort = false
    /// The largest budget for thinking that any place may give, in tokens; `nil` leaves them.
    package var thinkingTokensMax: Int64?
    /// The only providers that may serve, in place of the client's own choice; `nil` leaves that.
    package var providersOnly: [String]?
    /// Providers that may not serve, beside those of the client's own choice.
    package var providersIgnored: [String] = []
    /// Whether only providers may serve that keep nothing of what they are sent.
    package var requiresZeroRetention = false
    /// Fields that Purser does not know and that stay all the same. None that some reader could
    /// take for a known one stays, whatever this says.
    package var passedFields: Set<String> = []

    package init(
        model: String? = nil, models: [String]? = nil, outputTokensMax: Int64,
        prices: PriceLimits, user: String
    ) {
        self.model = model
        self.models = models
        self.outputTokensMax = outputTokensMax
        self.prices = prices
        self.user = user
    }
}

/// The prices the upstream must not route above; `nil` leaves that one to it.
package struct PriceLimits: Hashable, Sendable {
    /// One token of the prompt.
    package var prompt: UnitPrice?
    /// One token of the answer.
    package var completion: UnitPrice?
    /// One call.
    package var request: UnitPrice?
    /// One image.
    package var image: UnitPrice?
    /// One unit of sound, as the list prices it.
    package var audio: UnitPrice?

    package init(
        prompt: UnitPrice? = nil, completion: UnitPrice? = nil, request: UnitPrice? = nil,
        image: UnitPrice? = nil, audio: UnitPrice? = nil
    ) {
        self.prompt = prompt
        self.completion = completion
        self.request = request
        self.image = image
        self.audio = audio
    }
}

/// A stretch of the body and the text that takes its place.
package struct BodyEdit: Hashable, Sendable {
    package var range: Range<Int>
    package var text: String
}

/// What becomes of one field.
enum BodyChange: Hashable {
    case keep
    case write(JSON)
    case leaveOut
}

extension ChatRequest {
    /// The changes to the body, in rising order; everything between them stays byte for byte.
    package func edits(for forwarding: Forwarding) -> [BodyEdit] {
        let thinking = thinking.lowered(for: forwarding)
        var edits: [BodyEdit] = []
        edits.reserveCapacity(8)
        let inserted = inserted(for: forwarding, thinking)
        if !inserted.isEmpty {
            edits.append(BodyEdit(range: insertionPoint..<insertionPoint, text: inserted))
        }
        var unknown = unknownFields.makeIterator()
        // The first of a run of members that are left out, up to the one before.
        var leftOut: Int?
        for (position, member) in members.enumerated() {
            let change: BodyChange
            if let field = member.field {
                change = self.change(of: field, for: forwarding, thinking)
            } else {
                let name = unknown.next() ?? ""
                change = Self.isPassed(name, by: forwarding) ? .keep : .leaveOut
            }
            if change == .leaveOut {
                leftOut = leftOut ?? position
                continue
            }
            if let first = leftOut {
                edits.append(BodyEdit(range: members[first].start..<member.start, text: ""))
                leftOut = nil
            }
            if case .write(let value) = change {
                edits.append(BodyEdit(range: member.value, text: value.text))
            }
        }
        if let first = leftOut, let last = members.last {
            // With the comma before them: `messages` is never left out, so there is one.
            let start = first > 0 ? members[first - 1].value.upperBound : members[first].start
            edits.append(BodyEdit(range: start..<last.value.upperBound, text: ""))
        }
        return edits
    }

    private static func isPassed(_ name: String, by forwarding: Forwarding) -> Bool {
        forwarding.passedFields.contains(name) && name.utf8.allSatisfy { $0 < 0x80 }
            && !ChatField.isLikeKnown(name)
    }

    /// The fields that are not forwarded, in the order of the body.
    package func fieldsLeftOut(by forwarding: Forwarding) -> [String] {
        var unknown = unknownFields.makeIterator()
        return members.compactMap { member in
            if let field = member.field { return field.rule == .leftOut ? field.rawValue : nil }
            return unknown.next().flatMap { Self.isPassed($0, by: forwarding) ? nil : $0 }
        }
    }

    private func has(_ field: ChatField) -> Bool { members.contains { $0.field == field } }

    private func change(
        of field: ChatField, for forwarding: Forwarding, _ thinking: ChatThinking.Lowered
    ) -> BodyChange {
        if field.rule == .leftOut { return .leaveOut }
        switch field {
        case .model: return forwarding.model.map { .write(.string($0)) } ?? .keep
        case .models:
            return forwarding.models.map { .write(.array($0.map(JSON.string))) } ?? .keep
        case .maxTokens, .maxCompletionTokens: return .write(JSON(forwarding.outputTokensMax))
        case .provider:
            let wishes = ProviderWishes.written(provider, for: forwarding)
            return wishes.map { .write(.object($0)) } ?? .leaveOut
        case .user: return .write(.string(forwarding.user))
        case .reasoning: return thinking.reasoning
        case .reasoningEffort: return thinking.shorthand
        case .includeReasoning: return thinking.included
        case .thinking: return thinking.thinking
        case .outputConfig: return thinking.outputConfig
        case .verbosity: return thinking.verbosity
        // What is let through with one of them says nothing in it.
        case .preset, .fallbacks: return .leaveOut
        default: return .keep
        }
    }

    /// The members that the body lacks, each with a comma behind it.
    private func inserted(
        for forwarding: Forwarding, _ thinking: ChatThinking.Lowered
    ) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        func insert(_ field: ChatField, _ value: JSON) {
            JSON.write(field.rawValue, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            value.write(to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        if let model = forwarding.model, !has(.model) { insert(.model, .string(model)) }
        if let models = forwarding.models, !has(.models) {
            insert(.models, .array(models.map(JSON.string)))
        }
        if !has(.maxTokens), !has(.maxCompletionTokens) {
            insert(.maxTokens, JSON(forwarding.outputTokensMax))
        }
        if !has(.provider), let wishes = ProviderWishes.written(nil, for: forwarding) {
            insert(.provider, .object(wishes))
        }
        if !has(.user) { insert(.user, .string(forwarding.user)) }
        if case .write(let value) = thinking.reasoning, !has(.reasoning) {
            insert(.reasoning, value)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
