/// How much a model is asked to think, from none to the most, by OpenRouter's words.
package enum ReasoningEffort: String, CaseIterable, Hashable, Sendable, Comparable {
    case none, minimal, low, medium, high, xhigh, max

    package static func < (left: ReasoningEffort, right: ReasoningEffort) -> Bool {
        left.place < right.place
    }

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The share of the output limit that OpenRouter gives to thinking, in percent.
    package var outputPercent: Int64 {
        switch self {
        case .none: 0
        case .minimal: 10
        case .low: 20
        case .medium: 50
        case .high: 80
        case .xhigh, .max: 95
        }
    }
}
