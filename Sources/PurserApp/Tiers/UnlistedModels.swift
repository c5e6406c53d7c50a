import OpenRouterWire
import Purser
import Storage

extension Tier {
    /// What it names that no model of the list is called: perhaps misspelt, perhaps new.
    func names(missingIn list: [ListedModel]) -> [String] {
        let exact = [downgradeTo].compactMap { $0 } + aliases.values.sorted()
        let patterns = models + deniedModels + exact.compactMap(ModelPattern.init)
        var seen: Set<String> = []
        return patterns.filter { pattern in
            seen.insert(pattern.text).inserted
                && !list.contains { pattern.matches($0.id) || pattern.matches($0.canonicalSlug) }
        }.map(\.text)
    }
}

extension Books {
    /// Says on standard error what a tier names that the upstream's newest list does not know;
    /// nothing where no list was kept.
    func warnOfUnlisted(in tiers: [Tier]) throws(StorageFailure) {
        guard let body = try models.modelList()?.body,
            // A list that cannot be read says nothing of what it should have named.
            let answer = try? JSON.parse(body), let list = ListedModel.list(answer)
        else { return }
        for tier in tiers {
            for name in tier.names(missingIn: list) {
                Terminal.complain(
                    "purser: warning: tier \(tier.name) names \(Table.printable(name)), which is "
                        + "not in OpenRouter's list of models\n")
            }
        }
    }
}
