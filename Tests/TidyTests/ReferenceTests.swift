import Foundation
import Testing

/// Pages that must keep up with the code.
struct ReferenceTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    @Test func `every refusal has its row`() throws {
        let source = try text("Sources/Purser/Policy/Refusal.swift")
        let start = try #require(source.range(of: "package var code: String {"))
        let end = try #require(source.range(of: "package var retryAfterSeconds"))
        let codes = source[start.upperBound..<end.lowerBound].matches(of: #/"([a-z_]+)"/#)
            .map { String($0.1) }
        #expect(codes.count >= 25)
        let page = try text("docs/reference/refusals.md")
        for code in codes { #expect(page.contains("| `\(code)` |"), "\(code)") }
    }

    @Test func `every setting has its row`() throws {
        let source = try text("Sources/PurserApp/Settings/Setting.swift")
        let names = source.matches(of: #/environment: "([A-Z_]+)"/#).map { String($0.1) }
        #expect(names.count >= 10)
        let page = try text("docs/reference/settings.md")
        for name in names { #expect(page.contains("`\(name)`"), "\(name)") }
    }

    @Test func `every decision is in the list`() throws {
        let folder = Repository.root.appending(path: "docs/decisions")
        let pages = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0 != "README.md" }
        let list = try text("docs/decisions/README.md")
        #expect(pages.count >= 10)
        for page in pages { #expect(list.contains("(\(page))"), "\(page)") }
    }

    @Test func `the architecture fits on a few screens`() throws {
        let lines = try text("ARCHITECTURE.md").split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count < 200)
    }
}
