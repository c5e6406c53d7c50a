import OpenRouterWire
import Purser

/// A model as a request names it, and what that name brings along.
struct NamedModel: Sendable {
    /// Endings that OpenRouter takes for any model: they change who serves it or what it may do,
    /// and are not in the model list. Those that are in it, such as `:free`, are models.
    enum Suffix: String, CaseIterable {
        /// The fastest provider first; dearer ones are kept out by the price limit.
        case nitro
        /// The cheapest provider first.
        case floor
        /// The provider first that is best with tools.
        case exacto
        /// Searches the web before it answers.
        case online
    }

    var model: ListedModel
    var suffixes: [Suffix] = []
    /// What goes upstream.
    var text: String
    /// The tier's alias that it was called by; `nil` without one.
    var alias: String?

    var isSearching: Bool { suffixes.contains(.online) }

    static func resolve(
        _ name: String, tier: Tier?, in catalogue: Catalogue
    ) throws(Refusal) -> NamedModel {
        if let tier, !tier.aliases.isEmpty, let target = tier.aliases[name] {
            var named = try resolve(target, catalogue)
            named.alias = name
            return named
        }
        return try resolve(name, catalogue)
    }

    private static func resolve(
        _ name: String, _ catalogue: Catalogue
    ) throws(Refusal) -> NamedModel {
        if let model = catalogue[name] { return try follow(model, name, catalogue) }
        var base = name[...]
        var suffixes: [Suffix] = []
        while let colon = base.lastIndex(of: ":"),
            let suffix = Suffix(rawValue: String(base[base.index(after: colon)...]))
        {
            suffixes.insert(suffix, at: 0)
            base = base[..<colon]
            guard let model = catalogue[String(base)] else { continue }
            var named = try follow(model, String(base), catalogue)
            named.suffixes = suffixes
            named.text += suffixes.map { ":\($0.rawValue)" }.joined()
            return named
        }
        throw unknown(name, catalogue)
    }

    /// A name that stands for the newest of a family runs as what it stands for now, so that
    /// what is judged is what runs.
    private static func follow(
        _ model: ListedModel, _ name: String, _ catalogue: Catalogue
    ) throws(Refusal) -> NamedModel {
        guard let target = model.aliasTarget else { return NamedModel(model: model, text: name) }
        guard let model = catalogue[target], model.aliasTarget == nil else {
            throw .modelUnknown(name)
        }
        return NamedModel(model: model, text: model.id)
    }

    /// Why a name that is not in the list cannot run. Presets can bring other models and paid
    /// extras, so a known model does not become unknown by them: it is not allowed.
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
}
