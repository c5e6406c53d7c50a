import Judge
import Purser

/// What a tier means, read off its documentation a second time and as plainly as can be.
///
/// Nothing here asks ``Tier`` to decide anything: two hands that wrote the same rule differ where
/// one of them is wrong.
struct Meaning {
    let tier: Tier
    let rows: [Market.Row]

    /// One way in which a call goes beyond the tier.
    struct Violation: Hashable {
        /// The rule, for counting.
        var rule: String
        var words: String
    }

    /// - Parameter outputTokensMax: the limit that the money was held for.
    func violations(of verdict: Verdict, outputTokensMax: Int64) -> [Violation] {
        var found = models(verdict) + extras(verdict) + providers(verdict)
        found += effort(verdict, outputTokensMax)
        if !verdict.namesModel {
            found.append(Violation(rule: "model", words: "some reader finds no model in it"))
        }
        let limit = min(outputTokensMax, tier.outputTokensMax ?? .max)
        if verdict.outputTokensMax.map({ $0 > limit }) ?? true {
            let own = verdict.outputTokensMax.map(String.init) ?? "none"
            found.append(
                Violation(rule: "output", words: "its output limit is \(own), not \(limit)"))
        }
        if !verdict.liberties.isEmpty {
            let words = verdict.liberties.sorted().joined(separator: ", ")
            found.append(Violation(rule: "form", words: "it is no strict JSON: \(words)"))
        }
        return found
    }
}

// MARK: Models

extension Meaning {
    private func models(_ verdict: Verdict) -> [Violation] {
        verdict.models.sorted().flatMap { name in
            rowsBehind(name).compactMap { row in
                reason(against: row).map {
                    Violation(rule: $0.rule, words: "\"\(name)\" could run \(row.id): \($0.words)")
                }
            }
        }
    }

    /// Every row that some upstream could take the name for.
    func rowsBehind(_ name: String) -> [Market.Row] {
        var word = Folding.word(name)
        while true {
            let exact = rows.filter { $0.id == word }
            var found = exact
            if exact.isEmpty {
                // A slug is the model's; variants of it are asked for by their own names.
                let sharing = rows.filter { $0.slug == word }
                let plain = sharing.filter { !$0.hasSuffix }
                found = plain.isEmpty ? sharing : plain
            }
            let targets = found.compactMap(\.aliasTarget).flatMap(rowsBehind)
            if !found.isEmpty { return targets.isEmpty ? found : targets }
            // A suffix that has no row of its own is a wish about the same model.
            guard let end = word.lastIndex(where: { $0 == ":" || $0 == "@" }) else { return [] }
            word = String(word[..<end])
        }
    }

    private func reason(against row: Market.Row) -> (rule: String, words: String)? {
        if row.isRouter {
            // A router runs whatever it likes; naming it, or allowing everything, allows that.
            let isNamed = tier.models.contains { $0.text == row.id }
            let isEverything = tier.models.isEmpty || tier.models.contains { $0.text == "*" }
            if tier.deniedModels.isEmpty, isNamed || isEverything { return nil }
            return ("router", "it may choose any model")
        }
        if !allows(row) { return ("model", "it is outside the tier") }
        for (price, most) in [
            (row.promptPrice, tier.promptPriceMax), (row.completionPrice, tier.completionPriceMax),
        ] {
            guard let most else { continue }
            if price.map({ $0 > most.attodollars }) ?? true { return ("price", "it is too dear") }
        }
        return nil
    }

    /// Denied wins, also over every variant; who allows a model allows that one alone.
    func allows(_ row: Market.Row) -> Bool {
        let plain = String(row.id.prefix { $0 != ":" })
        for pattern in tier.deniedModels.map(\.text) {
            if [row.id, row.slug, plain].contains(where: { matches(pattern, $0) }) { return false }
        }
        if tier.models.isEmpty { return true }
        return tier.models.map(\.text).contains { pattern in
            matches(pattern, row.id) || !row.hasSuffix && matches(pattern, row.slug)
        }
    }

    private func matches(_ pattern: String, _ name: String) -> Bool {
        let (pattern, name) = (Array(pattern.utf8), Array(name.utf8))
        guard pattern.last == UInt8(ascii: "*") else { return pattern == name }
        return Array(name.prefix(pattern.count - 1)) == Array(pattern.dropLast())
    }
}

// MARK: The rest

extension Meaning {
    private func extras(_ verdict: Verdict) -> [Violation] {
        verdict.extras.compactMap { kind, place in
            guard let extra = Extra(rawValue: kind.rawValue) else {
                return Violation(rule: kind.rawValue, words: "\(place) is allowed by no tier")
            }
            guard let allowed = tier.extras, !allowed.contains(extra) else { return nil }
            return Violation(rule: kind.rawValue, words: "\(place) is outside the tier")
        }.sorted { $0.rule < $1.rule }
    }

    private func effort(_ verdict: Verdict, _ outputTokensMax: Int64) -> [Violation] {
        guard let most = tier.effortMax else { return [] }
        var efforts = verdict.efforts
        // What is asked for without a measure gets the middle one.
        if verdict.asksToThink, efforts.isEmpty, verdict.thinkingTokens == 0 {
            efforts.insert("medium")
        }
        let order = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
        let place = order.firstIndex(of: most.rawValue) ?? 0
        var found = efforts.sorted().filter { order.firstIndex(of: $0).map { $0 > place } ?? true }
            .map { Violation(rule: "effort", words: "effort \"\($0)\" is above \(most)") }
        // OpenRouter's own shares of the output limit, in percent.
        let share = Int64([0, 10, 20, 50, 80, 95, 95][place])
        let tokens = outputTokensMax * share / 100
        if verdict.thinkingTokens > tokens {
            let words = "\(verdict.thinkingTokens) tokens of thinking are more than \(tokens)"
            found.append(Violation(rule: "effort", words: words))
        }
        return found
    }

    private func providers(_ verdict: Verdict) -> [Violation] {
        var found: [Violation] = []
        if !tier.providers.isEmpty {
            let strangers = verdict.providers.map { names in
                names.filter { name in !tier.providers.contains { isWithin(name, $0) } }
            }
            if strangers.map({ !$0.isEmpty }) ?? true {
                let words = strangers.map { $0.sorted().joined(separator: ", ") } ?? "any"
                found.append(Violation(rule: "providers", words: "could be served by \(words)"))
            }
        }
        for denied in tier.deniedProviders {
            let isPossible = verdict.providers?.contains { isWithin($0, denied) } ?? true
            if isPossible, !verdict.ignoredProviders.contains(denied) {
                found.append(
                    Violation(rule: "providers", words: "could be served by \(denied)"))
            }
        }
        if tier.requiresZeroRetention, !verdict.requiresZeroRetention {
            found.append(Violation(rule: "retention", words: "a provider may keep what it is sent"))
        }
        return found
    }

    /// Whether it is that provider or one of its places.
    private func isWithin(_ name: String, _ provider: String) -> Bool {
        name == provider || name.hasPrefix(provider + "/")
    }
}
