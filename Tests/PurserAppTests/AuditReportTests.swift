import ArgumentParser
import OpenRouterWire
import Storage
import Testing

@testable import PurserApp

struct AuditReportTests {
    private func audit(findings: Int64 = 0, aboveBound: Int64 = 0) -> Audit {
        var audit = Audit()
        audit.attempts = 5
        audit.entries = 4
        audit.balances = 3
        audit.findings = findings
        audit.aboveBound = aboveBound
        return audit
    }

    private let findings = [
        Finding(.spend, "month of 2026-11-01, member alice: cost", expected: "0.5", found: "0.4"),
        Finding(.open, "attempt 5", expected: "open", found: ""),
    ]

    @Test func `books that agree are one sentence`() {
        #expect(
            AuditReport(audit(), []).text(.table)
                == "5 attempts, 4 entries, 3 balances: all agree\n")
    }

    @Test func `people get what disagrees line by line, and how much more there is`() {
        #expect(
            AuditReport(audit(findings: 3), findings).text(.table) == """
                check  place                                    expected  found
                -----  ---------------------------------------  --------  ---------
                spend  month of 2026-11-01, member alice: cost  0.5       0.4
                open   attempt 5                                open      (nothing)
                and 1 more

                """)
        #expect(AuditReport(audit(findings: 1), findings).places == "1 place")
        #expect(AuditReport(audit(findings: 2), findings).places == "2 places")
    }

    @Test func `programs get everything under the names of the help`() throws {
        let text = AuditReport(audit(findings: 2, aboveBound: 1), findings).text(.json)
        #expect(
            text == #"{"agrees":false,"attempts":5,"entries":4,"balances":3,"above_bound":1,"#
                + #""findings_count":2,"findings":[{"check":"spend","#
                + #""place":"month of 2026-11-01, member alice: cost","expected":"0.5","#
                + #""found":"0.4"},{"check":"open","place":"attempt 5","expected":"open","#
                + #""found":null}]}"# + "\n")
        let help = LedgerVerifyCommand.configuration.discussion
        for name in try #require(try JSON.parse(text).object).members.map(\.name) {
            #expect(help.contains(name), "\(name)")
        }
    }

    @Test func `calls above their bound are an alarm of their own`() {
        #expect(
            AuditReport(audit(aboveBound: 2), []).alarm
                == "purser: 2 calls cost more than was held: the bound was too low\n")
        #expect(AuditReport(audit(aboveBound: 2), []).text(.table).hasSuffix("all agree\n"))
    }
}
