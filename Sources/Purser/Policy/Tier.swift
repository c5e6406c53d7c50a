/// Which models a member may use, and how much of them in one call.
package struct Tier: Hashable, Sendable {
    /// What happens to a call for a model that is not in the list.
    package enum Otherwise: String, CaseIterable, Sendable {
        case deny
        /// The call goes to ``Tier/downgradeModel`` instead, and the answer says so.
        case downgrade
    }

    package var id: ID<Tier>
    package var name: String
    /// In the order given; the last one without a star is what a downgrade goes to.
    package var models: [ModelPattern]
    package var otherwise: Otherwise
    /// The most output tokens of one call; `nil` for the model's own limit.
    package var outputTokensMax: Int64?
    /// The most one call may cost, by its bound; `nil` for no such limit.
    package var requestCostMax: USD?
    /// Whether an output limit that the client named is lowered to what the money pays for, and
    /// the answer says so, where the call would be refused otherwise.
    package var clampsOutput: Bool
    /// The most that one of each such thing adds to a call; those without a ceiling are refused
    /// where their cost has no bound.
    package var ceilings: [Extra: USD]

    package init(
        id: ID<Tier>, name: String, models: [ModelPattern], otherwise: Otherwise = .deny,
        outputTokensMax: Int64? = nil, requestCostMax: USD? = nil, clampsOutput: Bool = false,
        ceilings: [Extra: USD] = [:]
    ) {
        self.id = id
        self.name = name
        self.models = models
        self.otherwise = otherwise
        self.outputTokensMax = outputTokensMax
        self.requestCostMax = requestCostMax
        self.clampsOutput = clampsOutput
        self.ceilings = ceilings
    }

    /// Whether the list has that model, by the id that OpenRouter's model list gives it.
    package func allows(_ model: String) -> Bool {
        models.contains { $0.matches(model) }
    }

    /// The model a downgraded call goes to, or `nil` if the list names none outright.
    package var downgradeModel: String? {
        models.last { !$0.hasStar }?.text
    }
}

/// A model's id, or the beginning of one and a star: `openai/gpt-4o`, `anthropic/*`, `*`.
package struct ModelPattern: Hashable, Sendable {
    package let text: String

    /// `nil` if empty, or with a star anywhere but at the end.
    package init?(_ text: String) {
        guard !text.isEmpty, !text.dropLast().contains("*"),
            !text.unicodeScalars.contains(where: { $0.properties.isWhitespace })
        else { return nil }
        self.text = text
    }

    package var hasStar: Bool { text.last == "*" }

    package func matches(_ model: String) -> Bool {
        hasStar ? model.hasPrefix(text.dropLast()) : model == text
    }
}
