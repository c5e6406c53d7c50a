import ArgumentParser
import Purser
import Storage

extension Tier.Otherwise: ExpressibleByArgument {}

/// `purser tier set`
struct TierSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a tier, or replace what it allows.",
        discussion: """
            A model is written as in OpenRouter's list; a star at the end stands for anything. A \
            downgrade goes to the last model that is written without a star. What is not named \
            falls back to its default. A ceiling is the most that one thing of a kind adds to a \
            call; without one, calls are refused where its cost has no bound. The kinds are \
            \(Extra.words).

            Example:
              purser tier set standard --models 'openai/gpt-4o-mini,anthropic/*' \\
                --otherwise deny --max-tokens 4000 --max-request-usd 0.50 --clamp \\
                --ceiling image=0.01 --ceiling web-search=0.02
            """)

    @Argument(help: "What the tier is called.", transform: readName)
    var name: String

    @Option(
        help: ArgumentHelp("The models it allows, divided by commas.", valueName: "a,b|*"),
        transform: readModels)
    var models: ModelList

    @Option(help: "What happens to a call for another model: it is refused, or downgraded.")
    var otherwise: Tier.Otherwise = .deny

    @Option(help: ArgumentHelp("The most output tokens of one call.", valueName: "n"))
    var maxTokens: Int64?

    @Option(
        help: ArgumentHelp("The most one call may cost, in dollars.", valueName: "usd"),
        transform: readLimit)
    var maxRequestUsd: USD?

    @Flag(
        help: "Lower the output limit of a call to what the money pays for, before refusing it.")
    var clamp = false

    @Option(
        name: .customLong("ceiling"),
        help: ArgumentHelp(
            "The most that one thing of a kind adds to a call, in dollars; may be repeated.",
            valueName: "kind=usd"),
        transform: readCeilings)
    var ceilingLists: [CeilingList] = []

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        let kinds = ceilings.map(\.kind)
        guard Set(kinds).count == kinds.count else {
            throw ValidationError("each kind has one --ceiling")
        }
        if let maxTokens, maxTokens < 1 {
            throw ValidationError("--max-tokens must be at least 1")
        }
        if otherwise == .downgrade, tier.downgradeModel == nil {
            throw ValidationError(
                "--otherwise downgrade needs a model without a star in --models to go to")
        }
    }

    func run() throws {
        let books = try database.open()
        try books.directory.setTier(tier)
        try Terminal.write(TierListing.text(of: tier, output.format))
    }

    /// The store gives the id.
    private var tier: Tier {
        Tier(
            id: ID(0), name: name, models: models.patterns, otherwise: otherwise,
            outputTokensMax: maxTokens, requestCostMax: maxRequestUsd, clampsOutput: clamp,
            ceilings: Dictionary(ceilings.map { ($0.kind, $0.amount) }) { first, _ in first })
    }

    private var ceilings: [CeilingList.Ceiling] { ceilingLists.flatMap(\.ceilings) }
}

struct ModelList: Sendable {
    var patterns: [ModelPattern]
}

/// Reads `openai/gpt-4o-mini,anthropic/*`.
func readModels(_ text: String) throws -> ModelList {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return ModelList(
        patterns: try parts.map { part in
            let trimmed = String(part.drop { $0 == " " })
            guard let pattern = ModelPattern(trimmed) else {
                throw ValidationError(
                    "\"\(trimmed)\" is no model: write openai/gpt-4o-mini, openai/* or *")
            }
            return pattern
        })
}

struct CeilingList: Sendable {
    struct Ceiling: Sendable {
        var kind: Extra
        var amount: USD
    }

    var ceilings: [Ceiling]
}

extension Extra {
    /// What people may write, divided by commas.
    static let words = allCases.map(\.rawValue).joined(separator: ", ")
}

/// Reads `image=0.01,web-search=0.02`.
func readCeilings(_ text: String) throws -> CeilingList {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return CeilingList(
        ceilings: try parts.map { part in
            let sides = part.drop { $0 == " " }.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else {
                throw ValidationError("a ceiling looks like image=0.01")
            }
            guard let kind = Extra(rawValue: String(sides[0])) else {
                throw ValidationError(
                    "\"\(sides[0])\" is no kind with a ceiling: write one of \(Extra.words)")
            }
            let amount = try readLimit(String(sides[1]))
            guard USD.isPlausibleCost(amount) else {
                throw ValidationError("a ceiling must not be more than \(USD.callCostMax)")
            }
            return CeilingList.Ceiling(kind: kind, amount: amount)
        })
}
