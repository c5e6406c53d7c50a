import OpenRouterWire
import Purser

/// The models a call may run on, after the tier has had its say.
struct Route: Sendable {
    /// What the client asked for first.
    var requested: ListedModel
    /// What may run, the primary first.
    var models: [ListedModel]
    /// The client's own spelling, where a downgrade took place.
    var downgradedFrom: String?
    /// The primary to write into the body; `nil` leaves it.
    var rewrittenModel: String?
    /// The fall-back list to write into the body; `nil` leaves it.
    var rewrittenModels: [String]?

    static func choose(
        _ request: ChatRequest, tier: Tier?, catalogue: Catalogue
    ) -> Result<Route, Refusal> {
        let names = request.candidates
        guard let first = names.first else { return .failure(.modelMissing) }
        var listed: [(name: String, model: ListedModel)] = []
        for name in names {
            guard let model = catalogue[name] else { return .failure(unknown(name, catalogue)) }
            listed.append((name, model))
        }
        var route = Route(requested: listed[0].model, models: [listed[0].model])
        guard let tier else {
            route.models = listed.map(\.model)
            return .success(route)
        }
        if !tier.allows(listed[0].model.id, slug: listed[0].model.canonicalSlug) {
            guard let replacement = replacement(in: tier, catalogue) else {
                return .failure(
                    .modelNotAllowed(first, tier: tier.name, allowed: tier.models.map(\.text)))
            }
            route.models = [replacement]
            route.downgradedFrom = first
            route.rewrittenModel = replacement.id
        }
        let fallbacks = listed.dropFirst().filter {
            tier.allows($0.model.id, slug: $0.model.canonicalSlug)
        }
        route.models += fallbacks.map(\.model)
        // The list may repeat the primary; whatever is not allowed leaves it.
        let kept = (request.models ?? []).filter { name in
            catalogue[name].map { tier.allows($0.id, slug: $0.canonicalSlug) } ?? false
        }
        if let models = request.models, kept != models { route.rewrittenModels = kept }
        return .success(route)
    }

    /// Why a name that is not in the list cannot run. Suffixes and presets can bring paid extras
    /// and other models, so a known model does not become unknown by them: it is not allowed.
    private static func unknown(_ name: String, _ catalogue: Catalogue) -> Refusal {
        for mark in ["@", ":"] as [Character] {
            guard let index = name.firstIndex(of: mark) else { continue }
            let base = String(name[..<index])
            if base.isEmpty || catalogue[base] != nil {
                let words = "\"\(name[index...])\" in the model's name"
                return .extraNotAllowed(words, ceiling: nil)
            }
        }
        return .modelUnknown(name)
    }

    private static func replacement(in tier: Tier, _ catalogue: Catalogue) -> ListedModel? {
        guard tier.otherwise == .downgrade else { return nil }
        return tier.downgradeModel.flatMap { catalogue[$0] }
    }
}
