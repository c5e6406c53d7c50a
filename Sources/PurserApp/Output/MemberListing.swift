import Management
import OpenRouterWire
import Purser

/// Members, as commands show them.
struct MemberListing: Sendable {
    private let members: [Member]
    private let spending: Spending

    init(of members: [Member], _ spending: Spending) {
        self.members = members
        self.spending = spending
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: (["members": .array(members.map(json))] as JSON).text + "\n"
        }
    }

    /// One member by itself.
    func text(of member: Member, _ format: OutputFormat) -> String {
        format == .json ? json(member).text + "\n" : text(format)
    }

    private var listing: Listing {
        let budgets = Period.allCases.map {
            Listing.Column($0.name, title: $0.name, absent: "unlimited")
        }
        let hasLeft = members.contains { $0.removedAt != nil }
        return Listing(
            [
                Listing.Column("name", title: "member"), Listing.Column("team", title: "team"),
                Listing.Column("tier", title: "tier", absent: "any model"),
            ] + budgets + [
                Listing.Column("keys", title: "keys"),
                Listing.Column("created_at", title: nil),
                Listing.Column("removed_at", title: hasLeft ? "left at" : nil),
            ],
            rows: members.map { member in
                [
                    .text(member.name), Listing.Cell(teamName(member)),
                    Listing.Cell(tierName(member)),
                ] + Period.allCases.map { Listing.Cell(limit(member, $0)) } + [
                    .count(keyCount(member)), .instant(member.createdAt),
                    Listing.Cell(member.removedAt),
                ]
            })
    }

    private func json(_ member: Member) -> JSON {
        let budgets = Period.allCases.map { ($0.name, JSON(limit(member, $0))) }
        return [
            "name": .string(member.name), "team": JSON(teamName(member)),
            "tier": JSON(tierName(member)), "budgets": .object(JSONObject(budgets)),
            "keys": JSON(keyCount(member)), "created_at": JSON(member.createdAt),
            "removed_at": JSON(member.removedAt),
        ]
    }

    private func teamName(_ member: Member) -> String? {
        member.team.flatMap { spending.roster.team($0)?.name }
    }

    private func tierName(_ member: Member) -> String? {
        member.tier.flatMap { spending.roster.tier($0)?.name }
    }

    private func limit(_ member: Member, _ period: Period) -> USD? {
        spending.window(.member(member.id), period).limit
    }

    private func keyCount(_ member: Member) -> Int64 {
        Int64(spending.roster.keys.count { $0.member == member.id && $0.revokedAt == nil })
    }
}
