import Purser

extension Scene {
    /// The tier, as far as it decides.
    var words: String {
        var parts = [
            "models \(tier.models.map(\.text))", "denied \(tier.deniedModels.map(\.text))",
        ]
        parts.append("otherwise \(tier.otherwise) \(tier.downgradeTo ?? "")")
        if !tier.aliases.isEmpty { parts.append("aliases \(tier.aliases)") }
        if let most = tier.outputTokensMax { parts.append("output \(most)") }
        if let most = tier.effortMax { parts.append("effort \(most)") }
        if let most = tier.promptPriceMax { parts.append("prompt \(most.attodollars) aUSD") }
        if let most = tier.completionPriceMax { parts.append("answer \(most.attodollars) aUSD") }
        parts.append("extras \(tier.extras.map { "\($0.map(\.rawValue).sorted())" } ?? "any")")
        parts.append("ceilings \(tier.ceilings.keys.map(\.rawValue).sorted())")
        if !tier.providers.isEmpty { parts.append("providers \(tier.providers)") }
        if !tier.deniedProviders.isEmpty { parts.append("not \(tier.deniedProviders)") }
        if tier.requiresZeroRetention { parts.append("zdr") }
        return parts.joined(separator: "; ")
    }
}
