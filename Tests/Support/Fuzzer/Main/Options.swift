import Foundation

/// `Fuzz --from 1 --count 1000 --corpus Tests/Fuzz/Corpus`: tries bodies from seeds one after the
/// other and stops at the first that goes beyond its tier.
struct Options {
    var from: UInt64 = 1
    var count: UInt64 = 1_000
    /// Where bodies that somebody wrote are; empty for none.
    var corpus = ""
    /// One body instead of seeds.
    var body: String?
    /// The program to send whole requests to, instead of trying bodies in process.
    var binary: String?
    /// Whether to go on after a finding, and say at the end which there were.
    var isThorough = false
    var tellsCoverage = false

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--coverage": tellsCoverage = true
            case "--thorough": isThorough = true
            case "--from": from = Options.number(rest.popFirst(), name)
            case "--count": count = Options.number(rest.popFirst(), name)
            case "--corpus": corpus = rest.popFirst() ?? ""
            case "--http": binary = rest.popFirst()
            case "--body": body = rest.popFirst()
            default: Options.refuse("does not know \(name)")
            }
        }
    }

    private static func number(_ text: String?, _ name: String) -> UInt64 {
        guard let number = text.flatMap({ UInt64($0) }), number > 0, number < 1 << 62 else {
            refuse("needs a number behind \(name)")
        }
        return number
    }

    static func refuse(_ sentence: String) -> Never {
        FileHandle.standardError.write(Data("fuzz: \(sentence)\n".utf8))
        exit(2)
    }
}

/// The corpus, by the files' names, in the same order everywhere.
func bodies(in folder: String) -> [(name: String, bytes: [UInt8])] {
    if folder.isEmpty { return [] }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
        Options.refuse("there is no folder at \(folder)")
    }
    return names.sorted().filter { !$0.hasPrefix(".") }.map { name in
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            Options.refuse("cannot read \(folder)/\(name)")
        }
        return (name, Array(data))
    }
}
