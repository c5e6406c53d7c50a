import ArgumentParser
import Foundation
import Metering
import Purser
import Storage

/// `purser policy replay`
struct PolicyReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Say what a tier would have done to the calls of the past, and saved.",
        discussion: """
            Runs the calls in the ledger against a tier as it is now, or as it stands in a file of \
            the team, whatever tier they were made in: what it would have blocked, sent to \
            another model or changed, and how much less they would have cost. A blocked call \
            saves what it cost, a downgraded one what the same tokens cost less at the other \
            model's listed prices, a cut answer the tokens cut off. What the ledger is too short \
            for is said. Changes nothing.

            JSON has total, by_rule, by_member (each with calls, blocked, downgraded, changed, \
            unlisted, cost and saved; unlisted models are in the list no longer and not judged), \
            examples and gaps; CSV the same sums, one a line. A call that several rules would have \
            changed is in the line of each.

            Example:
              purser policy replay --tier basic --since 30d
              purser policy replay --tier basic --since 2026-11-01 --until 2026-11-15 \\
                --members-of pro --format json
              purser policy replay --tier basic --file team.yaml
              purser policy replay --tier basic --enforce     # what is in shadow now
            """)

    @Option(help: "The tier.")
    var tier: String

    @Option(help: ArgumentHelp("The tier as in this file; see plan.", valueName: "team.yaml"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "The first day, or how many days before today it is.", valueName: "date|7d"))
    var since = "7d"

    @Option(
        help: ArgumentHelp("The last day. (default: today)", valueName: "date"), transform: readDay)
    var until: CivilDate?

    @Option(help: "Only this member's calls.")
    var member: String?

    @Option(help: "Only calls made in this team.")
    var team: String?

    @Option(help: ArgumentHelp("Only calls of those who have this tier now.", valueName: "tier"))
    var membersOf: String?

    @Flag(help: "Take rules in shadow as if they were in force.")
    var enforce = false

    @OptionGroup var models: ModelListOptions
    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        var judge = try judge(in: books, roster)
        if enforce { judge.shadowed = [] }
        let choice = try CallChoice(member: member, team: team, tier: membersOf, in: roster)
        let days = try days(today: roster.zone.day(at: books.now))
        let list = try await models.list(in: books)
        var replay = Replay(judge, catalogue: list.catalogue, roster: roster)
        var count: Int64 = 0
        try books.history.calls(on: days) { call in
            count += 1
            if count.isMultiple(of: PolicyReplayCommand.progressStep) {
                PolicyReplayCommand.show("\(count) calls read, up to \(call.attempt.day)")
            }
            if choice.contains(call, in: roster) { replay.take(call) }
        }
        if count >= PolicyReplayCommand.progressStep { PolicyReplayCommand.show("") }
        let report = ReplayReport(
            replay, of: file, on: days, zone: roster.zone.name, list)
        try Terminal.write(report.text(output.format))
    }

    /// The tier as it is, or as the file has it.
    private func judge(in books: Books, _ roster: Roster) throws -> Tier {
        let present = roster.tier(named: tier)
        guard let file else {
            guard let present else { throw CommandFailure(.noTier(tier)) }
            return present
        }
        var source = TeamFileArgument()
        source.file = file
        let team = try source.read()
        guard team.tiers.contains(where: { $0.form.name == tier }) else {
            throw CommandFailure(.failed, "there is no tier named \"\(tier)\" in \(file)")
        }
        // A plan has the tiers that differ.
        let planned = try source.plan(team, on: books).tiers.first { $0.name == tier }
        guard let found = planned ?? present else { throw CommandFailure(.noTier(tier)) }
        return found
    }

    private func days(today: CivilDate) throws -> ClosedRange<CivilDate> {
        let last = until ?? today
        let first: CivilDate
        if since.last == "d", let count = Int(since.dropLast()), (0...36_500).contains(count),
            since.utf8.first != UInt8(ascii: "+")
        {
            first = today.adding(days: -count)
        } else if let day = CivilDate(since) {
            first = day
        } else {
            throw CommandFailure(
                .usage, "--since \"\(since)\" is no day",
                hint: "write 2026-11-01, or 7d for seven days ago")
        }
        guard first <= last else {
            throw CommandFailure(.usage, "the first day, \(first), is after the last, \(last)")
        }
        return first...last
    }

    /// A second's worth of reading, about.
    private static let progressStep: Int64 = 100_000

    private static func show(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { Terminal.complain("\r\u{1B}[K\(text)") }
    }
}

/// Which calls of the ledger are meant.
private struct CallChoice {
    /// `nil` for everybody's.
    var member: ID<Member>?
    /// `nil` for every team's, and those of none.
    var team: ID<Team>?
    /// `nil` for those of every tier, and of none.
    var tier: ID<Tier>?

    init(member: String?, team: String?, tier: String?, in roster: Roster) throws {
        self.member = try member.map { name in
            guard let found = roster.member(named: name) else {
                throw CommandFailure(.noMember(name))
            }
            return found.id
        }
        self.team = try team.map { name in
            guard let found = roster.team(named: name) else {
                throw CommandFailure(
                    .failed, "there is no team named \"\(name)\"",
                    hint: "see who is in which with: purser member list")
            }
            return found.id
        }
        self.tier = try tier.map { name in
            guard let found = roster.tier(named: name) else {
                throw CommandFailure(.noTier(name))
            }
            return found.id
        }
    }

    func contains(_ call: RecordedCall, in roster: Roster) -> Bool {
        if let member, call.attempt.member != member { return false }
        if let team, call.attempt.team != team { return false }
        guard let tier else { return true }
        guard let key = roster.key(call.attempt.key),
            let member = roster.member(call.attempt.member)
        else { return false }
        let holder = roster.member(key.member) ?? member
        return roster.tier(of: member, using: key, holder: holder)?.tier.id == tier
    }
}
