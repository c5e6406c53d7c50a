import GRDB
import Purser
import Storage

/// One audit: what follows from the journal is summed into tables of the connection's own, and
/// compared with what is stored.
///
/// The sums are made by SQL of its own, not by the code that wrote what it checks.
final class Auditor {
    private let db: Database
    private let progress: (AuditProgress) -> Void
    private let report: (Finding) throws -> Void
    private var audit = Audit()

    /// Attempts read at a time: so few that their sorting stays in memory, enough that progress
    /// is not what costs.
    private static let stride = 100_000
    private static let most: StatementArguments = ["max": USD.callCostMax.picodollars]

    init(
        _ db: Database, _ progress: @escaping (AuditProgress) -> Void,
        _ report: @escaping (Finding) throws -> Void
    ) {
        self.db = db
        self.progress = progress
        self.report = report
    }

    func run() throws -> Audit {
        do {
            // Deferred and rolled back: it never asks for the file's write lock.
            try db.inTransaction(.deferred) {
                audit.attempts = try count("attempt")
                audit.entries = try count("entry")
                audit.balances = try count("usage_day") + count("spend_month")
                try structure()
                try db.execute(sql: AuditSQL.tables)
                try journal()
                try lists()
                try usage()
                try spend()
                return .rollback
            }
        } catch let error as DatabaseError
            where error.resultCode == .SQLITE_CORRUPT && audit.findings > 0
        {
            // The file's damage has been reported; what lies behind it cannot be read.
        }
        return audit
    }
}

extension Auditor {
    /// What SQLite itself finds.
    private func structure() throws {
        progress(AuditProgress("reading the file", done: 0, total: audit.attempts))
        for message in try String.fetchAll(db, sql: "PRAGMA main.integrity_check")
        where message != "ok" {
            try find(.integrity, "the file", expected: "ok", found: message)
        }
        for row in try Row.fetchAll(db, sql: "PRAGMA main.foreign_key_check") {
            let table: String = row["table"]
            // Those are found below, by the number of their attempt.
            if ["entry", "open_attempt", "unresolved_attempt"].contains(table) { continue }
            let number: Int64? = row["rowid"]
            try find(
                .reference, number.map { "\(table) \($0)" } ?? "a row of \(table)",
                expected: "a \(row["parent"] as String)", found: "")
        }
    }

    /// Every attempt with its entries, a number of them at a time.
    private func journal() throws {
        var (first, done) = (Int64.min, 0 as Int64)
        while true {
            let last = try Int64.fetchOne(
                db, sql: "SELECT id FROM attempt WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?",
                arguments: [first, Auditor.stride - 1])
            let range: StatementArguments = ["first": first, "last": last ?? .max]
            try db.execute(sql: AuditSQL.sums, arguments: range + Auditor.most)
            try entries(range)
            try amounts(range)
            try attempts(range)
            guard let last else { break }
            first = last
            done += Int64(Auditor.stride)
            progress(AuditProgress("reading the calls", done: done, total: audit.attempts))
        }
    }

    private func entries(_ range: StatementArguments) throws {
        for row in try rows(AuditSQL.orphans, range) {
            try find(
                .entry, entryName(row), expected: "an attempt \(row["attempt_id"] as Int64)",
                found: "")
        }
        for row in try rows(AuditSQL.impossible, range + Auditor.most) {
            let amount = USD(picodollars: row["amount_picousd"])
            let tokens: Int64 = row["fewest"]
            let kind: String = row["kind"]
            if tokens < 0 {
                try find(
                    .entry, "\(entryName(row)): tokens", expected: "none below 0",
                    found: "\(tokens)")
            } else if (row["sequence"] as Int64 == 0) == (kind == "correction") {
                try find(
                    .entry, entryName(row), expected: "the outcome first, then corrections",
                    found: kind)
            } else {
                let most = USD.callCostMax.description
                let possible =
                    switch kind {
                    case "released": "0"
                    case "correction": "-\(most) to \(most)"
                    default: "0 to \(most)"
                    }
                try find(
                    .entry, "\(entryName(row)): amount", expected: possible,
                    found: amount.description)
            }
        }
    }

