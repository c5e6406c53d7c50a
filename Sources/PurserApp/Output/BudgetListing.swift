import Management
import OpenRouterWire
import Purser

/// Budgets with what is spent, held and left, as commands show them.
struct BudgetListing: Sendable {
    private let windows: [WindowView]

    init(of windows: [WindowView]) {
        self.windows = windows
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: (["budgets": .array(windows.map(\.json))] as JSON).text + "\n"
        }
    }

    private var listing: Listing {
        WindowColumns(of: windows).listing(of: windows)
    }
}

/// One scope's windows, and those of everything else that its calls must fit in.
struct BudgetOverview: Sendable {
    private let scope: Scope
    private let name: String?
    private let own: [WindowView]
    private let others: [WindowView]

    init(of scope: Scope, _ spending: Spending) {
        self.scope = scope
        name = spending.roster.name(of: scope)
        own = spending.windows(of: scope)
        others = BudgetOverview.scopes(beside: scope, in: spending.roster)
            .flatMap { spending.budgets(of: $0) }
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: json.text + "\n"
        }
    }

    private var json: JSON {
        [
            "scope": .string(scope.word), "name": JSON(name),
            "windows": .array(own.map(\.json)), "budgets": .array(others.map(\.json)),
        ]
    }

    private var listing: Listing {
        WindowColumns(of: own + others, hasBar: true).listing(of: own + others)
    }

    /// What else the cost of the same calls counts in for certain. Who calls with a shared key
    /// brings budgets of their own.
    private static func scopes(beside scope: Scope, in roster: Roster) -> [Scope] {
        func team(of member: Member?) -> [Scope] { (member?.team).map { [.team($0)] } ?? [] }
        switch scope {
        case .organisation: return []
        case .team: return [.organisation]
        case .member(let id):
            let keys = roster.keys.filter { $0.member == id && $0.revokedAt == nil }
            return [.organisation] + team(of: roster.member(id)) + keys.map { .key($0.id) }
        case .key(let id):
            guard let key = roster.keys.first(where: { $0.id == id }), !key.isShared else {
                return [.organisation]
            }
            return [.organisation] + team(of: roster.member(key.member)) + [.member(key.member)]
        }
    }
}
