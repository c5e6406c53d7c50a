import Management
import OpenRouterWire
import Purser

/// Budgets with what is spent, held and left, as commands show them.
struct BudgetListing: Sendable {
    private let windows: [WindowView]

    init(of budgets: [Budget], _ spending: Spending) {
        windows = budgets.map { spending.window($0.scope, $0.period) }
    }

    func text(_ format: OutputFormat) -> String {
        switch format {
        case .table: listing.table
        case .csv: listing.csv
        case .json: (["budgets": .array(windows.map(\.json))] as JSON).text + "\n"
        }
    }

    private var listing: Listing {
        Listing(
            [Listing.Column("scope", title: "of"), Listing.Column("name", title: "name")]
                + WindowColumns.columns,
            rows: windows.map { window in
                [.text(window.scope.word), Listing.Cell(window.owner)] + WindowColumns.cells(window)
            })
    }
}

/// The columns of one window, wherever windows are listed.
enum WindowColumns {
    static let columns = [
        Listing.Column("period", title: "period"), Listing.Column("spent", title: "spent"),
        Listing.Column("held", title: "held"),
        Listing.Column("limit", title: "limit", absent: "unlimited"),
        Listing.Column("left", title: "left"),
        Listing.Column("resets_at", title: "resets at", absent: "never"),
    ]

    static func cells(_ window: WindowView) -> [Listing.Cell] {
        [
            .text(window.period.name), .money(window.spent), .money(window.held),
            Listing.Cell(window.limit), Listing.Cell(window.left),
            Listing.Cell(window.resetsAt),
        ]
    }
}
