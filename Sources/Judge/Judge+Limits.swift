/// What holds a call back: it counts only where every reader sees it.
extension Judge {
    private static let outputNames = [
        "max_tokens", "max_completion_tokens", "max_output_tokens", "max_tokens_to_sample",
    ]

    static func judgeLimits(_ bodies: [Reading], into verdict: inout Verdict) {
        var providers: Set<String>? = []
        var ignored: Set<String>?
        var hasZeroRetention = !bodies.isEmpty
        for body in bodies {
            for manner in Manner.all {
                verdict.outputTokensMax = larger(
                    verdict.outputTokensMax, outputLimit(body, manner))
                if !namesModel(body, manner) { verdict.namesModel = false }
                let wishes = body.member("provider", manner)
                let only = names(wishes?.member("only", manner))
                providers = only.isEmpty ? nil : providers?.union(only)
                let ignores = names(wishes?.member("ignore", manner))
                ignored = ignored?.intersection(ignores) ?? ignores
                if wishes?.member("zdr", manner) != .flag(true) { hasZeroRetention = false }
            }
        }
        verdict.providers = providers
        verdict.ignoredProviders = ignored ?? []
        verdict.requiresZeroRetention = hasZeroRetention
        if bodies.isEmpty { verdict.providers = nil }
    }

    private static func namesModel(_ body: Reading, _ manner: Manner) -> Bool {
        if case .text(let name) = body.member("model", manner), !name.isEmpty { return true }
        return !names(body.member("models", manner)).subtracting([""]).isEmpty
    }

    /// Who counts by one name may not know the other: the largest of them holds.
    private static func outputLimit(_ body: Reading, _ manner: Manner) -> Int64? {
        var limit: Int64?
        for name in outputNames {
            guard let value = body.member(name, manner) else { continue }
            guard let count = value.word.flatMap(Number.count) else { return nil }
            limit = max(limit ?? 0, count)
        }
        return limit
    }

    /// `nil` stands for no limit.
    private static func larger(_ one: Int64?, _ other: Int64?) -> Int64? {
        guard let one, let other else { return nil }
        return max(one, other)
    }

    private static func names(_ value: Reading?) -> Set<String> {
        Set((value?.elements ?? []).compactMap(\.word).map(Folding.word))
    }
}
