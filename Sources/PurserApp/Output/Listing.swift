import OpenRouterWire
import Purser

/// Rows of values under named columns, written as a table, as JSON or as CSV.
struct Listing: Sendable {
    struct Column: Sendable {
        /// The name of the field, for programs.
        var name: String
        /// The heading, for people; `nil` if the table leaves the column out.
        var title: String?
        /// Whether programs get it too.
        var isField: Bool
        /// What the table shows where there is no value.
        var absent: String

        init(_ name: String, title: String?, isField: Bool = true, absent: String = "-") {
            self.name = name
            self.title = title
            self.isField = isField
            self.absent = absent
        }
    }

    enum Cell: Hashable, Sendable {
        case absent
        case text(String)
        case money(USD)
        case count(Int64)
        case instant(Timestamp)
        case flag(Bool)
        /// Thousandths, shown as a percentage.
        case share(Int64)
    }

    var columns: [Column]
    var rows: [[Cell]]
    /// A last row for people, `nil` if nothing adds up; programs add up themselves.
    var total: [Cell]?

    init(_ columns: [Column], rows: [[Cell]], total: [Cell]? = nil) {
        precondition(
            (rows + [total].compactMap { $0 }).allSatisfy { $0.count == columns.count },
            "each row has a cell for each column")
        self.columns = columns
        self.rows = rows
        self.total = total
    }
}

extension Listing.Cell {
    init(_ text: String?) { self = text.map(Self.text) ?? .absent }

    init(_ amount: USD?) { self = amount.map(Self.money) ?? .absent }

    init(_ instant: Timestamp?) { self = instant.map(Self.instant) ?? .absent }

    init(_ count: Int64?) { self = count.map(Self.count) ?? .absent }

    var json: JSON {
        switch self {
        case .absent: .null
        case .text(let text): .string(text)
        case .money(let amount): JSON(amount)
        case .count(let count): JSON(count)
        case .instant(let instant): JSON(instant)
        case .flag(let value): .bool(value)
        case .share(let thousandths):
            .number(DecimalText.exact(Int128(thousandths), places: 3))
        }
    }

    /// The exact value in plain text; empty if absent.
    var plain: String {
        switch self {
        case .absent: ""
        case .text(let text): text
        default: json.string ?? json.text
        }
    }

    /// Numbers stand to the right.
    var isNumber: Bool {
        switch self {
        case .absent, .money, .count, .share: true
        case .text, .instant, .flag: false
        }
    }
}

extension Listing {
    /// One object for each row.
    var json: JSON { .array(rows.map(object)) }

    /// A row as an object with the names of the columns.
    func object(_ row: [Cell]) -> JSON {
        .object(
            JSONObject(zip(columns, row).filter(\.0.isField).map { ($0.name, $1.json) }))
    }

    var csv: String {
        let names = columns.filter(\.isField).map(\.name)
        let lines = rows.map { row in
            zip(columns, row).filter(\.0.isField).map(\.1.plain)
        }
        return ([names] + lines).map(CSV.line).joined()
    }

    var table: String {
        let shown = columns.indices.filter { columns[$0].title != nil }
        let texts = shown.map { index in
            let sum = total.map { [$0[index]] } ?? []
            let cells = rows.map { $0[index] } + sum
            return Table.Column(
                title: columns[index].title ?? "",
                cells: Listing.texts(
                    cells, absent: columns[index].absent, sums: sum.count),
                isRight: cells.allSatisfy(\.isNumber) && cells.contains { $0 != .absent })
        }
        return Table(columns: texts, hasTotal: total != nil).text
    }

    /// The cells of one column as people read them; where a sum is absent stands nothing.
    private static func texts(_ cells: [Cell], absent: String, sums: Int) -> [String] {
        let amounts = cells.compactMap { if case .money(let amount) = $0 { amount } else { nil } }
        let places = MoneyText.places(amounts)
        return cells.enumerated().map { index, cell in
            switch cell {
            case .absent, .text(""): index < cells.count - sums ? absent : ""
            case .money(let amount): MoneyText.dollars(amount, places: places)
            case .share(let thousandths):
                "\(DecimalText.exact(Int128(thousandths), places: 1, padded: true))%"
            case .flag(let value): value ? "yes" : "no"
            case .text, .count, .instant: cell.plain
            }
        }
    }
}

/// Amounts in a column, all with the same number of digits behind the point.
enum MoneyText {
    /// The digits behind the point that the longest of the amounts needs; cents at least.
    static func places(_ amounts: [USD]) -> Int {
        amounts.map { amount in
            let digits = amount.description
            return digits.firstIndex(of: ".").map { digits[$0...].count - 1 } ?? 0
        }.reduce(2, max)
    }

    /// `$12.340000`, every digit of the amount and zeros up to `places`.
    static func dollars(_ amount: USD, places: Int) -> String {
        let exact = amount.dollars
        guard let point = exact.firstIndex(of: ".") else { return exact }
        let missing = places - (exact[point...].count - 1)
        return exact + String(repeating: "0", count: max(0, missing))
    }
}
