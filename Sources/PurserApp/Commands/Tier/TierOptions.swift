import ArgumentParser
import Purser

/// Everything a tier can say, as options; what they mean is in ``TierSetting``.
struct TierOptions: ParsableArguments {
    @OptionGroup(title: "Models") var models: ModelOptions
    @OptionGroup(title: "Amounts") var amounts: AmountOptions
    @OptionGroup(title: "Extras and providers") var purchases: PurchaseOptions
    @OptionGroup(title: "Calls") var calls: CallOptions

    /// By the names of the settings; only what was given.
    var values: [String: [String]] {
        [models.values, amounts.values, purchases.values, calls.values]
            .reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
}

struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The models it allows, divided by commas. (default: all)", valueName: "a,b|*"))
    var models: String?

    @Option(
        help: ArgumentHelp("Models it does not allow, whatever --models says.", valueName: "a,b"))
    var denyModels: String?

    @Option(
        help: ArgumentHelp(
            "What happens to a call for another model. (default: deny)",
            valueName: "deny|downgrade"))
    var otherwise: String?

    @Option(
        help: ArgumentHelp(
            "Where a downgrade goes. (default: the last of --models without a star)",
            valueName: "model"))
    var downgradeTo: String?

    @Option(
        name: .customLong("alias"),
        help: ArgumentHelp(
            "A name that may be asked for in a model's place; may be repeated.",
            valueName: "name=model"))
    var aliases: [String] = []

    var values: [String: [String]] {
        var values: [String: [String]] = [:]
        values["models"] = models.map(TierForm.parts)
        values["deny_models"] = denyModels.map(TierForm.parts)
        values["otherwise"] = otherwise.map { [$0] }
        values["downgrade_to"] = downgradeTo.map { [$0] }
        if !aliases.isEmpty { values["aliases"] = aliases.flatMap(TierForm.parts) }
        return values
    }
}

struct AmountOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The most output tokens of one call.", valueName: "n"))
    var maxTokens: String?

    @Option(
        help: ArgumentHelp(
            "The most thinking: \(ReasoningEffort.words).", valueName: "effort"))
    var maxEffort: String?

    @Option(
        help: ArgumentHelp(
            "The dearest model, by dollars for a million prompt tokens.", valueName: "usd"))
    var maxPromptPrice: String?

    @Option(
        help: ArgumentHelp(
            "The dearest model, by dollars for a million output tokens.", valueName: "usd"))
    var maxCompletionPrice: String?

    @Option(help: ArgumentHelp("The most one call may cost, in dollars.", valueName: "usd"))
    var maxRequestUsd: String?

    @Flag(
        help: "Lower the output limit of a call to what the money pays for, before refusing it.")
    var clamp = false

    @Option(
        name: .customLong("ceiling"),
        help: ArgumentHelp(
            "The most that one thing of a kind adds to a call, in dollars; may be repeated.",
            valueName: "kind=usd"))
    var ceilings: [String] = []

    var values: [String: [String]] {
        var values: [String: [String]] = [:]
        values["max_tokens"] = maxTokens.map { [$0] }
        values["max_effort"] = maxEffort.map { [$0] }
        values["max_prompt_price"] = maxPromptPrice.map { [$0] }
        values["max_completion_price"] = maxCompletionPrice.map { [$0] }
        values["max_request_usd"] = maxRequestUsd.map { [$0] }
        if clamp { values["clamp"] = ["yes"] }
        if !ceilings.isEmpty { values["ceilings"] = ceilings.flatMap(TierForm.parts) }
        return values
    }
}

struct PurchaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What may be bought beside text, or none. (default: all that has a bound)",
            valueName: "kind,kind|none"))
    var extras: String?

    @Option(help: ArgumentHelp("The providers that may serve, by their slugs.", valueName: "a,b"))
    var providers: String?

    @Option(help: ArgumentHelp("Providers that may not serve.", valueName: "a,b"))
    var denyProviders: String?

    @Flag(help: "Only providers that keep nothing of what they are sent.")
    var zdr = false

    var values: [String: [String]] {
        var values: [String: [String]] = [:]
        values["extras"] = extras.map(TierForm.parts)
        values["providers"] = providers.map(TierForm.parts)
        values["deny_providers"] = denyProviders.map(TierForm.parts)
        if zdr { values["zdr"] = ["yes"] }
        return values
    }
}

struct CallOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "When calls may be made: mon-fri 08:00-18:00, sat 10:00-14:00.", valueName: "hours"))
    var hours: String?

    @Option(
        help: ArgumentHelp(
            "Whose clock the hours are on. (default: the organisation's)", valueName: "zone"))
    var hoursZone: String?

    @Flag(help: "Refuse calls that do not say which application they are for.")
    var requireAttribution = false

    @Option(
        help: ArgumentHelp(
            "Fields of a request that Purser does not know and passes on.", valueName: "a,b"))
    var passFields: String?

    @Option(
        help: ArgumentHelp(
            "Calls in a minute of each member; or key=N,member=N,tier=N.", valueName: "n"))
    var requestsPerMinute: String?

    @Option(
        help: ArgumentHelp(
            "Tokens in a minute of each member; or key=N,member=N,tier=N.", valueName: "n"))
    var tokensPerMinute: String?

    @Option(
        help: ArgumentHelp(
            "Calls at once of each member; or key=N,member=N,tier=N.", valueName: "n"))
    var parallel: String?

    @Option(
        help: ArgumentHelp(
            "Rules that only report what they would have refused: all, or \(Rule.words).",
            valueName: "rule,rule"))
    var shadow: String?

    var values: [String: [String]] {
        var values: [String: [String]] = [:]
        values["hours"] = hours.map { [$0] }
        values["hours_zone"] = hoursZone.map { [$0] }
        if requireAttribution { values["require_attribution"] = ["yes"] }
        values["pass_fields"] = passFields.map(TierForm.parts)
        values["requests_per_minute"] = requestsPerMinute.map(TierForm.parts)
        values["tokens_per_minute"] = tokensPerMinute.map(TierForm.parts)
        values["parallel"] = parallel.map(TierForm.parts)
        values["shadow"] = shadow.map(TierForm.parts)
        return values
    }
}

extension Rule {
    fileprivate static let words = allCases.map(\.rawValue).joined(separator: ", ")
}

extension ReasoningEffort {
    fileprivate static let words = allCases.map(\.rawValue).joined(separator: ", ")
}
