import ArgumentParser
import Purser
import Storage

/// `purser tier set`
struct TierSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a tier, or replace what it allows.",
        discussion: """
            A model is written as in OpenRouter's list; a star at the end stands for anything. \
            What is not named falls back to its default: the whole tier is replaced. A ceiling is \
            the most that one thing of a kind adds to a call; without one, calls are refused \
            where its cost has no bound. The kinds of extras and ceilings are \(Extra.words).

            Example:
              purser tier set standard --models 'openai/gpt-4o-mini,anthropic/*' \\
                --otherwise deny --max-tokens 4000 --max-request-usd 0.50 --clamp \\
                --ceiling image=0.01 --ceiling web-search=0.02 --alias fast=openai/gpt-4o-mini
              purser tier set office --hours 'mon-fri 08:00-18:00' --requests-per-minute 60 \\
                --shadow hours
            """)

    @Argument(help: "What the tier is called.", transform: readName)
    var name: String

    @OptionGroup var options: TierOptions
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    /// Before a database is opened: the organisation's zone changes nothing about what is valid.
    func validate() throws {
        _ = try tier(organisationZone: .utc)
    }

    func run() throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        let tier = try tier(organisationZone: roster.zone)
        // Who changes one number must not open the tier to every model unawares.
        let present = roster.tier(named: name)?.models ?? []
        guard present.isEmpty || options.values["models"] != nil else {
            throw CommandFailure(
                .usage, "tier \(name) is replaced as a whole, and --models is not given",
                hint: "it has --models '\(present.map(\.text).joined(separator: ","))'; "
                    + "write '*' for every model")
        }
        try books.directory.setTier(tier)
        try books.warnOfUnlisted(in: [tier])
        try Terminal.write(TierListing.text(of: tier, output.format))
    }

    var form: TierForm { TierForm(name: name, values: options.values) }

    private func tier(organisationZone: Zone) throws -> Tier {
        do throws(TierForm.Fault) {
            return try form.tier(organisationZone: organisationZone, zone: Zone.named)
        } catch {
            throw ValidationError(
                "\(TierSetCommand.option(error.setting))\(error.message)")
        }
    }

    /// As it was typed, in front of what is wrong with it.
    private static func option(_ setting: String?) -> String {
        switch setting {
        case nil: ""
        case "aliases": "--alias: "
        case "ceilings": "--ceiling: "
        case let name?: "--\(name.split(separator: "_").joined(separator: "-")): "
        }
    }
}
