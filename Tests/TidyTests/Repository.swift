import Foundation

/// The repository's own files, as the rules see them.
struct SourceFile: Sendable {
    /// From the repository's root: `Sources/Purser/Money/USD.swift`.
    var path: String
    var lines: [String]

    /// The module's or test target's folder.
    var module: String {
        let parts = path.split(separator: "/")
        guard parts.count > 2 else { return "" }
        return parts[1] == "Support" ? String(parts[2]) : String(parts[1])
    }

    var isTest: Bool { path.hasPrefix("Tests/") }

    var name: String { String(path.split(separator: "/").last ?? "") }

    /// Lines that are code, with their numbers; comments are for people.
    var code: [(number: Int, text: String)] {
        lines.enumerated().compactMap { index, line in
            let text = line.trimmingCharacters(in: .whitespaces)
            return text.hasPrefix("//") ? nil : (index + 1, line)
        }
    }
}

enum Repository {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file under the folder, in order of path.
    static func swiftFiles(under folder: String) -> [SourceFile] {
        let base = root.appending(path: folder)
        let paths =
            FileManager.default.enumerator(atPath: base.path)?
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted() ?? []
        return paths.compactMap { path in
            guard
                let text = try? String(  // A file that vanished meanwhile breaks no rule.
                    contentsOf: base.appending(path: path), encoding: .utf8)
            else { return nil }
            return SourceFile(
                path: "\(folder)/\(path)",
                lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(
                    String.init))
        }
    }

    static let sources = swiftFiles(under: "Sources")
    static let tests = swiftFiles(under: "Tests")
    static let all = sources + tests
}
