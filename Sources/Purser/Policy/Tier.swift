/// What a member may use, and how much of it in one call and in one minute.
package struct Tier: Hashable, Sendable {
    /// What happens to a call for a model that may not run.
    package enum Otherwise: String, CaseIterable, Sendable {
        case deny
        /// The call goes to ``Tier/downgradeModel`` instead, and the answer says so.
        case downgrade
    }

    package var id: ID<Tier>
    package var name: String
    /// In the order given; none allows every model.
    package var models: [ModelPattern]
    /// Not allowed, whatever ``models`` says.
    package var deniedModels: [ModelPattern] = []
    package var otherwise: Otherwise
    /// Where a downgrade goes; `nil` for the last of ``models`` that is written without a star.
    package var downgradeTo: String?
    /// Names that members may use in a model's place.
    package var aliases: [String: String] = [:]
    /// The most output tokens of one call; `nil` for the model's own limit.
    package var outputTokensMax: Int64?
    /// The most thinking that may be asked for; `nil` for no such limit.
    package var effortMax: ReasoningEffort?
    /// The dearest listed price of a prompt's token; `nil` for no such limit.
    package var promptPriceMax: UnitPrice?
    /// The dearest listed price of an answer's token; `nil` for no such limit.
    package var completionPriceMax: UnitPrice?
    /// The most one call may cost, by its bound; `nil` for no such limit.
    package var requestCostMax: USD?
    /// Whether an output limit that the client named is lowered to what the money pays for, and
    /// the answer says so, where the call would be refused otherwise.
    package var clampsOutput: Bool
    /// The most that one of each such thing adds to a call; those without a ceiling are refused
    /// where their cost has no bound.
    package var ceilings: [Extra: USD]
    /// What may be bought beside text; `nil` for everything that has a bound or a ceiling.
    package var extras: Set<Extra>?
    package var rates = RateLimits()
    /// Providers that may serve, by OpenRouter's slugs; none allows every one.
    package var providers: [String] = []
    /// Providers that may not serve, whatever ``providers`` says.
    package var deniedProviders: [String] = []
    /// Whether only providers may serve that keep nothing of what they are sent.
    package var requiresZeroRetention = false
    /// `nil` for any time.
    package var hours: OpeningHours?
    /// Whether each call must name its application.
    package var requiresAttribution = false
    /// Fields of a body that Purser does not know and passes on all the same.
    package var passedFields: Set<String> = []
    /// Rules that report what they would have refused, and refuse nothing.
    package var shadowed: Set<Rule> = []

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

    /// Whether a model of OpenRouter's list may run.
    ///
    /// - Parameter slug: the name that answers may carry instead of the id, shared by variants.
    package func allows(_ id: String, slug: String) -> Bool {
        if deniedModels.contains(where: { $0.matches(id) || $0.matches(slug) }) { return false }
        // Who denies a model denies its variants; who allows one allows that one alone.
        let base = id.utf8.firstIndex(of: UInt8(ascii: ":")).map { String(id[..<$0]) }
        if let base, deniedModels.contains(where: { $0.matches(base) }) { return false }
        return models.isEmpty
            || models.contains { $0.matches(id) || base == nil && $0.matches(slug) }
    }

    /// Whether every model may run.
    package var allowsEveryModel: Bool {
        deniedModels.isEmpty && (models.isEmpty || models.contains { $0.text == "*" })
    }

    /// The model a downgraded call goes to, or `nil` if the list names none outright.
    package var downgradeModel: String? {
        downgradeTo ?? models.last { !$0.hasStar }?.text
    }
}

/// A model's id, or the beginning of one and a star: `openai/gpt-4o`, `anthropic/*`, `*`.
package struct ModelPattern: Hashable, Sendable {
    /// In small letters, as all of OpenRouter's ids are.
    package let text: String
    package let hasStar: Bool
    /// The bytes before the star.
    private let start: [UInt8]

    /// `nil` if empty, or with a star anywhere but at the end.
    package init?(_ text: String) {
        guard !text.isEmpty, !text.dropLast().contains("*"),
            !text.unicodeScalars.contains(where: { $0.properties.isWhitespace })
        else { return nil }
        self.text = text.lowercased()
        hasStar = text.utf8.last == UInt8(ascii: "*")
        start = Array(self.text.utf8.dropLast())
    }

    package func matches(_ model: String) -> Bool {
        guard hasStar else { return model == text }
        // A loop over bytes: the library's comparison of sequences takes ten times as long, and a
        // tier's patterns are matched in each call.
        let bytes = model.utf8.span
        guard bytes.count >= start.count else { return false }
        for index in start.indices where bytes[index] != start[index] { return false }
        return true
    }
}
