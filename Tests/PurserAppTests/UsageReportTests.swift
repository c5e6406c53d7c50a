import OpenRouterWire
import Purser
import Storage
import Testing

@testable import PurserApp

struct UsageReportTests {
    /// - Parameters:
    ///   - downgraded: of each row's calls.
    ///   - shadowed: of each row's calls.
    private func report(
        by axis: ReportAxis = .member, downgraded: Int64 = 0, shadowed: Int64 = 0
    ) throws -> UsageReport {
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
            keys: [],
            budgets: [
                Budget(scope: .member(ID(2)), period: .daily, limit: USD("0.5") ?? .zero)
            ], managementDigests: [])
        func row(_ name: String, requests: Int64, cost: USD) -> UsageRow {
            var row = UsageRow(name: name)
            row.requests = requests
            row.promptTokens = requests * 10
            row.completionTokens = requests * 5
            row.cost = cost
            row.refused = 1
            row.downgraded = downgraded
            row.shadowed = shadowed
            return row
        }
        let period = try #require(
            ReportPeriod("week", today: try readDay("2026-11-21")))
        return UsageReport(
            by: axis, over: period,
            usage: [
                row("alice", requests: 3, cost: USD("0.2") ?? .zero),
                row(axis == .team ? "" : "eve", requests: 1, cost: USD("0.1000005") ?? .zero),
            ], before: [row("alice", requests: 1, cost: USD("0.5") ?? .zero)], roster: roster)
    }

    @Test func `people read who spent how much, who spent nothing, and the sum`() throws {
        let lines = try report().text(.table).split(separator: "\n")
            .map {
                $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
            }
        #expect(lines[0] == "Spend by member, 2026-11-16 to 2026-11-22 (UTC)")
        #expect(
            lines[1]
                == "member cost share change requests tokens in tokens out refused downgraded")
        #expect(lines[3] == "alice $0.2000000 66.7% -60.0% 3 30 15 1 0")
        #expect(lines[4] == "eve $0.1000005 33.3% - 1 10 5 1 0")
        #expect(lines[5] == "bob $0.0000000 0.0% - 0 0 0 0 0")
        #expect(lines[8] == "total $0.3000005 100.0% -40.0% 4 40 20 2 0")
    }

    @Test func `programs read a list with the same numbers under stable names`() throws {
        let rows = try #require(try JSON.parse(try report().text(.json)).array)
        #expect(rows.count == 4)
        #expect(
            rows[0].text
                == #"{"member":"alice","cost":"0.2","share":0.667,"change":-0.6,"requests":3,"#
                + #""prompt_tokens":30,"completion_tokens":15,"refused":1,"downgraded":0,"#
                + #""shadowed":0,"daily_limit":"0.5"}"#)
        #expect(rows[1]["change"] == .null && rows[1]["daily_limit"] == .null)
        #expect(
            try report().text(.csv).hasPrefix(
                """
                member,cost,share,change,requests,prompt_tokens,completion_tokens,refused,\
                downgraded,shadowed,daily_limit
                alice,0.2,0.667,-0.6,3,30,15,1,0,0,0.5
                eve,0.1000005,0.333,,1,10,5,1,0,0,

                """))
    }

    @Test func `downgraded calls are in every format, and those that a shadow would have stopped`()
        throws
    {
        let report = try report(downgraded: 2, shadowed: 3)
        let rows = try #require(try JSON.parse(report.text(.json)).array)
        #expect(rows[0]["downgraded"] == 2 && rows[0]["shadowed"] == 3)
        #expect(report.text(.csv).contains("\nalice,0.2,0.667,-0.6,3,30,15,1,2,3,0.5\n"))
        let lines = report.text(.table).split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(lines[1].hasSuffix("refused downgraded shadowed"))
        #expect(lines[3] == "alice $0.2000000 66.7% -60.0% 3 30 15 1 2 3")
        #expect(lines[8] == "total $0.3000005 100.0% -40.0% 4 40 20 2 4 6")
    }

    @Test func `calls of no team have a line of their own`() throws {
        let report = try report(by: .team)
        #expect(report.rows.count == 2)
        #expect(report.text(.table).contains("\n(no team)  "))
        #expect(report.text(.csv).contains("\n,0.1000005,"))
    }

    @Test(arguments: [
        ("day", "2026-11-20", "2026-11-20"), ("week", "2026-11-09", "2026-11-15"),
        ("month", "2026-10-01", "2026-10-31"),
        ("2026-11-03..2026-11-05", "2026-10-31", "2026-11-02"),
    ])
    func `the period before is as long, and a month before a month`(
        name: String, from: String, to: String
    ) throws {
        let period = try #require(ReportPeriod(name, today: try readDay("2026-11-21")))
        #expect(period.before.from == (try readDay(from)))
        #expect(period.before.to == (try readDay(to)))
    }

    @Test func `two keys of one name keep their own limits`() throws {
        let digests = [1, 2].map { KeyDigest(bytes: [UInt8](repeating: $0, count: 32))! }
        let now = Timestamp(milliseconds: 0)
        let keys = digests.enumerated().map { index, digest in
            Key(
                id: ID(Int64(index + 1)), digest: digest, name: "laptop", label: "l",
                member: ID(1), createdAt: now)
        }
        let roster = Roster(
            revision: 1, zone: .utc, teams: [], tiers: [], members: [], keys: keys,
            budgets: [Budget(scope: .key(ID(1)), period: .daily, limit: .dollars(5))],
            managementDigests: [])
        let report = UsageReport(
            by: .key, over: try #require(ReportPeriod("day", today: try readDay("2026-11-21"))),
            usage: digests.map { UsageRow(name: "laptop", keyHash: $0.hex) }, roster: roster)
        let rows = try #require(try JSON.parse(report.text(.json)).array)
        #expect(rows.map { $0["daily_limit"] } == ["5", .some(nil)])
        #expect(rows.map { $0["hash"]?.string } == digests.map(\.hex))
    }
}
