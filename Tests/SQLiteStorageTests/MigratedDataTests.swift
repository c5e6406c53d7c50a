import GRDB
import Purser
@testable import SQLiteStorage
import Storage
import StorageConformance
import Testing

/// A file of the first release, with a past, opened by this one.
@Suite struct MigratedDataTests {
    @Test func `a file of the first release keeps every call and every balance`() async throws {
        try await Workspace.use { workspace in
            let past = FirstRelease()
            try past.write(to: workspace.path)
            let store = try workspace.store()

            var calls: [RecordedCall] = []
            try store.calls { calls.append($0) }
            #expect(calls.map(\.attempt) == past.calls.map(\.attempt))
            #expect(calls.map(\.entries) == past.calls.map(\.entries))
            #expect(calls[2].entries.map(\.sequence) == [0, 1, 2, 3])
            #expect(try store.openAttempts() == [OpenAttempt(past.calls[4].attempt)])
            #expect(try store.unresolvedAttempts().map(\.attempt.id) == [ID(6)])
            #expect(try store.lastAttempt() == past.calls.last?.attempt.id)

            let balances = try store.balances(from: Windows(holding: .saturday))
            #expect(Set(balances) == Set(past.balances))
            #expect(balances.count == past.balances.count)
            let line = try #require(
                try store.usage(by: .member, from: .saturday, to: .saturday)
                    .first { $0.name == "alice" })
            #expect(line.requests == 2 && line.refused == 2 && line.downgraded == 0)
            #expect(
                try store.roster().budgets == [
                    Budget(scope: .organisation, period: .monthly, limit: .dollars(9)),
                    Budget(scope: .member(ID(1)), period: .daily, limit: .pico(1)),
                ])
        }
    }

    @Test func `a file of the second release keeps its tiers as they were`() async throws {
        try await Workspace.use { workspace in
            let file = try DatabaseQueue.durable(path: workspace.path, label: "test")
            try Migration.run([.first, .second], on: file)
            try file.write { db in
                try db.execute(
                    sql: """
                        INSERT INTO tier VALUES (7, 'lab', 'downgrade', 400, 5, 1);
                        INSERT INTO tier_model VALUES (7, 0, 'a/b'), (7, 1, 'c/*');
                        INSERT INTO tier_ceiling VALUES (7, 'image', 9);
                        INSERT INTO team VALUES (1, 'backend');
                        INSERT INTO member VALUES (1, 'alice', 1, 7, 0, NULL);
                        """)
            }
            try file.close()
            let roster = try workspace.store().roster()
            #expect(
                roster.tiers == [
                    Tier(
                        id: ID(7), name: "lab",
                        models: ["a/b", "c/*"].compactMap(ModelPattern.init),
                        otherwise: .downgrade, outputTokensMax: 400, requestCostMax: .pico(5),
                        clampsOutput: true, ceilings: [.image: .pico(9)])
                ])
            #expect(roster.teams == [Team(id: ID(1), name: "backend")])
            #expect(roster.members.map(\.tier) == [ID(7)])
        }
    }

    @Test func `what a file of the first release left open can end, and be corrected`() async throws
    {
        try await Workspace.use { workspace in
            let past = FirstRelease()
            try past.write(to: workspace.path)
            try await workspace.use { engine, _ in
                let (open, kept) = (past.calls[4].attempt, past.calls[5].attempt)
                let results = await engine.ledger.write([
                    .entry(open.settled(.pico(3)), of: open),
                    .entry(kept.correction(.pico(-1)), of: kept),
                    // There already, by their places.
                    .entry(past.calls[0].entries[0], of: past.calls[0].attempt),
                    .entry(past.calls[2].entries[3], of: past.calls[2].attempt),
                ])
                #expect(results.allSatisfy { $0 == .success(.written) })
                let before = past.calls.flatMap(\.entries).map(\.amount).reduce(.zero, +)
                #expect(try engine.history.total() == before + .pico(2))
                let total = try engine.history.balances(from: Windows(holding: .saturday))
                    .first { $0.scope == .organisation && $0.period == .total }
                #expect(total?.spent == before + .pico(2))
                #expect(try engine.history.openAttempts().isEmpty)
                #expect(try engine.history.unresolvedAttempts().isEmpty)
            }
        }
    }
}

/// One member in a team and one in none; calls of two days in two months, of every outcome.
private struct FirstRelease {
    let calls: [(attempt: Attempt, entries: [Entry])]

