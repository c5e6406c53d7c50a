import Foundation

/// Where settings come from besides the command line; nothing else reads the environment.
struct SettingSource: Sendable {
    let environment: [String: String]

    static var process: SettingSource {
        SettingSource(environment: ProcessInfo.processInfo.environment)
    }

    /// The value of a setting: the option's, else the environment's, else the default.
    ///
    /// A variable that is set to nothing counts as not set.
    func value(of setting: Setting, option: String? = nil) -> SettingValue? {
        let row = setting.row
        if let option, let name = setting.option { return SettingValue(option, from: name) }
        if let text = environment[row.environment], !text.isEmpty {
            return SettingValue(text, from: row.environment)
        }
        return row.standard.map { SettingValue($0, from: "the default of \(setting.rawValue)") }
    }
}

/// A setting's text, and where it stands, for the message if it is wrong.
struct SettingValue: Sendable {
    var text: String
    var origin: String

    init(_ text: String, from origin: String) {
        self.text = text
        self.origin = origin
    }

    /// The whole number the text stands for.
    func count(in range: ClosedRange<Int64>) throws(CommandFailure) -> Int64 {
        guard let number = Int64(text), range.contains(number) else {
            throw fault("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A failure that says what the value should have been.
    func fault(_ expected: String) -> CommandFailure {
        CommandFailure(.usage, "\(origin) must be \(expected), not \"\(text)\"")
    }
}
