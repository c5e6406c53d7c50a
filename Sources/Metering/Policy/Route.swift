package import OpenRouterWire
package import Purser

/// The models a call may run on, after the tier has had its say.
struct Route: Sendable {
    /// What the client asked for first.
    var requested: NamedModel
    /// What may run, the primary first.
    var models: [NamedModel]
    /// The client's own spelling, where a downgrade took place.
    var downgradedFrom: String?
    /// Fall-backs that may not run, as the client wrote them.
    var removed: [String] = []
    /// The primary to write into the body; `nil` leaves it.
    var rewrittenModel: String?
    /// The fall-back list to write into the body; `nil` leaves it.
    var rewrittenModels: [String]?

    /// Ten times what anybody sends: each is looked at by every rule.
    static let candidatesMax = 32

    static func choose(
        _ request: ChatRequest, catalogue: Catalogue, _ hearing: inout Hearing
    ) throws(Refusal) -> Route {
        let tier = hearing.tier
        let names = request.candidates
        if names.isEmpty { throw .modelMissing }
        guard names.count <= candidatesMax else {
            throw .malformed("\"models\" names more than \(candidatesMax) models.")
        }
        var listed: [(name: String, named: NamedModel)] = []
        listed.reserveCapacity(names.count)
        for name in names {
            listed.append((name, try NamedModel.resolve(name, tier: tier, in: catalogue)))
        }
        var route = Route(requested: listed[0].named, models: [listed[0].named])
        let start = route.start(request, listed, &hearing)
        let primary = listed[start]
        route.models = [primary.named]
        if let tier, let refusal = tier.refusal(of: primary.named.model, called: primary.name) {
            try route.replace(refusal, primary.name, tier, catalogue, &hearing)
        } else {
            hearing.pass("model", "\(primary.named.text) may run")
        }
        for (name, named) in listed.dropFirst(start + 1) {
            if let tier, let refusal = tier.refusal(of: named.model, called: name),
                hearing.change(refusal.rule ?? .models, "fall-back \(name) is taken out")
            {
                route.removed.append(name)
            } else {
                hearing.pass("model", "\(named.text) may run as a fall-back")
                route.models.append(named)
            }
        }
        route.rewrite(request, listed)
        return route
    }

    /// Where the list begins that may run. Who names a list and no model takes any of it; who
    /// names a model is told when it may not run.
    private mutating func start(
        _ request: ChatRequest, _ listed: [(name: String, named: NamedModel)],
        _ hearing: inout Hearing
    ) -> Int {
        guard let tier = hearing.tier, request.model == nil else { return 0 }
        let first = listed.firstIndex {
            tier.refusal(of: $0.named.model, called: $0.name) == nil
        }
        guard let first, first > 0 else { return 0 }
        for (name, named) in listed[..<first] {
            let rule = tier.refusal(of: named.model, called: name)?.rule ?? .models
            if !hearing.change(rule, "\(name) is taken out") { return 0 }
            removed.append(name)
        }
        return first
    }

    /// Puts the tier's own model in the place of one that may not run, or throws.
    private mutating func replace(
        _ refusal: Refusal, _ name: String, _ tier: Tier, _ catalogue: Catalogue,
        _ hearing: inout Hearing
    ) throws(Refusal) {
        let rule = refusal.rule ?? .models
        guard tier.otherwise == .downgrade, !hearing.isShadowed(rule),
            let named = tier.replacement(in: catalogue)
        else { return try hearing.refuse(refusal) }
        hearing.note(
            rule.rawValue, .changed,
            "\(name) may not run by the tier's \(rule.rawValue): \(named.text) takes its place")
        models = [named]
        downgradedFrom = name
    }

    /// What must be written so that what runs is what was judged.
    private mutating func rewrite(
        _ request: ChatRequest, _ listed: [(name: String, named: NamedModel)]
    ) {
        if models[0].text != request.model { rewrittenModel = models[0].text }
        guard let wished = request.models else { return }
        // The list may repeat the primary; whatever may not run leaves it.
        let kept = wished.compactMap { name -> String? in
            guard let named = listed.first(where: { $0.name == name })?.named else { return nil }
            let runs = models.contains { $0.text == named.text }
            return runs ? named.text : nil
        }
        if kept != wished { rewrittenModels = kept }
    }
}

extension Tier {
    /// Why a model may not run for anybody in this tier; `nil` if it may.
    package func refusal(of model: ListedModel, called name: String) -> Refusal? {
        let allowed = allows(model.id, slug: model.canonicalSlug)
        guard allowed, !model.isRouter || allowsRouter(model.id) else {
            return .modelNotAllowed(
                name, tier: self.name, allowed: models.map(\.text),
                denied: deniedModels.map(\.text) + (allowed ? ["routers"] : []))
        }
        if isTooDear(model) {
            return .modelTooDear(name, tier: self.name, limits: priceLimits)
        }
        guard let extras else { return nil }
        let (kind, words): (Extra, String)
        if model.searching != .never, !extras.contains(.webSearch) {
            (kind, words) = (.webSearch, "\(name), which searches the web by itself,")
        } else if !model.isTextOnly, !extras.contains(.mediaOutput) {
            (kind, words) = (.mediaOutput, "\(name), which answers with more than text,")
        } else {
            return nil
        }
        return .extraOutsideTier(words, kind, tier: self.name, allowed: extras.sorted)
    }

    /// A model that hands calls to others runs only where every model may, whatever it buys, or
    /// where it is named outright and nothing is denied.
    private func allowsRouter(_ id: String) -> Bool {
        let isOpen =
            allowsEveryModel && extras == nil && promptPriceMax == nil && completionPriceMax == nil
        return isOpen || deniedModels.isEmpty && models.contains { $0.text == id }
    }

    private func isTooDear(_ model: ListedModel) -> Bool {
        if promptPriceMax == nil, completionPriceMax == nil { return false }
        guard let prices = model.prices else { return true }
        if let promptPriceMax, prices.prompt > promptPriceMax { return true }
        if let completionPriceMax, prices.completion > completionPriceMax { return true }
        return false
    }

    /// In dollars for a million tokens, as people speak of them.
    private var priceLimits: [String] {
        [("prompt", promptPriceMax), ("completion", completionPriceMax)].compactMap { name, price in
            price.map { "\(name) at most $\($0.perMillion) a million tokens" }
        }
    }

    /// What a downgrade goes to: the model the tier names for it, else the last of its list that
    /// is written without a star, is known and may run.
    func replacement(in catalogue: Catalogue) -> NamedModel? {
        let names = downgradeTo.map { [$0] } ?? models.reversed().filter { !$0.hasStar }.map(\.text)
        return names.lazy
            .compactMap { name in
                // A name that cannot run is passed over like one that may not.
                try? NamedModel.resolve(name, tier: nil, in: catalogue)
            }
            .first { self.refusal(of: $0.model, called: $0.text) == nil }
    }
}

extension Set<Extra> {
    /// In the order of the kinds.
    var sorted: [Extra] { Extra.allCases.filter(contains) }
}
