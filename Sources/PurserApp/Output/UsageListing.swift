import Management
import OpenRouterWire
import Purser

/// What members have spent, hold and have left, as `purser usage` shows it.
struct UsageListing: Sendable {
    private let members: [(name: String, windows: [WindowView])]

    init(of members: [Member], _ spending: Spending) {
        self.members = members.map { member in
            (member.name, spending.windows(of: .member(member.id)))
        }
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: json.text + "\n"
        }
    }

    private var json: JSON {
        let members = members.map { member -> JSON in
            let windows = member.windows.map { JSON.object(JSONObject($0.fields)) }
            return ["name": .string(member.name), "windows": .array(windows)]
        }
        return ["members": .array(members)]
    }

    private var listing: Listing {
        Listing(
            [Listing.Column("name", title: "member")]
                + WindowColumns(of: members.flatMap(\.windows)).columns,
            rows: members.flatMap { member in
                member.windows.map { [.text(member.name)] + WindowColumns.cells($0) }
            })
    }
}
