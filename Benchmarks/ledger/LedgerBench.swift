import ArgumentParser
import Foundation
import Storage

/// `ledger-bench`: what the ledger's promises cost on this machine's disk.
///
/// Everything goes through the ports that the gateway uses, on a real file, every commit synced.
/// Beside each figure stands the time of one `fdatasync` on the same disk in the same minute.
@main
struct LedgerBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger-bench",
        abstract: "Measure the ledger: attempts per second, start-up, and one lone call's wait.",
        discussion: """
            Writes a table to standard output and, with --json, every round's figures to a file. \
            Needs about 3 GB of free disk for a history of ten million calls.

            Example:
              swift build -c release --product ledger-bench && .build/release/ledger-bench
            """)

    @Option(help: "Rounds of each measurement; the table has the median and the range.")
    var rounds = 5

    @Option(help: "Seconds of load in each round.")
    var seconds = 2.0

    @Option(parsing: .upToNextOption, help: "Calls that are in the ledger already.")
    var history: [Int] = [10_000, 10_000_000]

    @Option(parsing: .upToNextOption, help: "Members, each with one key, five in a team.")
    var members: [Int] = [50, 10_000]

    @Option(parsing: .upToNextOption, help: "Calls in flight while the ledger is loaded.")
    var inFlight: [Int] = [64, 1_024, 8_192]

    @Option(help: "A folder on the disk to measure; a new one in the system's if left out.")
    var folder: String?

    @Option(help: "A file for every round's figures.")
    var json: String?

    func validate() throws {
        guard rounds > 0, seconds > 0 else {
            throw ValidationError("at least one round, longer than nothing")
        }
    }

    func run() throws {
        let folder = URL(
            fileURLWithPath: folder ?? NSTemporaryDirectory() + "ledger-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var report = Report()
        defer {
            do {
                if self.folder == nil { try FileManager.default.removeItem(at: folder) }
            } catch {
                complain("\(folder.path) is left behind: \(error)\n")
            }
        }
        try measureWaking(&report)
        for members in members {
            for calls in history {
                let file = folder.appendingPathComponent("\(members)-\(calls).db").path
                let scene = "\(calls) calls, \(members) members"
                try PastCalls(members: members, calls: calls).write(to: file)
                try measureStart(file, scene, &report)
                try measureLoneCall(file, scene, members, &report)
                for inFlight in inFlight {
                    try measureLoad(file, scene, members, inFlight, &report)
                }
                try measureAudit(file, scene, &report)
                try FileManager.default.removeItem(atPath: file)
            }
        }
        print(report.table)
        if let json { try report.json.write(to: URL(fileURLWithPath: json)) }
    }
}

extension LedgerBench {
    private func measureWaking(_ report: inout Report) throws {
        let disk = try Disk(beside: folder ?? NSTemporaryDirectory())
        defer { disk.close() }
        for _ in 0..<rounds {
            report.add("this machine", "fdatasync, 4 KiB in place", "µs", try disk.sync())
            report.add("this machine", "waking a thread and back", "µs", Waking.roundTrip())
        }
    }

    private func measureStart(_ file: String, _ scene: String, _ report: inout Report) throws {
        for _ in 0..<rounds {
            let start = try StartUp.measure(file)
            for (name, milliseconds) in start { report.add(scene, name, "ms", milliseconds) }
        }
    }

    /// Once: it also proves that what was measured was booked.
    private func measureAudit(_ file: String, _ scene: String, _ report: inout Report) throws {
        let (audit, milliseconds) = try StartUp.audit(file)
        guard audit.findings == 0 else { throw ValidationError("the books do not agree") }
        report.add(scene, "audit: calls recomputed", "", Double(audit.attempts))
        report.add(scene, "audit: time", "ms", milliseconds)
    }

    private func measureLoneCall(
        _ file: String, _ scene: String, _ members: Int, _ report: inout Report
    ) throws {
        let disk = try Disk(beside: file)
        defer { disk.close() }
        for _ in 0..<rounds {
            let lone = try LoneCall.measure(file, members: members, disk: disk)
            report.add(scene, "lone call: attempt on disk", "µs", lone.attempt)
            report.add(scene, "lone call: entry on disk", "µs", lone.entry)
            report.add(scene, "lone call: a question, no sync", "µs", lone.question)
            report.add(scene, "lone call: fdatasync beside it", "µs", lone.sync)
            report.add(
                scene, "lone call: syncs a commit", "×", (lone.attempt + lone.entry) / 2 / lone.sync
            )
        }
    }

    private func measureLoad(
        _ file: String, _ scene: String, _ members: Int, _ inFlight: Int, _ report: inout Report
    ) throws {
        for _ in 0..<rounds {
            let load = try Load.measure(
                file, members: members, inFlight: inFlight, seconds: seconds)
            let name = "\(inFlight) in flight:"
            report.add(scene, "\(name) attempts/s", "", load.attemptsPerSecond)
            report.add(scene, "\(name) writes a commit", "", load.groupSize)
            report.add(scene, "\(name) CPU an attempt", "µs", load.processCPU)
            report.add(scene, "\(name) CPU, writer's thread", "µs", load.writerCPU)
            report.add(scene, "\(name) a write's wait, p50", "ms", load.wait(0.5))
            report.add(scene, "\(name) a write's wait, p99", "ms", load.wait(0.99))
            report.add(scene, "\(name) a write's wait, longest", "ms", load.wait(1))
        }
    }
}
