import ArgumentParser

/// Who reads a command's output.
enum OutputFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// People.
    case table
    /// Programs; the names of fields do not change.
    case json
    /// Spreadsheets; the same names in the first line.
    case csv
}

/// `--format`, the same for every command.
struct FormatOption: ParsableArguments {
    @Option(help: "table for people; json and csv for programs.")
    var format: OutputFormat = .table
}
