import ArgumentParser
import Foundation

/// `purser demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show everything at work: no account, no network, no questions.",
        discussion: """
            Starts the sandbox, the gateway and the console with a sample team, sends a few dozen \
            calls, prints the report and whether the books agree with the bill, and keeps serving. \
            Its database is gone when it ends.

            Example:
              purser demo --once
            """)

    @Flag(help: "End after the report; exit with 1 if the books disagree.")
    var once = false

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("purser-demo-\(ThisMachine.runName())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let demo = Demo(
            database: folder.appendingPathComponent("demo.db").path, endsAfterReport: once,
            logger: ProgramLog.make())
        let agrees: Bool
        do {
            agrees = try await demo.run()
        } catch {
            try FileManager.default.removeItem(at: folder)
            throw error
        }
        try FileManager.default.removeItem(at: folder)
        guard agrees else {
            throw CommandFailure(
                .failed, "the ledger and the sandbox's bill disagree",
                hint: "this is a defect: please report it with the output above")
        }
    }
}
