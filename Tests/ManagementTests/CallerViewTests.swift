import Credentials
import Management
import OpenRouterWire
import Purser
import Testing

struct CallerViewTests {
    /// alice of team platform, with a limited key, a daily and a total budget, and a team's
    /// monthly one, on 2026-11-21.
    private func view(
        budgets: Bool = true, spent: USD = USD(picodollars: 1_230_000_000), held: USD = .zero
    ) throws -> CallerView {
        let desk = TestDesk()
        try desk.directory.setTier(
            Tier(id: ID(0), name: "cheap", models: ["a/b", "c/*"].compactMap(ModelPattern.init)))
        let made = try desk.create(
            budgets
                ? """
                {"name":"alice","team":"platform","tier":"cheap","limit":3,
                 "limit_reset":"weekly","budgets":{"daily":2.5,"total":100}}
                """ : #"{"name":"alice"}"#)
        if budgets {
            let team = try desk.directory.team(named: "platform")
            try desk.directory.setBudget(.team(team.id), .monthly, limit: .dollars(50))
        }
        let roster = try desk.roster()
        let digest = try #require(KeyDigest(hex: made.hash))
        guard
            case .caller(let caller) = roster.resolve(
                digest, memberName: nil, at: TestDesk.start)
        else {
            Issue.record("alice is known")
            throw CancellationError()
        }
        return CallerView(caller, in: roster, at: TestDesk.start) { _, _ in
            Book.Slot(window: Window(firstDay: 0), spent: spent, held: held)
        }
    }

    @Test func `me shows what the member has spent, holds and has left`() throws {
        let me = try #require(view(held: .dollars(1)).me["data"])
        #expect(me["member"] == "alice" && me["team"] == "platform" && me["tier"] == "cheap")
        #expect(me["models"] == ["a/b", "c/*"])
        let windows = try #require(me["windows"]?.array)
        #expect(windows.map { $0["period"]?.string } == ["daily", "weekly", "monthly", "total"])
        #expect(
            windows[0].text
                == #"{"scope":"member","name":"alice","period":"daily","spent":0.00123,"held":1,"#
                + #""limit":2.5,"left":1.49877,"resets_at":"2026-11-22T00:00:00Z"}"#)
        #expect(windows[1]["limit"]?.isNull == true && windows[1]["left"]?.isNull == true)
        #expect(windows[3]["resets_at"]?.isNull == true)
        let others = try #require(me["budgets"]?.array)
        #expect(others.map { $0["scope"]?.string } == ["team", "key"])
        #expect(me["tightest"] == windows[0])
    }

    @Test func `me of somebody whom nothing limits`() throws {
        let me = try #require(view(budgets: false).me["data"])
        #expect(me["models"] == ["*"] && me["tier"]?.isNull == true)
        #expect(me["budgets"] == [] && me["tightest"]?.isNull == true)
    }

    @Test func `the current key has every field that clients insist on`() throws {
        let nullable = [
            "limit", "limit_remaining", "limit_reset", "creator_user_id",
            "organization_id", "effective_budget", "expires_at",
        ]
        let fields = [
            "label", "include_byok_in_limit", "usage", "usage_daily", "usage_weekly",
            "usage_monthly", "byok_usage", "byok_usage_daily", "byok_usage_weekly",
            "byok_usage_monthly", "is_free_tier", "is_management_key", "is_provisioning_key",
            "rate_limit", "allowed_data_regions", "budgets", "free_model_daily_requests",
            "workspace_id",
        ]
        let views = [try view().currentKey, CurrentKey.management(label: "sk-purser-mgmt-...")]
        for view in views {
            let data = try #require(view["data"]?.object)
            for field in fields { #expect(data[field]?.isNull == false, "\(field)") }
            for field in nullable { #expect(data[field] != nil, "\(field)") }
        }
        #expect(views[0]["data"]?["is_management_key"] == false)
        #expect(views[1]["data"]?["is_management_key"] == true)
        #expect(views[0]["data"]?["rate_limit"]?["requests"] == -1)
    }

    @Test func `the current key shows every budget that binds it and the one that ends first`()
        throws
    {
        let data = try #require(view().currentKey["data"])
        #expect(data["limit"] == 3 && data["limit_remaining"] == .number("2.99877"))
        #expect(data["limit_reset"] == "weekly")
        let budgets = try #require(data["budgets"]?.array)
        #expect(
            budgets.map { $0["scope"]?.string } == ["team", "member", "member", "key_limit"])
        #expect(
            data["effective_budget"]?.text
                == #"{"budget_id":null,"guardrail_id":null,"scope":"member","limit_usd":2.5,"#
                + #""spend_usd":0.00123,"remaining_usd":2.49877,"include_byok":false,"#
                + #""reset_interval":"daily","resets_at":"2026-11-22T00:00:00Z"}"#)
        #expect(budgets[2]["reset_interval"]?.isNull == true)
    }

    @Test func `credits are what a lifetime budget was and usage is the member's`() throws {
        #expect(
            try view().credits.text == #"{"data":{"total_credits":100,"total_usage":0.00123}}"#)
        #expect(
            try view(budgets: false).credits.text
                == #"{"data":{"total_credits":0.00123,"total_usage":0.00123}}"#)
    }
}
