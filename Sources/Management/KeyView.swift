package import Credentials
package import OpenRouterWire
package import Purser

/// A key with everything a listing shows of it; never its secret.
package struct KeyView: Sendable {
    package var key: Key
    package var member: String
    /// `nil` for every model.
    package var tier: String?
    package var team: String?
    /// The one in force, with any raise; `nil` for no limit of its own.
    package var limit: USD?
    /// What the key has spent in the present window of each period.
    package var spent: Spent

    package struct Spent: Hashable, Sendable {
        package var daily = USD.zero
        package var weekly = USD.zero
        package var monthly = USD.zero
        package var total = USD.zero

        package init(_ amount: (Period) -> USD) {
            daily = amount(.daily)
            weekly = amount(.weekly)
            monthly = amount(.monthly)
            total = amount(.total)
        }

        package subscript(period: Period) -> USD {
            switch period {
            case .daily: daily
            case .weekly: weekly
            case .monthly: monthly
            case .total: total
            }
        }
    }

    package init(_ key: Key, in roster: Roster, on today: CivilDate, spent: Spent) {
        let holder = roster.member(key.member)
        self.key = key
        self.spent = spent
        member = holder?.name ?? ""
        tier = (key.tier ?? holder?.tier).flatMap { roster.tier($0)?.name }
        team = holder?.team.flatMap { roster.team($0)?.name }
        limit =
            roster.budgets(of: .key(key.id)).first { $0.period == key.limitReset }?
            .limit(on: today)
    }

    /// What is left of the limit in its present window, below zero if overspent.
    package var limitRemaining: USD? {
        limit.map { $0 - spent[key.limitReset] }
    }
}

extension KeyView {
    /// There is one workspace, which answers to any id.
    static let workspaceID = "00000000-0000-4000-8000-000000000001"

    /// OpenRouter's key object, with what older scripts and Purser's own clients read besides.
    package var json: JSON { json(secret: nil) }

    /// The key object; `secret` is shown once, in the answer that makes it.
    func json(secret: Secret?) -> JSON {
        let shown: [(String, JSON)] = secret.map { [("key", .string($0.reveal()))] } ?? []
        let hash = JSON.string(key.digest.hex)
        let identity: [(String, JSON)] = [
            ("hash", hash), ("key_hash", hash), ("name", .string(key.name)),
            ("label", .string(key.label)), ("disabled", .bool(key.isDisabled)),
        ]
        let ownership: [(String, JSON)] = [
            ("is_free_tier", false), ("created_at", JSON(key.createdAt)),
            ("updated_at", JSON(key.updatedAt)), ("expires_at", JSON(key.expiresAt)),
            ("last_used_at", nil), ("external_user", nil), ("creator_user_id", nil),
            ("workspace_id", .string(KeyView.workspaceID)), ("member", .string(member)),
            ("tier", JSON(tier)), ("team", JSON(team)), ("shared", .bool(key.isShared)),
        ]
        return .object(JSONObject(shown + identity + limitFields + ownership))
    }

    /// The limit and what was used of it, in the order of OpenRouter's key objects.
    var limitFields: [(String, JSON)] {
        [
            ("limit", JSON(limit)), ("limit_remaining", JSON(limitRemaining)),
            ("limit_reset", JSON(key.limitReset == .total ? nil : key.limitReset.name)),
            ("include_byok_in_limit", false),
        ] + KeyView.usageFields(spent)
    }

    /// Usage in all and in each window. Nobody brings a provider's key of their own, so the
    /// usage of such keys is nought.
    static func usageFields(_ spent: Spent) -> [(String, JSON)] {
        [
            ("usage", JSON(spent.total)), ("usage_daily", JSON(spent.daily)),
            ("usage_weekly", JSON(spent.weekly)), ("usage_monthly", JSON(spent.monthly)),
            ("byok_usage", 0), ("byok_usage_daily", 0), ("byok_usage_weekly", 0),
            ("byok_usage_monthly", 0),
        ]
    }
}

/// A key that was just made or given another secret: the one time the secret is at hand.
package struct MintedKey: Sendable {
    package var secret: Secret
    package var view: KeyView

    /// The answer to `POST /keys`: OpenRouter's, with the secret also where older scripts look.
    package var json: JSON {
        ["key": .string(secret.reveal()), "data": view.json(secret: secret)]
    }
}
