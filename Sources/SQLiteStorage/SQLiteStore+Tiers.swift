import GRDB
package import Purser
package import Storage

extension SQLiteStore {
    package func setTier(_ tier: Tier) throws(StorageFailure) {
        try requireValid(tier.name)
        try change { db in try TierRows.put(tier, db) }
    }

    /// Who left and keys that are revoked lose it: neither comes back with what it had.
    package func removeTier(_ name: String) throws(StorageFailure) {
        try change { db in
            let id = try tierID(name, db)
            let isInUse = try Bool.fetchOne(db, sql: TierRows.inUseSQL, arguments: ["tier": id])
            if isInUse ?? true {
                throw StorageFailure(.inUse, "the tier \(name) is somebody's")
            }
            for sql in TierRows.removalSQL {
                try db.execute(sql: sql, arguments: ["tier": id])
            }
        }
    }

    func tiers(_ db: Database) throws -> [Tier] {
        var tiers = Dictionary(
            uniqueKeysWithValues: try rows(db, "SELECT * FROM tier") { row in
                (row["id"] as Int64, try TierRows.tier(row, zone))
            })
        func each(_ sql: String, _ add: (Row, inout Tier) throws -> Void) throws {
            for row in try Row.fetchAll(db, sql: sql) {
                // A row of no tier breaks a foreign key, which is the audit's to find.
                try tiers[row["tier_id"]].map { tier in
                    var tier = tier
                    try add(row, &tier)
                    tiers[tier.id.rawValue] = tier
                }
            }
        }
        try each("SELECT * FROM tier_model ORDER BY tier_id, position") { row, tier in
            tier.models.append(try TierRows.pattern(row["pattern"]))
        }
        try each("SELECT * FROM tier_ceiling") { row, tier in
            let extra = try known(Extra(rawValue: row["extra"]))
            tier.ceilings[extra] = USD(picodollars: row["ceiling_picousd"])
        }
        try each("SELECT * FROM tier_item ORDER BY tier_id, kind, position", TierRows.addItem)
        try each("SELECT * FROM tier_rate") { row, tier in
            let owner = try known(TierRows.Owner(rawValue: row["owner"]))
            tier.rates[keyPath: owner.path] = RateLimit(
                requestsPerMinute: row["requests_per_minute"],
                tokensPerMinute: row["tokens_per_minute"], parallel: row["parallel"])
        }
        return tiers.values.sorted { $0.id.rawValue < $1.id.rawValue }
    }
}

/// A tier as rows: one of `tier`, and those of its lists.
enum TierRows {
    /// What a row of `tier_item` is.
    enum Item: String {
        case deniedModel = "denied-model"
        case alias
        case extra
        case provider
        case deniedProvider = "denied-provider"
        case passedField = "passed-field"
        case shadowedRule = "shadowed-rule"
    }

    /// Whose rate a row of `tier_rate` limits.
    enum Owner: String, CaseIterable {
        case key, member, tier

        var path: WritableKeyPath<RateLimits, RateLimit> {
            switch self {
            case .key: \.key
            case .member: \.member
            case .tier: \.tier
            }
        }
    }

    static let inUseSQL = """
        SELECT EXISTS (SELECT 1 FROM team WHERE tier_id = :tier)
            OR EXISTS (
                SELECT 1 FROM member WHERE tier_id = :tier AND removed_at_ms IS NULL)
            OR EXISTS (SELECT 1 FROM key WHERE tier_id = :tier AND revoked_at_ms IS NULL)
        """

    static let removalSQL = [
        "UPDATE member SET tier_id = NULL WHERE tier_id = :tier",
        "UPDATE key SET tier_id = NULL WHERE tier_id = :tier",
        "DELETE FROM tier_model WHERE tier_id = :tier",
        "DELETE FROM tier_ceiling WHERE tier_id = :tier",
        "DELETE FROM tier_item WHERE tier_id = :tier",
        "DELETE FROM tier_rate WHERE tier_id = :tier",
        "DELETE FROM tier WHERE id = :tier",
    ]

    /// Writes a tier inside a change, in place of one of its name.
    static func put(_ tier: Tier, _ db: Database) throws {
        try requireValid(tier)
        let id = try Int64.fetchOne(
            db, sql: putSQL,
            arguments: [
                tier.name, tier.otherwise.rawValue, tier.outputTokensMax,
                tier.requestCostMax?.picodollars, tier.clampsOutput, tier.downgradeTo,
                tier.effortMax?.rawValue, try stored(tier.promptPriceMax),
                try stored(tier.completionPriceMax), tier.requiresZeroRetention,
                tier.requiresAttribution, tier.hours?.text, tier.hours?.zone.name,
                tier.extras != nil,
            ])
        for table in ["tier_model", "tier_ceiling", "tier_item", "tier_rate"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE tier_id = ?", arguments: [id])
        }
        for (position, model) in tier.models.enumerated() {
            try db.execute(
                sql: "INSERT INTO tier_model (tier_id, position, pattern) VALUES (?, ?, ?)",
                arguments: [id, position, model.text])
        }
        for (extra, ceiling) in tier.ceilings {
            try db.execute(
                sql: """
                    INSERT INTO tier_ceiling (tier_id, extra, ceiling_picousd)
                    VALUES (?, ?, ?)
                    """,
                arguments: [id, extra.rawValue, ceiling.picodollars])
        }
        for (kind, values) in items(of: tier) {
            for (position, item) in values.enumerated() {
                try db.execute(
                    sql: """
                        INSERT INTO tier_item (tier_id, kind, position, value, model)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [id, kind.rawValue, position, item.value, item.model])
            }
        }
        for owner in Owner.allCases where !tier.rates[keyPath: owner.path].isEmpty {
            let rate = tier.rates[keyPath: owner.path]
            try db.execute(
                sql: """
                    INSERT INTO tier_rate
                        (tier_id, owner, requests_per_minute, tokens_per_minute, parallel)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, owner.rawValue, rate.requestsPerMinute, rate.tokensPerMinute,
                    rate.parallel,
                ])
        }
    }

