import Foundation
import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Testing

@Suite struct MigrationTests {
    /// When this fails, somebody edited a migration that databases out there have run. Put it
    /// back and add a new one; only a number that was never released may change its line here.
    @Test func `no released migration has been edited`() {
        let fingerprints = Migration.all.map { "\($0.number) \(fingerprint($0.sql))" }
        #expect(
            fingerprints == [
                "1 7d5c67a8f0869e35", "2 3700baa4d3c55e98", "3 876d09a412611006",
            ])
    }

    @Test func `migrations are numbered from one without gaps`() {
        #expect(Migration.all.map(\.number) == Array(1...Migration.all.count))
    }

    @Test func `migrating from any release gives the schema of a fresh database`() async throws {
        let fresh = try await Workspace.use { try schema(try $0.store().directory) }
        #expect(fresh.count > 20)
        for release in 1...Migration.all.count {
            let migrated = try await Workspace.use { workspace in
                let connection = try DatabaseQueue.durable(path: workspace.path, label: "test")
                try Migration.run(Array(Migration.all.prefix(release)), on: connection)
                return try schema(try workspace.store().directory)
            }
            #expect(migrated == fresh)
        }
    }

    @Test func `opening again changes nothing`() async throws {
        try await Workspace.use { workspace in
            let first = try workspace.store()
            _ = try first.addMember("alice", team: nil, tier: nil, at: .morning)
            let before = try schema(first.directory)
            let again = try workspace.store()
            #expect(try schema(again.directory) == before)
            #expect(try again.roster().members.map(\.name) == ["alice"])
        }
    }

    @Test func `a migration that fails leaves the file as it was`() async throws {
        try await Workspace.use { workspace in
            let connection = try workspace.store().directory
            let before = try schema(connection)
            let broken = Migration(
                number: Migration.all.count + 1,
                sql: "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);")
            #expect(throws: DatabaseError.self) {
                try Migration.run(Migration.all + [broken], on: connection)
            }
            #expect(try schema(connection) == before)
            #expect(try number(connection, "PRAGMA user_version") == Int64(Migration.all.count))
        }
    }

    @Test func `a database of a newer Purser is refused and left alone`() async throws {
        try await Workspace.use { workspace in
            let connection = try workspace.store().directory
            let newest = Migration.all.count
            try connection.write { try $0.execute(sql: "PRAGMA user_version = \(newest + 1)") }
            expectFailure(.schemaTooNew) { _ = try workspace.store() }
            expectFailure(.schemaTooNew) {
                _ = try SQLiteLedger.open(path: workspace.path, onStale: {})
            }
            #expect(try number(connection, "PRAGMA user_version") == Int64(newest + 1))
        }
    }

    @Test func `another program's database is refused and left alone`() async throws {
        try await Workspace.use { workspace in
            let other = try DatabaseQueue(path: workspace.path)
            try other.write { try $0.execute(sql: "CREATE TABLE user_usage (id INTEGER)") }
            expectFailure(.invalid) { _ = try workspace.store() }
            #expect(try schema(other).count == 1)
        }
    }

    @Test func `a file that is no database is refused and left alone`() async throws {
        try await Workspace.use { workspace in
            let text = Data(String(repeating: "this is no database\n", count: 99).utf8)
            try text.write(to: URL(fileURLWithPath: workspace.path))
            expectFailure(.unavailable) { _ = try workspace.store() }
            #expect(try Data(contentsOf: URL(fileURLWithPath: workspace.path)) == text)
        }
    }

    @Test func `a file that cannot be made is a failure with a sentence`() async throws {
        try await Workspace.use { workspace in
            let path = workspace.path + "/nowhere/purser.db"
            expectFailure(.unavailable) {
                _ = try SQLiteStore.open(path: path, zone: Engine.zone(named:))
            }
            expectFailure(.unavailable) { _ = try SQLiteLedger.open(path: path, onStale: {}) }
        }
    }

    /// Every table, index and trigger as SQL.
    private func schema(_ connection: DatabaseQueue) throws -> [String] {
        try connection.unsafeRead { db in
            try String.fetchAll(
                db, sql: "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema"
            ).sorted()
        }
    }

    /// FNV-1a: not a seal, only a notice of change.
    private func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
