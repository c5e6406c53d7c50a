// swift-tools-version: 6.2
import PackageDescription

// This file is the architecture diagram. It lists the modules from the inside
// out; a module names only modules that stand above it.

let package = Package(
    name: "purser",
    products: [
        .executable(name: "purser", targets: ["PurserMain"]),
        // What is measured or simulated; no part of what is shipped.
        .executable(name: "budget-bench", targets: ["BudgetBench"]),
        .executable(name: "ledger-bench", targets: ["LedgerBench"]),
        .executable(name: "policy-bench", targets: ["PolicyBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Ring 0: values and decisions. No I/O, no clock, no Foundation.
        .module("Purser"),
        .module("OpenRouterWire", ["Purser"]),
        .module("Metering", ["Purser", "OpenRouterWire"]),
        // What a request could make an upstream do: knows none of the others, so that it shares
        // no mistake with them.
        .module("Judge"),

        // Ring 1: ports and secrets.
        .module("Storage", ["Purser"]),
        .module("Credentials", ["Purser"], [.crypto]),

        // Ring 2: adapters. Siblings never name one another.
        .module("SQLiteStorage", ["Purser", "Storage"], [.grdb, .sqlite]),
        .module(
            "OpenRouter", ["Purser", "OpenRouterWire"],
            [.asyncHTTPClient, .nioCore, .nioHTTP1, .nioSSL]),
        .module("Management", ["Purser", "Storage", "Credentials", "OpenRouterWire"]),
        .module(
            "OpenRouterSandbox", ["Purser", "OpenRouterWire", "Credentials", "Judge"],
            [.hummingbird, .nioCore, .log]),
        .module(
            "Gateway", ["Purser", "Metering", "Storage", "Credentials", "OpenRouterWire"],
            [.nioCore, .nioPosix, .nioHTTP1, .nioTLS, .nioSSL, .log]),
        .module("Console", [], [.hummingbird, .httpTypes, .nioCore, .log]),

        // Ring 3: assembly.
        .module(
            "PurserApp",
            [
                "Purser", "Metering", "OpenRouterWire", "Storage", "Credentials", "SQLiteStorage",
                "OpenRouter", "OpenRouterSandbox", "Management", "Gateway", "Console",
            ],
            [.argumentParser, .nioCore, .nioPosix, .log, .yams]),
        .executableTarget(
            name: "PurserMain", dependencies: ["PurserApp"], swiftSettings: .strict),

        // One test target for each module that decides something.
        .tests("Purser", "TestSupport"),
        .tests("OpenRouterWire", "Purser", "TestSupport"),
        .tests("Metering", "OpenRouterSandbox", "OpenRouterWire", "Purser", "TestSupport"),
        .tests("Judge"),
        .tests("Credentials", "Purser"),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "Purser", "OpenRouterWire", "Metering", "Storage", "Credentials",
                "TestSupport", .nioCore, .nioHTTP1, .log,
            ],
            swiftSettings: .strict),
        .tests("Management", "Purser", "Storage", "Credentials", "OpenRouterWire"),
        .testTarget(
            name: "SQLiteStorageTests",
            dependencies: [
                "SQLiteStorage", "StorageConformance", "Purser", "Storage", .grdb, .sqlite,
            ],
            swiftSettings: .strict),
        .testTarget(
            name: "OpenRouterSandboxTests",
            dependencies: [
                "OpenRouterSandbox", "Purser", "OpenRouterWire", "Credentials", .asyncHTTPClient,
                .nioCore, .nioHTTP1, .log,
            ], swiftSettings: .strict),
        .testTarget(
            name: "PurserAppTests",
            dependencies: [
                "PurserApp", "Purser", "Storage", "Management", "Gateway", "Credentials",
                "OpenRouterWire", .argumentParser,
            ], swiftSettings: .strict),
        .testTarget(
            name: "SimulatorTests", dependencies: ["SimulationOracle", "Simulator"],
            swiftSettings: .strict),
        .testTarget(
            name: "FuzzerTests", dependencies: ["Fuzzer", "Judge", "Purser"],
            swiftSettings: .strict),
        .testTarget(name: "TidyTests", swiftSettings: .strict),

        // What several test targets share.
        .target(
            name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: .strict),
        .target(
            name: "StorageConformance", dependencies: ["Purser", "Storage", "TestSupport"],
            path: "Tests/Support/StorageConformance", swiftSettings: .strict),

        // The simulation of money, and the second pair of eyes that checks it.
        .target(
            name: "SimulationOracle", path: "Tests/Support/Simulator/Oracle",
            swiftSettings: .strict),
        .target(
            name: "Simulator",
            dependencies: [
                "Purser", "OpenRouterWire", "Metering", "Storage", "SimulationOracle",
                "TestSupport",
            ], path: "Tests/Support/Simulator/World", swiftSettings: .strict),
        .executableTarget(
            name: "Simulate", dependencies: ["Simulator"], path: "Tests/Support/Simulator/Main",
            swiftSettings: .strict),

        // Bodies that nobody sends, and whether what comes of them is within the tier.
        .target(
            name: "Fuzzer",
            dependencies: [
                "Judge", "Purser", "OpenRouterWire", "Metering", "OpenRouterSandbox", "TestSupport",
            ], path: "Tests/Support/Fuzzer/Bodies", swiftSettings: .strict),
        .executableTarget(
            name: "Fuzz", dependencies: ["Fuzzer", "Judge", "Purser"],
            path: "Tests/Support/Fuzzer/Main", swiftSettings: .strict),

        // What is measured rather than tested.
        .executableTarget(
            name: "BudgetBench", dependencies: ["Purser"], path: "Benchmarks/budget",
            swiftSettings: .strict),
        .executableTarget(
            name: "LedgerBench",
            dependencies: ["Purser", "Storage", "SQLiteStorage", .argumentParser, .grdb],
            path: "Benchmarks/ledger", swiftSettings: .strict),
        .executableTarget(
            name: "PolicyBench", dependencies: ["Metering", "OpenRouterWire", "Purser"],
            path: "Benchmarks/policy", swiftSettings: .strict),
    ],
    swiftLanguageModes: [.v6]
)

extension Target {
    static func module(
        _ name: String, _ uses: [String] = [], _ products: [Target.Dependency] = []
    ) -> Target {
        .target(
            name: name, dependencies: uses.map { .target(name: $0) } + products,
            swiftSettings: .strict)
    }

    static func tests(_ module: String, _ helpers: String...) -> Target {
        .testTarget(
            name: "\(module)Tests",
            dependencies: ([module] + helpers).map { .target(name: $0) },
            swiftSettings: .strict)
    }
}

extension Target.Dependency {
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let sqlite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let log = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioTLS = product(name: "NIOTLS", package: "swift-nio")
    static let yams = product(name: "Yams", package: "Yams")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
}

extension [SwiftSetting] {
    static var strict: Self {
        [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
        ]
    }
}
