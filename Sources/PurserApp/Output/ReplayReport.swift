import Metering
import OpenRouterWire
import Purser

/// What a tier would have done to calls of the past, for people and for programs.
struct ReplayReport: Sendable {
    private let replay: Replay
    /// The file that has the tier; `nil` for the directory.
    private let file: String?
    private let days: ClosedRange<CivilDate>
    private let zone: String
    private let list: KnownModels

    /// More members than this people do not read; programs get all.
    private static let membersMax = 10

    init(
        _ replay: Replay, of file: String?, on days: ClosedRange<CivilDate>, zone: String,
        _ list: KnownModels
    ) {
        self.replay = replay
        self.file = file
        self.days = days
        self.zone = zone
        self.list = list
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: page
        case .json: json.text + "\n"
        case .csv: csv
        }
    }

    private typealias Line = (name: String, tally: Replay.Tally)

    /// In the order in which the gateway asks.
    private var rules: [Line] {
        Rule.allCases.compactMap { rule in replay.byRule[rule].map { (rule.rawValue, $0) } }
    }

    /// Who would have saved most comes first.
    private var members: [Line] {
        replay.byMember.map { ($0.key, $0.value) }.sorted {
            ($1.tally.saved, $1.tally.cost, $0.name) < ($0.tally.saved, $0.tally.cost, $1.name)
        }
    }
}

/// For people.
extension ReplayReport {
    private var page: String {
        let total = replay.total
        let shown = members.prefix(ReplayReport.membersMax)
        var parts = [
            "Tier \(replay.tier.name)\(file.map { " of \($0)" } ?? "") on the calls of \(days.lowerBound) to "
                + "\(days.upperBound) (\(zone))\n",
            "\(total.calls) calls that cost \(total.cost.dollars): it would have blocked "
                + "\(total.blocked), downgraded \(total.downgraded) and changed "
                + "\(total.changed), and saved \(total.saved.dollars).\n",
        ]
        if total.unlisted > 0 {
            parts.append(
                "\(total.unlisted) calls were for models that are in the list no longer; whether "
                    + "those may run was not judged.\n")
        }
        if !rules.isEmpty {
            parts.append(listing(of: rules, by: "rule").table)
            parts.append(listing(of: Array(shown), by: "member").table)
            if shown.count < members.count {
                parts.append("\(members.count - shown.count) more members are in json and csv.\n")
            }
            parts.append(examples.table)
        }
        let gaps = replay.gaps.map { "  \($0.rule.rawValue): \($0.words)\n" }.joined()
        if !gaps.isEmpty { parts.append("How far the ledger tells:\n\(gaps)") }
        parts.append("\(list.words)\n")
        return parts.joined(separator: "\n")
    }

    private var examples: Listing {
        Listing(
            [
                Listing.Column("id", title: "call"), Listing.Column("at", title: "at"),
                Listing.Column("member", title: "member"), Listing.Column("cost", title: "cost"),
                Listing.Column("outcome", title: "outcome"), Listing.Column("words", title: "why"),
            ],
            rows: replay.examples.map { example in
                [
                    .count(example.attempt.rawValue), .instant(example.at), .text(example.member),
                    .money(example.cost), .text(example.effect.outcome.rawValue),
                    .text(example.effect.words),
                ]
            })
    }

    private func listing(of lines: [Line], by name: String) -> Listing {
        let hasUnlisted = lines.contains { $0.tally.unlisted > 0 }
        return Listing(
            [
                Listing.Column("name", title: name), Listing.Column("calls", title: "calls"),
                Listing.Column("blocked", title: "blocked"),
                Listing.Column("downgraded", title: "downgraded"),
                Listing.Column("changed", title: "changed"),
                Listing.Column("unlisted", title: hasUnlisted ? "unlisted" : nil),
                Listing.Column("cost", title: "cost"), Listing.Column("saved", title: "saved"),
            ],
            rows: lines.map { line in
                let tally = line.tally
                return [
                    .text(line.name), .count(tally.calls), .count(tally.blocked),
                    .count(tally.downgraded), .count(tally.changed), .count(tally.unlisted),
                    .money(tally.cost), .money(tally.saved),
                ]
            })
    }
}

/// For programs.
extension ReplayReport {
    private var json: JSON {
        [
            "tier": .string(replay.tier.name), "file": JSON(file),
            "since": .string(days.lowerBound.description),
            "until": .string(days.upperBound.description), "zone": .string(zone),
            "models_at": JSON(list.fetchedAt), "models_from": .string(list.origin),
            "total": .object(JSONObject(fields(replay.total))),
            "by_rule": .array(rules.map { json($0, "rule") }),
            "by_member": .array(members.map { json($0, "member") }),
            "examples": .array(replay.examples.map(json)),
            "gaps": .array(
                replay.gaps.map { gap in
                    ["rule": .string(gap.rule.rawValue), "words": .string(gap.words)]
                }),
        ]
    }

    private func json(_ line: Line, _ name: String) -> JSON {
        .object(JSONObject([(name, .string(line.name))] + fields(line.tally)))
    }

    private func json(_ example: Replay.Example) -> JSON {
        [
            "id": JSON(example.attempt.rawValue), "at": JSON(example.at),
            "member": .string(example.member), "model": .string(example.model),
            "rule": .string(example.effect.rule.rawValue),
            "outcome": .string(example.effect.outcome.rawValue),
            "words": .string(example.effect.words), "cost": .string(example.cost.description),
            "saved": .string(example.effect.saved.description),
        ]
    }

    private func fields(_ tally: Replay.Tally) -> [(String, JSON)] {
        [
            ("calls", JSON(tally.calls)), ("blocked", JSON(tally.blocked)),
            ("downgraded", JSON(tally.downgraded)), ("changed", JSON(tally.changed)),
            ("unlisted", JSON(tally.unlisted)), ("cost", .string(tally.cost.description)),
            ("saved", .string(tally.saved.description)),
        ]
    }

    private var csv: String {
        let lines = [("total", [(replay.tier.name, replay.total)]), ("rule", rules)]
        let names = ["group", "name"] + fields(replay.total).map(\.0)
        return CSV.line(names)
            + (lines + [("member", members)]).flatMap { group, lines in
                lines.map { line in
                    CSV.line(
                        [group, line.name] + fields(line.tally).map { $0.1.string ?? $0.1.text })
                }
            }.joined()
    }
}
