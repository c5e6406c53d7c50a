/// Every model the sandbox offers, and how a name leads to one.
enum Catalogue {
    /// The model a name means: an id, a dated slug, or either with a routing suffix.
    ///
    /// The suffix changes which endpoint is preferred, never what the model is; `:free` and
    /// `:batch` are rows of their own.
    static func resolve(_ name: String) -> (model: Model, variant: Variant)? {
        if let model = model(named: name) { return (model, .plain) }
        for variant in Variant.allCases where !variant.suffix.isEmpty {
            guard name.hasSuffix(variant.suffix) else { continue }
            let base = String(name.dropLast(variant.suffix.count))
            if let model = model(named: base) { return (model, variant) }
        }
        return nil
    }

    private static func model(named name: String) -> Model? {
        byName[name].map { models[$0] }
    }

    /// Positions by id, and by slug where no id says the same; the first row of a slug counts.
    private static let byName: [String: Int] = {
        var positions: [String: Int] = [:]
        for (position, model) in models.enumerated() { positions[model.id] = position }
        for (position, model) in models.enumerated() where positions[model.slug] == nil {
            positions[model.slug] = position
        }
        return positions
    }()

    /// What the automatic router may pick.
    static let routable: [Model] = ["openai/gpt-4o-mini", "deepseek/deepseek-v4-flash"]
        .compactMap(model(named:))
}

/// A suffix that changes how a model is reached.
enum Variant: String, CaseIterable, Sendable {
    case plain = ""
    /// The fastest endpoint first.
    case nitro
    /// The cheapest endpoint first.
    case floor
    /// The endpoints that call tools best.
    case exacto
    /// With a web search in front, which costs extra.
    case online

    var suffix: String { rawValue.isEmpty ? "" : ":\(rawValue)" }
}
