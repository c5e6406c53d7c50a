import GRDB
import Purser
import Storage

// Reading entities out of rows, by column name.

extension Team {
    init(_ row: Row) {
        self.init(
            id: ID(row["id"]), name: row["name"], tier: row.optional("tier_id", ID.init))
    }
}

extension Member {
    init(_ row: Row) {
        self.init(
            id: ID(row["id"]), name: row["name"], team: row.optional("team_id", ID.init),
            tier: row.optional("tier_id", ID.init), createdAt: row.instant("created_at_ms"),
            removedAt: row.optional("removed_at_ms", Timestamp.init(milliseconds:)))
    }
}

extension Key {
    init(_ row: Row) throws {
        self.init(
            id: ID(row["id"]), digest: try row.digest("digest"), name: row["name"],
            label: row["label"], member: ID(row["member_id"]),
            tier: row.optional("tier_id", ID.init), isShared: row["is_shared"],
            isDisabled: row["is_disabled"],
            expiresAt: row.optional("expires_at_ms", Timestamp.init(milliseconds:)),
            createdAt: row.instant("created_at_ms"),
            updatedAt: row.optional("updated_at_ms", Timestamp.init(milliseconds:)),
            revokedAt: row.optional("revoked_at_ms", Timestamp.init(milliseconds:)),
            limitReset: try row.period("limit_reset"))
    }
}

extension Budget {
    init(_ row: Row) throws {
        self.init(
            scope: try row.scope(), period: try row.period("period"),
            limit: USD(picodollars: row["limit_picousd"]),
            raise: row.optional("raised_limit_picousd") { limit in
                Raise(
                    limit: USD(picodollars: limit),
                    lastDay: CivilDate(daysSinceEpoch: row["raised_last_day"]))
            })
    }
}

extension SoftLimit {
    init(_ row: Row) throws {
        self.init(
            scope: try row.scope(), period: try row.period("period"),
            amount: USD(picodollars: row["amount_picousd"]))
    }
}

extension Attempt {
    /// The rules as they are stored: divided by commas.
    var shadowedText: String {
        shadowed.isEmpty ? "" : shadowed.map(\.rawValue).joined(separator: ",")
    }

    init(_ row: Row) throws {
        let shadowed: String = row["shadowed"]
        self.init(
            id: ID(row["attempt_id"]), requestID: row["request_id"],
            at: row.instant("attempt_at_ms"), key: ID(row["key_id"]),
            member: ID(row["member_id"]), team: row.optional("team_id", ID.init),
            endpoint: row["endpoint"], requestedModel: row["requested_model"],
            model: row["model"], app: row["app"], isStreamed: row["is_streamed"],
            bound: USD(picodollars: row["bound_picousd"]),
            day: CivilDate(daysSinceEpoch: row["day"]), alias: row["alias"],
            shadowed: try shadowed.split(separator: ",").map {
                try known(Rule(rawValue: String($0)))
            })
    }
}

extension Entry {
    init(_ row: Row) throws {
        self.init(
            attempt: ID(row["attempt_id"]), sequence: row["sequence"],
            at: row.instant("entry_at_ms"),
            kind: try known(Kind(rawValue: row["kind"])),
            amount: USD(picodollars: row["amount_picousd"]), literal: row["literal"],
            source: try known(Source(rawValue: row["source"])),
            generationID: row["generation_id"],
            tokens: TokenCounts(
                prompt: row["prompt_tokens"], completion: row["completion_tokens"],
                cached: row["cached_tokens"], reasoning: row["reasoning_tokens"]),
            upstreamStatus: row["upstream_status"])
    }
}

extension Row {
    func scope() throws -> Scope {
        try known(Scope(kind: self["scope_kind"], rawID: self["scope_id"]))
    }

    func period(_ column: String) throws -> Period {
        try known(Period(rawValue: self[column]))
    }

    func digest(_ column: String) throws -> KeyDigest {
        let bytes = try withUnsafeData(named: column) { $0.map(Array.init) ?? [] }
        return try known(KeyDigest(bytes: bytes))
    }

    /// Whether an outer join found an entry.
    var hasEntry: Bool { hasColumn("kind") && self["kind"] != nil }

    func instant(_ column: String) -> Timestamp {
        Timestamp(milliseconds: self[column])
    }

    /// `nil` where the column is NULL.
    func optional<Value>(_ column: String, _ make: (Int64) -> Value) -> Value? {
        let stored: Int64? = self[column]
        return stored.map(make)
    }
}

/// The schema's checks promise that stored values are known; who got around them hears of it.
func known<Value>(_ value: Value?) throws -> Value {
    guard let value else {
        throw StorageFailure(.invalid, "the database holds a value that Purser never wrote")
    }
    return value
}
