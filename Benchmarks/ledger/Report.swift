import Foundation

/// Figures by scene and name, each with every round's value.
struct Report {
    private struct Line {
        var scene: String
        var name: String
        var unit: String
        var values: [Double]
    }

    private var lines: [Line] = []

    mutating func add(_ scene: String, _ name: String, _ unit: String, _ value: Double) {
        if let index = lines.firstIndex(where: { $0.scene == scene && $0.name == name }) {
            lines[index].values.append(value)
        } else {
            lines.append(Line(scene: scene, name: name, unit: unit, values: [value]))
        }
        complain("\(scene)  \(name)  \(Report.text(value)) \(unit)\n")
    }

    /// Median, and the range over the rounds.
    var table: String {
        var scene = ""
        return lines.map { line in
            let title = line.scene == scene ? "" : "\n\(line.scene)\n"
            scene = line.scene
            let sorted = line.values.sorted()
            let name = line.name.padding(toLength: 40, withPad: " ", startingAt: 0)
            let range = "(\(Report.text(sorted[0]))–\(Report.text(sorted[sorted.count - 1])))"
            return "\(title)  \(name) \(Report.text(median(sorted))) \(line.unit) \(range)"
        }.joined(separator: "\n")
    }

    /// `[{"scene", "name", "unit", "median", "values"}]`
    var json: Data {
        get throws {
            let objects = lines.map { line in
                [
                    "scene": line.scene, "name": line.name, "unit": line.unit,
                    "median": median(line.values.sorted()), "values": line.values,
                ] as [String: Any]
            }
            return try JSONSerialization.data(
                withJSONObject: objects, options: [.prettyPrinted, .sortedKeys])
        }
    }

    private static func text(_ value: Double) -> String {
        value >= 1_000
            ? String(Int(value.rounded()))
            : String(format: value >= 10 ? "%.1f" : "%.2f", value)
    }
}

/// The middle of sorted values.
func median(_ sorted: [Double]) -> Double {
    precondition(!sorted.isEmpty, "there is something to be in the middle of")
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Progress, for a person at a terminal.
func complain(_ text: String) {
    guard isatty(STDERR_FILENO) == 1 || ProcessInfo.processInfo.environment["VERBOSE"] != nil
    else { return }
    FileHandle.standardError.write(Data(text.utf8))
}
