import OpenRouterWire
import Purser

/// Which providers may serve a call, after the tier has had its say.
///
/// A provider is named by its slug, `azure`, or by one of its places, `azure/swedencentral`.
struct Providers: Sendable {
    /// `nil` leaves what the client wishes.
    var only: [String]?
    var ignored: [String] = []
    var requiresZeroRetention = false

    static func choose(
        _ request: ChatRequest, _ hearing: inout Hearing
    ) throws(Refusal) -> Providers {
        guard let tier = hearing.tier,
            !tier.providers.isEmpty || !tier.deniedProviders.isEmpty || tier.requiresZeroRetention
        else { return Providers() }
        let wished = request.provider?["only"]?.array?.compactMap(\.string).map(slug)
        var only = tier.providers.map(slug)
        if let wished {
            only = only.isEmpty ? wished : wished.flatMap { meet($0, only) }
        }
        let denied = tier.deniedProviders.map(slug)
        only.removeAll { name in denied.contains { name == $0 || name.hasPrefix($0 + "/") } }
        if wished != nil || !tier.providers.isEmpty, only.isEmpty {
            try hearing.refuse(
                .providersNotAllowed(wished ?? [], tier: tier.name, allowed: tier.providers))
        }
        if hearing.isShadowed(.providers) { return Providers() }
        hearing.note(
            Rule.providers.rawValue, .changed,
            (only.isEmpty ? "any provider" : only.joined(separator: ", "))
                + (denied.isEmpty ? "" : ", but not \(denied.joined(separator: ", "))")
                + (tier.requiresZeroRetention ? ", and none that keeps what it is sent" : ""))
        return Providers(
            only: only.isEmpty ? nil : only, ignored: denied,
            requiresZeroRetention: tier.requiresZeroRetention)
    }

    /// What is in both: a place is within its provider.
    private static func meet(_ wished: String, _ allowed: [String]) -> [String] {
        if allowed.contains(where: { wished == $0 || wished.hasPrefix($0 + "/") }) {
            return [wished]
        }
        return allowed.filter { $0.hasPrefix(wished + "/") }
    }

    /// `Google Vertex` is `google-vertex`.
    private static func slug(_ name: String) -> String {
        String(name.lowercased().map { $0 == " " ? "-" : $0 })
    }
}
