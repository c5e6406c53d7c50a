import OpenRouterWire
import Purser
import Storage
import Testing

@testable import PurserApp

struct UsageReportTests {
    private func report(by axis: ReportAxis = .member) throws -> UsageReport {
        func member(_ id: Int64, _ name: String, leftAt: Timestamp? = nil) -> Member {
            Member(
                id: ID(id), name: name, createdAt: Timestamp(milliseconds: 0), removedAt: leftAt)
        }
        let roster = Roster(
            revision: 1, zone: .utc, teams: [], tiers: [],
            members: [
                member(1, "zoe"), member(2, "alice"), member(3, "bob"),
                member(4, "eve", leftAt: Timestamp(milliseconds: 1)),
                member(5, "mallory", leftAt: Timestamp(milliseconds: 1)),
            ],
            keys: [], budgets: [], managementDigests: [])
        func row(_ name: String, requests: Int64, cost: USD) -> UsageRow {
            var row = UsageRow(name: name)
            row.requests = requests
            row.promptTokens = requests * 10
            row.completionTokens = requests * 5
            row.cost = cost
            row.refused = 1
            return row
        }
        let period = try #require(
            ReportPeriod("week", today: try readDay("2026-11-21")))
        return UsageReport(
            by: axis, over: period,
            usage: [
                row("alice", requests: 3, cost: USD("0.2") ?? .zero),
                row(axis == .team ? "" : "eve", requests: 1, cost: USD("0.1000005") ?? .zero),
            ], roster: roster)
    }

    @Test func `people read who spent how much, who spent nothing, and the sum`() throws {
        #expect(
            try report().text(.table) == """
                Spend by member, 2026-11-16 to 2026-11-22 (UTC)

                member  requests  tokens in  tokens out        cost   share  refused  downgraded
                ------  --------  ---------  ----------  ----------  ------  -------  ----------
                alice          3         30          15  $0.2000000   66.7%        1           0
                eve            1         10           5  $0.1000005   33.3%        1           0
                bob            0          0           0  $0.0000000    0.0%        0           0
                zoe            0          0           0  $0.0000000    0.0%        0           0
                ------  --------  ---------  ----------  ----------  ------  -------  ----------
                total          4         40          20  $0.3000005  100.0%        2           0

                """)
    }

    @Test func `programs read the same numbers under stable names`() throws {
        let text = try report().text(.json)
        let json = try JSON.parse(text)
        #expect(text.hasSuffix("}\n"))
        #expect(json["by"] == "member" && json["period"] == "week" && json["time_zone"] == "UTC")
        #expect(json["from"] == "2026-11-16" && json["to"] == "2026-11-22")
        #expect(
            json["rows"]?.array?.first?.text
                == #"{"name":"alice","requests":3,"prompt_tokens":30,"completion_tokens":15,"#
                + #""cost":0.2,"refused":1,"downgraded":0}"#)
        #expect(json["total"]?["cost"] == .number("0.3000005"))
        #expect(
            try report().text(.csv).hasPrefix(
                """
                name,requests,prompt_tokens,completion_tokens,cost,refused,downgraded
                alice,3,30,15,0.2,1,0
                eve,1,10,5,0.1000005,1,0
                bob,0,0,0,0,0,0

                """))
    }

    @Test func `calls of no team have a line of their own`() throws {
        let report = try report(by: .team)
        #expect(report.rows.count == 2)
        #expect(report.text(.table).contains("\n(no team)  "))
        #expect(report.text(.csv).contains("\n,1,10,5,"))
    }
}
