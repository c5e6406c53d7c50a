import OpenRouterWire
import Purser

/// Teams, as commands show them.
struct TeamListing: Sendable {
    private let teams: [Team]
    private let roster: Roster

    init(of teams: [Team], _ roster: Roster) {
        self.teams = teams
        self.roster = roster
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: (["teams": .array(teams.map(json))] as JSON).text + "\n"
        }
    }

    /// One team by itself.
    func text(of team: Team, _ format: OutputFormat) -> String {
        format == .json ? json(team).text + "\n" : text(format)
    }

    private var listing: Listing {
        Listing(
            [
                Listing.Column("name", title: "team"),
                Listing.Column("tier", title: "tier", absent: "any model"),
                Listing.Column("members", title: "members"),
            ],
            rows: teams.map { team in
                [
                    .text(team.name), Listing.Cell(tierName(team)),
                    .text(members(team).joined(separator: ",")),
                ]
            })
    }

    private func json(_ team: Team) -> JSON {
        [
            "name": .string(team.name), "tier": JSON(tierName(team)),
            "members": .array(members(team).map(JSON.string)),
        ]
    }

    private func tierName(_ team: Team) -> String? {
        team.tier.flatMap { roster.tier($0)?.name }
    }

    /// Those who are here, by name.
    private func members(_ team: Team) -> [String] {
        roster.members.filter { $0.team == team.id && $0.removedAt == nil }.map(\.name).sorted()
    }
}
