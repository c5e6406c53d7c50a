import ArgumentParser
import Foundation
import Storage

/// `purser ledger verify`
struct LedgerVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute everything from the calls alone, and say what disagrees.",
        discussion: """
            Adds up every attempt and entry again and compares: each sum by day and by month, \
            each amount with the digits that the upstream sent, or with what was held where it \
            is not known, the calls that count as open, those that wait for the truth, and the \
            file itself. Works while a gateway serves. Ends with 0 if all agrees, with 1 if \
            anything does not.

            As JSON: agrees; attempts, entries and balances (rows of sums), each a number that was \
            compared; above_bound, the calls that cost more than was held for them, which is an \
            alarm and no disagreement; findings_count; and findings, the first \
            \(AuditReport.findingsMax) of them, each with check (\(AuditReport.checks)), place, \
            expected and found (null: nothing is there).

            Example:
              purser ledger verify --format json
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let history = try database.open().history
        var findings: [Finding] = []
        let audit = try history.audit(
            progress: LedgerVerifyCommand.show,
            report: { finding in
                if findings.count < AuditReport.findingsMax { findings.append(finding) }
            })
        LedgerVerifyCommand.clear(audit)
        let report = AuditReport(audit, findings)
        try Terminal.write(report.text(output.format))
        if audit.aboveBound > 0 { Terminal.complain(report.alarm) }
        guard audit.findings == 0 else {
            throw CommandFailure(
                .failed, "the books disagree with the calls in \(report.places)",
                hint: "keep a copy of the database as it is before anything else writes to it")
        }
    }

    /// Where nobody waits, or what is read takes no time, nothing is shown.
    private static func show(_ progress: AuditProgress) {
        guard isShown(progress.total) else { return }
        Terminal.complain("\r\u{1B}[K\(progress.step): \(progress.done) of \(progress.total)")
    }

    private static func clear(_ audit: Audit) {
        if isShown(audit.attempts) { Terminal.complain("\r\u{1B}[K") }
    }

    private static func isShown(_ attempts: Int64) -> Bool {
        attempts >= 100_000 && isatty(STDERR_FILENO) == 1
    }
}
