import Testing

/// Who may import what, and why. The manifest says the same for our own modules; this table
/// covers the packages too, because SwiftPM lets a target import what it never declared.
struct ImportTests {
    private static let allowed: [String: Set<String>] = [
        // Ring 0: what cannot do I/O cannot fail, block or flake.
        "Purser": [],
        "OpenRouterWire": ["Purser"],
        "Metering": ["Purser", "OpenRouterWire"],
        // Nobody, so that it shares no mistake with what it judges.
        "Judge": [],
        // Ring 1.
        "Storage": ["Purser"],
        "Credentials": ["Purser", "Crypto"],
        // Ring 2: each adapter knows its own technology. The ledger's thread and locks are
        // Foundation's and the standard library's.
        "SQLiteStorage": [
            "Purser", "Storage", "GRDB", "GRDBSQLite", "Foundation", "Dispatch",
            "Synchronization", "Glibc", "Musl", "Darwin",
        ],
        "OpenRouter": [
            "Purser", "OpenRouterWire", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOSSL",
        ],
        "OpenRouterSandbox": [
            "Purser", "OpenRouterWire", "Credentials", "Judge", "Hummingbird", "NIOCore",
            "Logging", "Synchronization", "HTTPTypes",
        ],
        "Management": ["Purser", "Storage", "Credentials", "OpenRouterWire"],
        "Gateway": [
            "Purser", "Metering", "Storage", "Credentials", "OpenRouterWire", "NIOCore", "NIOPosix",
            "NIOHTTP1", "NIOTLS", "NIOSSL", "Logging", "Synchronization",
        ],
        "Console": ["Hummingbird", "HTTPTypes", "NIOCore", "Logging"],
        // Ring 3 knows everybody.
        "PurserApp": [
            "Purser", "Metering", "OpenRouterWire", "Storage", "Credentials", "SQLiteStorage",
            "OpenRouter", "OpenRouterSandbox", "Management", "Gateway", "Console",
            "ArgumentParser", "NIOCore", "NIOPosix", "Logging", "Foundation", "Dispatch",
            "Synchronization", "Yams",
        ],
        "PurserMain": ["PurserApp"],
    ]

    private static func imports(of file: SourceFile) -> [String] {
        file.code.compactMap { _, line in
            var words = line.split(separator: " ").map(String.init)
            while let first = words.first,
                ["package", "public", "private", "internal", "@_exported"].contains(first)
                    || first.hasPrefix("@testable")
            {
                words.removeFirst()
            }
            guard words.first == "import", words.count >= 2 else { return nil }
            return words[1]
        }
    }

    @Test func `each module imports only what its row permits`() {
        for file in Repository.sources {
            guard let allowed = ImportTests.allowed[file.module] else {
                Issue.record("\(file.path): the module \(file.module) has no row in the table")
                continue
            }
            for name in ImportTests.imports(of: file) where !allowed.contains(name) {
                Issue.record("\(file.path): \(file.module) must not import \(name)")
            }
        }
    }

    @Test func `the table names no module that is gone`() {
        let modules = Set(Repository.sources.map(\.module))
        #expect(Set(ImportTests.allowed.keys) == modules)
    }

    @Test func `the rule sees the imports it judges`() {
        #expect(Repository.sources.count > 50)
        let all = Repository.sources.flatMap(ImportTests.imports)
        #expect(all.contains("GRDB") && all.contains("NIOCore") && all.contains("Purser"))
    }
}