    init() {
        let attempts = (1...6 as ClosedRange<Int64>).map { id in
            let isBob = id == 4
            return Attempt(
                id: ID(id), requestID: "request-\(id)", at: .noon, key: ID(isBob ? 2 : 1),
                member: ID(isBob ? 2 : 1), team: isBob ? nil : ID(1), requestedModel: "a/b",
                model: "a/b", app: "", isStreamed: false, bound: .dollars(1),
                day: .saturday.adding(days: id == 6 ? 10 : 0))
        }
        let outcomes: [[Entry]] = [
            [attempts[0].settled(.pico(1), literal: "1e-12")], [attempts[1].released],
            [
                attempts[2].kept(), attempts[2].correction(.pico(-40), prompt: 7),
                attempts[2].correction(.pico(30), sequence: 2),
                attempts[2].correction(.pico(-20), sequence: 3),
            ],
            [attempts[3].kept(generation: nil)], [], [attempts[5].kept()],
        ]
        calls = Array(zip(attempts, outcomes))
    }

    /// What the first release kept as rows.
    var balances: [SpendRow] {
        var rows: [SpendRow: USD] = [:]
        for (attempt, entries) in calls {
            for entry in entries where entry.kind != .released {
                for scope in attempt.scopes {
                    for period in Period.allCases {
                        let row = SpendRow(
                            scope: scope, period: period, window: attempt.windows[period],
                            spent: .zero)
                        rows[row, default: .zero] += entry.amount
                    }
                }
            }
        }
        return rows.map { row, spent in
            SpendRow(scope: row.scope, period: row.period, window: row.window, spent: spent)
        }
    }

    func write(to path: String) throws {
        let file = try DatabaseQueue.durable(path: path, label: "test")
        try Migration.run([.first], on: file)
        try file.write { db in
            try db.execute(sql: FirstRelease.people)
            for (attempt, entries) in calls { try write(attempt, entries, db) }
            for row in balances {
                try db.execute(
                    sql: "INSERT INTO spend VALUES (?, ?, ?, ?, ?)",
                    arguments: [
                        row.scope.kind, row.scope.rawID, Int64(row.period.rawValue),
                        row.window.firstDay, row.spent.picodollars,
                    ])
            }
            try db.execute(sql: FirstRelease.usage)
        }
        try file.close()
    }

    private func write(_ attempt: Attempt, _ entries: [Entry], _ db: Database) throws {
        try db.execute(
            sql: "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                attempt.id.rawValue, attempt.requestID, attempt.at.milliseconds,
                attempt.day.daysSinceEpoch, attempt.key.rawValue, attempt.member.rawValue,
                attempt.team?.rawValue, attempt.endpoint, attempt.requestedModel, attempt.model,
                attempt.app, attempt.isStreamed, attempt.bound.picodollars,
            ])
        for entry in entries {
            try db.execute(
                sql: """
                    INSERT INTO entry
                    VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    entry.attempt.rawValue, entry.at.milliseconds, entry.kind.rawValue,
                    entry.amount.picodollars, entry.literal, entry.source.rawValue,
                    entry.generationID, entry.tokens.prompt, entry.tokens.completion,
                    entry.tokens.cached, entry.tokens.reasoning, entry.upstreamStatus,
                ])
        }
    }

    private static let people = """
        INSERT INTO team VALUES (1, 'backend');
        INSERT INTO member VALUES (1, 'alice', 1, NULL, 0, NULL), (2, 'bob', NULL, NULL, 0, NULL);
        INSERT INTO key VALUES
            (1, zeroblob(32), 'a', '', 1, NULL, 0, 0, 4, NULL, 0, NULL, NULL),
            (2, CAST(x'01' || zeroblob(31) AS BLOB),
                'b', '', 2, NULL, 0, 0, 4, NULL, 0, NULL, NULL);
        INSERT INTO budget (scope_kind, scope_id, period, limit_picousd)
            VALUES (1, 0, 3, 9000000000000), (3, 1, 1, 1);
        """

    /// As the first release summed it; and two calls that were refused.
    private static let usage = """
        INSERT INTO usage_day
            SELECT day, member_id, coalesce(team_id, 0), key_id, model,
                sum(kind <> 'correction'), sum(prompt_tokens), sum(completion_tokens),
                sum(amount_picousd), 0, 0
            FROM attempt JOIN entry ON attempt_id = attempt.id
            WHERE kind <> 'released' GROUP BY 1, 2, 3, 4, 5;
        INSERT INTO usage_day VALUES (20778, 1, 1, 1, 'c/refused', 0, 0, 0, 0, 2, 0);
        """
}
