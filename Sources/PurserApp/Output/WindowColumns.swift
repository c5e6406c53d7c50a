import Management
import Purser

/// The columns of one window, wherever windows are listed.
///
/// Programs get all fields; people see raises and soft limits where there are any.
struct WindowColumns: Sendable {
    let columns: [Listing.Column]

    init(of windows: [WindowView], hasBar: Bool = false) {
        let hasRaise = windows.contains { $0.raisedUntil != nil }
        let hasSoftLimit = windows.contains { $0.softLimit != nil }
        columns = [
            Listing.Column("period", title: "period"), Listing.Column("spent", title: "spent"),
            Listing.Column("held", title: "held"),
            Listing.Column("limit", title: "limit", absent: "unlimited"),
            Listing.Column("left", title: "left"),
            Listing.Column("bar", title: hasBar ? "full" : nil, isField: false),
            Listing.Column("resets_at", title: "resets at", absent: "never"),
            Listing.Column("standing_limit", title: hasRaise ? "without raise" : nil),
            Listing.Column("raised_until", title: hasRaise ? "raised until" : nil),
            Listing.Column("soft_limit", title: hasSoftLimit ? "soft limit" : nil),
            Listing.Column("warned", title: hasSoftLimit ? "warned" : nil),
        ]
    }

    static func cells(_ window: WindowView) -> [Listing.Cell] {
        [
            .text(window.period.name), .money(window.spent), .money(window.held),
            Listing.Cell(window.limit), Listing.Cell(window.left), Listing.Cell(bar(window)),
            Listing.Cell(window.resetsAt), Listing.Cell(window.standingLimit),
            Listing.Cell(window.raisedUntil?.description), Listing.Cell(window.softLimit),
            .flag(window.isWarned),
        ]
    }

    /// The windows, each with whose it is.
    func listing(of windows: [WindowView]) -> Listing {
        Listing(
            [Listing.Column("scope", title: "of"), Listing.Column("name", title: "name")] + columns,
            rows: windows.map { window in
                [.text(window.scope.word), Listing.Cell(window.owner)]
                    + WindowColumns.cells(window)
            })
    }

    /// `nil` where nothing limits the window.
    private static func bar(_ window: WindowView) -> String? {
        window.limit.map { Bar(spent: window.spent, held: window.held, limit: $0).text }
    }
}

/// How full a window is, as people see it: `[###++.....]   50%`.
struct Bar: Sendable {
    var spent: USD
    var held: USD
    var limit: USD

    private static let width = 10
    /// More says no more, and would push the table apart.
    private static let percentMax: Int128 = 999

    /// `#` for each tenth of the limit that is spent, `+` for each that is held besides. Rounded
    /// down, so that 100% is full.
    var text: String {
        let marks = Int(min(share(of: spent, in: Int128(Bar.width)), Int128(Bar.width)))
        let ends = Int(min(share(of: spent + held, in: Int128(Bar.width)), Int128(Bar.width)))
        let percent = share(of: spent + held, in: 100)
        let number = percent > Bar.percentMax ? ">\(Bar.percentMax)%" : "\(percent)%"
        return "[" + String(repeating: "#", count: marks)
            + String(repeating: "+", count: ends - marks)
            + String(repeating: ".", count: Bar.width - ends) + "] "
            + String(repeating: " ", count: max(0, 5 - number.count)) + number
    }

    /// How many of `parts` equal parts of the limit an amount fills.
    private func share(of amount: USD, in parts: Int128) -> Int128 {
        guard limit > .zero else { return parts }
        return Int128(max(amount, .zero).picodollars) * parts / Int128(limit.picodollars)
    }
}
