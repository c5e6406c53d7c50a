package import OpenRouterWire
package import Purser

/// `GET /credits` for a management key: what everybody together has spent, and may spend in all.
package struct OrganisationCredits: Sendable {
    /// The organisation's budget for all time; `nil` for none.
    package var limit: USD?
    package var spent: USD

    package init(limit: USD?, spent: USD) {
        self.limit = limit
        self.spent = spent
    }

    /// Without a budget nothing is promised beyond what was spent.
    package var json: JSON {
        ["data": ["total_credits": JSON(limit ?? spent), "total_usage": JSON(spent)]]
    }
}
