package import OpenRouterWire
import Purser

/// The answers a member's own key gets about itself.
extension CallerView {
    /// `GET /me`: who the caller is and what is spent, held and left.
    ///
    /// `windows` are the member's own, limited or not; `budgets` are the windows of everything
    /// else the caller's calls count in, where a hard limit or a soft one is set.
    package var me: JSON {
        let others = budgeted.filter { !$0.scope.isMember }
        return [
            "data": [
                "member": .string(member), "team": JSON(team), "tier": JSON(tier?.name),
                "models": .array((tier?.models.map(\.text) ?? ["*"]).map(JSON.string)),
                "otherwise": JSON(tier?.otherwise.rawValue),
                "key": [
                    "name": .string(key.key.name), "label": .string(key.key.label),
                    "hash": .string(key.key.digest.hex), "shared": .bool(key.key.isShared),
                    "expires_at": JSON(key.key.expiresAt),
                ],
                "windows": .array(windows.filter(\.scope.isMember).map(\.json)),
                "budgets": .array(others.map(\.json)),
                "tightest": tightest?.json ?? .null,
            ]
        ]
    }

    /// `GET /key`: OpenRouter's view of the present key, with every budget that binds it.
    package var currentKey: JSON {
        CurrentKey.json(
            label: key.key.label, limit: key.limitFields, isManagement: false,
            expiresAt: key.key.expiresAt,
            budgets: .array(budgets.map(\.openRouterBudget)),
            effective: budgets.min { $0.unspent < $1.unspent }?.openRouterBudget ?? .null)
    }

    /// `GET /credits`, as far as it concerns one member: usage is theirs in all, and credits are
    /// that and what their tightest lifetime budget still allows. Without one nothing is promised
    /// beyond what was spent; less than that would read as a debt.
    package var credits: JSON {
        let usage =
            windows.first { $0.scope.isMember && $0.period == .total }?.spent ?? .zero
        let unspent = budgets.filter { $0.period == .total }.map(\.unspent).min()
        return [
            "data": [
                "total_credits": JSON(usage + (unspent ?? .zero)),
                "total_usage": JSON(usage),
            ]
        ]
    }
}

/// `GET /key`, the same shape for both kinds of key.
package enum CurrentKey {
    /// The answer for a management key, which spends nothing; `label` is its masked secret.
    package static func management(label: String = "sk-purser-mgmt-...") -> JSON {
        let unlimited: [(String, JSON)] = [
            ("limit", nil), ("limit_remaining", nil), ("limit_reset", nil),
            ("include_byok_in_limit", false),
        ]
        let usage = KeyView.usageFields(KeyView.Spent { _ in .zero })
        return json(
            label: label, limit: unlimited + usage, isManagement: true, expiresAt: nil,
            budgets: [], effective: nil)
    }

    static func json(
        label: String, limit: [(String, JSON)], isManagement: Bool, expiresAt: Timestamp?,
        budgets: JSON, effective: JSON
    ) -> JSON {
        let fields: [(String, JSON)] = [
            ("is_free_tier", false), ("is_management_key", .bool(isManagement)),
            ("is_provisioning_key", .bool(isManagement)), ("creator_user_id", nil),
            ("organization_id", nil), ("workspace_id", .string(KeyView.workspaceID)),
            ("expires_at", JSON(expiresAt)), ("allowed_data_regions", []),
            ("budgets", budgets), ("effective_budget", effective),
            ("free_model_daily_requests", ["limit": 0, "remaining": 0, "used": 0]),
            (
                "rate_limit",
                [
                    "requests": -1, "interval": "10s",
                    "note": "This field is deprecated and safe to ignore.",
                ]
            ),
        ]
        return ["data": .object(JSONObject([("label", .string(label))] + limit + fields))]
    }
}
