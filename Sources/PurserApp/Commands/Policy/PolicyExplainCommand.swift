import ArgumentParser
import Foundation
import Management
import Metering
import OpenRouterWire
import Purser
import Storage

/// `purser policy explain`
struct PolicyExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a call would pass, be changed or be refused.",
        discussion: """
            Judges a call as the gateway would, by the directory, the rules and the money of this \
            instant, and forwards nothing. Of rates, only the running gateway knows what is used. \
            Ends with 0 if the call would pass, with 3 if it would be refused; a call that would \
            wait for money that others hold counts as refused.

            Without --file the call has a short prompt and names no output limit. Without --key \
            it is made with the member's oldest key that may be used. With --at budgets are those \
            of that day if it is to come, else of today.

            As JSON: outcome (pass, change or refuse), model (what would be asked upstream), \
            requested_model, bound (dollars), reason, status and message of a refusal, member, \
            team, key, tier, tier_of, alias, downgraded_from, removed_models, max_tokens, \
            output_lowered, shadowed, steps (each with subject, outcome and words), budgets (each \
            with fits), and from when the models_at and their prices are.

            Example:
              purser policy explain --member alice --model openai/gpt-4o
              purser policy explain --member alice --file request.json --format json
            """)

    @Option(help: "Who calls.")
    var member: String?

    @Option(help: "The model, in the place of the one in --file.")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "The body of a chat completion; - reads standard input.", valueName: "request.json"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "The key: its hash or 8 digits of it, its label, or its name if no other has it.",
            valueName: "hash"))
    var key: String?

    @Option(help: "The application that the call's title names.")
    var app = ""

    @Option(
        help: ArgumentHelp("When: 2026-12-24T18:00:00Z. (default: now)", valueName: "instant"),
        transform: readInstant)
    var at: Timestamp?

    @OptionGroup var models: ModelListOptions
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard member != nil || key != nil else { throw ValidationError("name who calls: --member") }
        guard model != nil || file != nil else {
            throw ValidationError("name what is called: --model or --file")
        }
        guard output.format != .csv else {
            throw ValidationError("an explanation is written as table or json")
        }
    }

    func run() async throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        let now = at ?? books.now
        let party = try party(in: books, roster, at: now)
        let body = try body()
        let list = try await models.list(in: books)
        let explanation = Explanation(
            Explanation.Question(
                body: body, model: model,
                identity: Identity(
                    digest: party.key.digest, memberName: party.member.name, app: app),
                at: now, roster: party.roster, catalogue: list.catalogue,
                book: try books.book(on: roster.zone.day(at: now))))
        try Terminal.write(
            ExplanationText(explanation, party.roster, list).text(output.format))
        if explanation.outcome == .refuse { throw ExitCode(CommandFailure.Code.refused.rawValue) }
    }

    private struct Party {
        var member: Member
        var key: Key
        var roster: Roster
    }

    private func party(in books: Books, _ roster: Roster, at now: Timestamp) throws -> Party {
        let named = try member.map { name -> Member in
            guard let found = roster.member(named: name), found.removedAt == nil else {
                throw CommandFailure(.noMember(name))
            }
            return found
        }
        if let key {
            let keys = try books.management().keys(includeDisabled: true)
            let found = try KeySelection.find(key, in: keys)
            guard let caller = named ?? (found.key.isShared ? nil : roster.member(found.key.member))
            else {
                throw CommandFailure(
                    .usage, "the key is shared, so say who calls", hint: "add --member NAME")
            }
            guard found.key.isShared || found.key.member == caller.id else {
                throw CommandFailure(
                    .failed, "the key is not \(caller.name)'s, it is \(found.member)'s",
                    hint: "see whose keys there are with: purser key list")
            }
            return Party(member: caller, key: found.key, roster: roster)
        }
        guard let named else { throw CommandFailure(.usage, "name who calls: --member") }
        let own = roster.keys.filter { $0.member == named.id && $0.revokedAt == nil }
            .sorted { $0.id < $1.id }
        if let key = own.first(where: { $0.refusal(at: now) == nil }) ?? own.first {
            return Party(member: named, key: key, roster: roster)
        }
        let key = try PolicyExplainCommand.plainKey(of: named)
        return Party(member: named, key: key, roster: roster.adding(key))
    }

    /// A key such as `key create` makes, for a member who has none yet.
    private static func plainKey(of member: Member) throws -> Key {
        guard let digest = KeyDigest(bytes: [UInt8](repeating: 0, count: 32)) else {
            throw CommandFailure(.failed, "a digest has 32 bytes")
        }
        return Key(
            id: ID(0), digest: digest, name: "(none yet)", label: "", member: member.id,
            createdAt: member.createdAt)
    }

    private func body() throws -> [UInt8] {
        guard let file else {
            let body: JSON = ["messages": [["role": "user", "content": "Hello"]]]
            return Array(body.text.utf8)
        }
        do {
            let data =
                file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data()
                : try Data(contentsOf: URL(filePath: file))
            return Array(data)
        } catch {
            throw CommandFailure(.failed, "\(file) cannot be read")
        }
    }
}

/// Reads an instant: `2026-12-24T18:00:00Z`.
func readInstant(_ text: String) throws -> Timestamp {
    guard let instant = Timestamp(text) else {
        throw ValidationError("an instant looks like 2026-12-24T18:00:00Z")
    }
    return instant
}
