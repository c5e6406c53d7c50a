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
            downgrade goes to the last model that is written without a star.

            Example:
              purser tier set standard --models 'openai/gpt-4o-mini,anthropic/*' \\
                --otherwise deny --max-tokens 4000 --max-request-usd 0.50
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

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
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
            outputTokensMax: maxTokens, requestCostMax: maxRequestUsd)
    }
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
