/// Columns of text, aligned for people.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        var cells: [String]
        /// Whether the column stands to the right.
        var isRight: Bool
    }

    var columns: [Column]
    /// Whether the last row is a sum, set off by a rule.
    var hasTotal: Bool

    var text: String {
        let columns = columns.map { column in
            Column(
                title: column.title, cells: column.cells.map(Table.printable),
                isRight: column.isRight)
        }
        let widths = columns.map { column in
            ([column.title] + column.cells).map(\.count).max() ?? 0
        }
        func line(_ cell: (Column) -> String) -> String {
            var line = ""
            for (column, width) in zip(columns, widths) {
                let text = cell(column)
                let space = String(repeating: " ", count: width - text.count)
                if !line.isEmpty { line += "  " }
                line += column.isRight ? space + text : text + space
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ") + "\n"
        let count = columns.first?.cells.count ?? 0
        let rows = (0..<count).map { index in
            (hasTotal && index == count - 1 ? rule : "") + line { $0.cells[index] }
        }
        return line(\.title) + rule + rows.joined()
    }

    /// The text without characters that would move the cursor: models and names come from
    /// requests.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned:
                result.unicodeScalars.append("\u{FFFD}")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