    /// The digits say what the call cost in all: what its entries add up to where they stand.
    private func amounts(_ range: StatementArguments) throws {
        // Read one by one: nearly every call has digits.
        let rows = try Row.fetchCursor(db, sql: AuditSQL.literals, arguments: range)
        var (attempt, cost) = (nil as Int64?, 0 as Int128)
        while let row = try rows.next() {
            if attempt != row["attempt_id"] { (attempt, cost) = (row["attempt_id"], 0) }
            cost += Int128(row["amount_picousd"] as Int64)
            guard let literal = row["literal"] as String? else { continue }
            guard let said = USD(literal) else {
                try find(
                    .amount, "\(entryName(row)): digits", expected: "a number", found: literal)
                continue
            }
            guard Int128(said.picodollars) != cost else { continue }
            let place = row["sequence"] as Int64 == 0 ? "amount" : "cost up to here"
            try find(
                .amount, "\(entryName(row)): \(place)", expected: said.description,
                found: DecimalText.exact(cost, places: USD.places))
        }
        for row in try self.rows(AuditSQL.keptOtherwise, range) {
            try find(
                .amount, "\(entryName(row)): amount",
                expected: USD(picodollars: row["bound_picousd"]).description,
                found: USD(picodollars: row["amount_picousd"]).description)
        }
    }

    private func attempts(_ range: StatementArguments) throws {
        for row in try rows(AuditSQL.calls, range + Auditor.most) {
            let name = "attempt \(row["attempt_id"] as Int64)"
            let cost = USD(picodollars: row["cost"])
            if row["first_sequence"] as Int64 > 0 {
                try find(.entry, name, expected: "an outcome", found: "corrections alone")
            }
            if cost < .zero {
                try find(
                    .entry, "\(name): cost", expected: "0 or more", found: cost.description)
            }
            if let bound = row["bound_picousd"] as Int64?, cost.picodollars > bound {
                audit.aboveBound += 1
            }
        }
        for id in try ids(AuditSQL.openMissing, range) {
            try find(.open, "attempt \(id)", expected: "open", found: "")
        }
        for id in try ids(AuditSQL.unresolvedMissing, range) {
            try find(.unresolved, "attempt \(id)", expected: "unresolved", found: "")
        }
    }

    /// What the two short lists have too much.
    private func lists() throws {
        for id in try ids(AuditSQL.openSuperfluous, []) {
            try find(.open, "attempt \(id)", expected: "", found: "open")
        }
        for id in try ids(AuditSQL.unresolvedSuperfluous, []) {
            try find(.unresolved, "attempt \(id)", expected: "", found: "unresolved")
        }
    }

    private func usage() throws {
        progress(AuditProgress("comparing", done: audit.attempts, total: audit.attempts))
        for row in try rows(AuditSQL.usageDifferences, []) {
            let place =
                "\(CivilDate(daysSinceEpoch: row["day"])), \(owner(row))"
                + ", model \(row["model"] as String)"
            try compare(
                .usage, place, row,
                columns: [
                    "requests", "prompt_tokens", "completion_tokens", "cost", "downgraded",
                    "shadowed",
                ])
        }
    }

    private func spend() throws {
        for row in try rows(AuditSQL.spendDifferences, []) {
            let month = CivilDate(daysSinceEpoch: row["month_first_day"])
            try compare(.spend, "month of \(month), \(owner(row))", row, columns: ["cost"])
        }
    }

    /// A finding for each column that differs, or one for a row that only one side has.
    private func compare(
        _ check: Finding.Check, _ place: String, _ row: Row, columns: [String]
    ) throws {
        func text(_ side: String, _ column: String) -> String? {
            let value: Int64? = row["\(side)_\(column)"]
            return value.map { column == "cost" ? "\(USD(picodollars: $0))" : "\($0)" }
        }
        let (stored, expected) = (text("stored", "cost"), text("expected", "cost"))
        if stored == nil || expected == nil {
            return try find(
                check, "\(place): cost", expected: expected ?? "", found: stored ?? "")
        }
        for column in columns where text("stored", column) != text("expected", column) {
            try find(
                check, "\(place): \(column)", expected: text("expected", column) ?? "",
                found: text("stored", column) ?? "")
        }
    }
}

extension Auditor {
    private func find(
        _ check: Finding.Check, _ place: String, expected: String, found: String
    ) throws {
        audit.findings += 1
        try report(Finding(check, place, expected: expected, found: found))
    }

    private func count(_ table: String) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
    }

    private func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(db, sql: sql, arguments: arguments)
    }

    private func ids(_ sql: String, _ arguments: StatementArguments) throws -> [Int64] {
        try Int64.fetchAll(db, sql: sql, arguments: arguments)
    }

    private func entryName(_ row: Row) -> String {
        "entry \(row["sequence"] as Int64) of attempt \(row["attempt_id"] as Int64)"
    }

    /// Whose sum it is; by number where the name is lost.
    private func owner(_ row: Row) -> String {
        func name(_ kind: String) -> String {
            "\(kind) \(row["\(kind)_name"] ?? "number \(row["\(kind)_id"] as Int64)")"
        }
        let team = row["team_id"] as Int64 == 0 ? "no team" : name("team")
        return "\(name("member")), \(team), \(name("key"))"
    }
}
