import StorageConformance
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: StorageCheck.all)
    func `SQLite keeps what the ports promise`(_ check: StorageCheck) async throws {
        try await Workspace.use { workspace in
            try await workspace.use { engine, _ in try await check.run(engine) }
        }
    }
}
