import Foundation
import GRDB
import Purser
import SQLiteStorage

/// A team with a past: members, keys, and a year of calls that ends on ``today``.
struct PastCalls {
    var members: Int
    var calls: Int

    /// The day that all measured calls count in.
    static let today = CivilDate(daysSinceEpoch: 20_778)
    private static let days = 365
    private static let batch = 100_000

    /// Makes the file through the store, then fills it with SQL: the ledger itself would take
    /// minutes for ten million calls.
    func write(to path: String) throws {
        _ = try SQLiteStore.open(path: path, zone: { _ in .utc })
        let file = try DatabaseQueue(path: path)
        try file.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA cache_size = -200000")
            try people(db)
            // Row by row they would open and close each call again.
            let triggers = try String.fetchAll(
                db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
            let names = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for name in names { try db.execute(sql: "DROP TRIGGER \(name)") }
            for first in stride(from: 1, through: calls, by: PastCalls.batch) {
                try batch(db, first...min(calls, first + PastCalls.batch - 1))
                complain("\r\(first + PastCalls.batch - 1) of \(calls) calls")
            }
            complain("\n")
            try rollUps(db)
            for trigger in triggers { try db.execute(sql: trigger) }
            try db.execute(sql: "PRAGMA journal_mode = WAL")
        }
        try file.close()
    }

    private func people(_ db: Database) throws {
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        try db.execute(
            sql: "\(numbers) INSERT INTO team (id, name) SELECT i, 'team-' || i FROM n",
            arguments: [(members + 4) / 5])
        try db.execute(
            sql: """
                \(numbers) INSERT INTO member (id, name, team_id, created_at_ms)
                SELECT i, 'member-' || i, (i + 4) / 5, 0 FROM n
                """, arguments: [members])
        try db.execute(
            sql: """
                \(numbers) INSERT INTO key
                    (id, digest, name, label, member_id, is_shared, limit_reset, created_at_ms)
                SELECT i, randomblob(32), 'key-' || i, '', i, 0, 4, 0 FROM n
                """, arguments: [members])
    }

    private func batch(_ db: Database, _ ids: ClosedRange<Int>) throws {
        let first = PastCalls.today.daysSinceEpoch - PastCalls.days + 1
        try db.execute(
            sql: """
                WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                INSERT INTO attempt
                SELECT i, 'request-' || i, day * 86400000, day, who, who, (who + 4) / 5,
                    '/chat/completions', model, model, 'bench', i % 2, 1000000000
                FROM (SELECT i, ?3 + i * ?4 / (?5 + 1) AS day, i * 7919 % ?6 + 1 AS who,
                    'openai/gpt-' || (i % 5) AS model FROM n)
                """,
            arguments: [ids.lowerBound, ids.upperBound, first, PastCalls.days, calls, members])
        // One in a thousand was kept and corrected later.
        try db.execute(
            sql: """
                INSERT INTO entry
                SELECT id, 0, at_ms + 900, iif(id % 1000 = 0, 'kept', 'settled'), 1000000 + id % 977,
                    iif(id % 1000 = 0, NULL, '1.000123e-06'),
                    iif(id % 1000 = 0, 'hold', 'upstream'), 'gen-' || id, 58, 10, 0, 0, 200
                FROM attempt WHERE id BETWEEN ? AND ?
                """, arguments: [ids.lowerBound, ids.upperBound])
        try db.execute(
            sql: """
                INSERT INTO entry
                SELECT id, 1, at_ms + 9000, 'correction', -1000, NULL, 'generation', 'gen-' || id,
                    0, 0, 0, 0, NULL
                FROM attempt WHERE id BETWEEN ? AND ? AND id % 1000 = 0
                """, arguments: [ids.lowerBound, ids.upperBound])
    }

    private func rollUps(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO usage_day
                    (day, member_id, team_id, key_id, model, requests, prompt_tokens,
                    completion_tokens, cost_picousd, refused, downgraded)
                SELECT day, member_id, team_id, key_id, model, sum(sequence = 0),
                    sum(prompt_tokens), sum(completion_tokens), sum(amount_picousd), 0, 0
                FROM attempt JOIN entry ON attempt_id = id GROUP BY 1, 2, 3, 4, 5
                """)
        try db.execute(
            sql: """
                INSERT INTO spend_month
                SELECT CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month')
                        AS INTEGER) / 86400,
                    member_id, team_id, key_id, sum(cost_picousd)
                FROM usage_day GROUP BY 1, 2, 3, 4
                """)
    }
}