    private static let putSQL = """
        INSERT INTO tier
            (name, otherwise, output_tokens_max, request_cost_max_picousd, clamps_output,
            downgrade_to, effort_max, prompt_price_max_attousd, completion_price_max_attousd,
            requires_zero_retention, requires_attribution, hours, hours_zone, limits_extras)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET
            otherwise = excluded.otherwise,
            output_tokens_max = excluded.output_tokens_max,
            request_cost_max_picousd = excluded.request_cost_max_picousd,
            clamps_output = excluded.clamps_output,
            downgrade_to = excluded.downgrade_to,
            effort_max = excluded.effort_max,
            prompt_price_max_attousd = excluded.prompt_price_max_attousd,
            completion_price_max_attousd = excluded.completion_price_max_attousd,
            requires_zero_retention = excluded.requires_zero_retention,
            requires_attribution = excluded.requires_attribution,
            hours = excluded.hours,
            hours_zone = excluded.hours_zone,
            limits_extras = excluded.limits_extras
        RETURNING id
        """

    /// What has no order is stored in that of its text, so that a tier has one form on disk.
    private static func items(of tier: Tier) -> [(Item, [(value: String, model: String?)])] {
        func plain(_ values: [String]) -> [(value: String, model: String?)] {
            values.map { ($0, nil) }
        }
        return [
            (.deniedModel, plain(tier.deniedModels.map(\.text))),
            (.alias, tier.aliases.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
            (.extra, plain((tier.extras ?? []).map(\.rawValue).sorted())),
            (.provider, plain(tier.providers)),
            (.deniedProvider, plain(tier.deniedProviders)),
            (.passedField, plain(tier.passedFields.sorted())),
            (.shadowedRule, plain(tier.shadowed.map(\.rawValue).sorted())),
        ]
    }

    /// What the columns' rules cannot say.
    private static func requireValid(_ tier: Tier) throws(StorageFailure) {
        if let hours = tier.hours, OpeningHours(hours.text, zone: hours.zone) != hours {
            throw StorageFailure(
                .invalid, "hours are a run of weekdays and times, such as mon-fri 08:00-18:00")
        }
    }

    private static func stored(_ price: UnitPrice?) throws(StorageFailure) -> Int64? {
        guard let price else { return nil }
        guard let stored = Int64(exactly: price.attodollars) else {
            throw StorageFailure(.invalid, "a price lies between $0 and $1 for one token")
        }
        return stored
    }
}

extension TierRows {
    /// A tier without its lists.
    static func tier(_ row: Row, _ zone: (String) -> Zone?) throws -> Tier {
        var tier = Tier(
            id: ID(row["id"]), name: row["name"], models: [],
            otherwise: try known(Tier.Otherwise(rawValue: row["otherwise"])),
            outputTokensMax: row["output_tokens_max"],
            requestCostMax: row.optional("request_cost_max_picousd", USD.init(picodollars:)),
            clampsOutput: row["clamps_output"])
        tier.downgradeTo = row["downgrade_to"]
        tier.effortMax = try (row["effort_max"] as String?).map {
            try known(ReasoningEffort(rawValue: $0))
        }
        tier.promptPriceMax = row.optional("prompt_price_max_attousd", price)
        tier.completionPriceMax = row.optional("completion_price_max_attousd", price)
        tier.requiresZeroRetention = row["requires_zero_retention"]
        tier.requiresAttribution = row["requires_attribution"]
        tier.hours = try hours(row, zone)
        if row["limits_extras"] { tier.extras = [] }
        return tier
    }

    static func addItem(_ row: Row, to tier: inout Tier) throws {
        let value: String = row["value"]
        switch try known(Item(rawValue: row["kind"])) {
        case .deniedModel: tier.deniedModels.append(try pattern(value))
        case .alias: tier.aliases[value] = row["model"]
        case .extra: tier.extras?.insert(try known(Extra(rawValue: value)))
        case .provider: tier.providers.append(value)
        case .deniedProvider: tier.deniedProviders.append(value)
        case .passedField: tier.passedFields.insert(value)
        case .shadowedRule: tier.shadowed.insert(try known(Rule(rawValue: value)))
        }
    }

    static func pattern(_ text: String) throws -> ModelPattern {
        guard let pattern = ModelPattern(text) else {
            throw StorageFailure(.invalid, "a tier holds a model pattern that means nothing")
        }
        return pattern
    }

    private static func hours(_ row: Row, _ zone: (String) -> Zone?) throws -> OpeningHours? {
        guard let text: String = row["hours"], let name: String = row["hours_zone"] else {
            return nil
        }
        guard let zone = zone(name) else {
            throw StorageFailure(.invalid, "this machine does not know the time zone \(name)")
        }
        return try known(OpeningHours(text, zone: zone))
    }

    private static func price(_ attodollars: Int64) -> UnitPrice {
        UnitPrice(attodollars: Int128(attodollars))
    }
}
