import Credentials
import Management
import OpenRouterWire
import Purser
import Testing

struct CallerViewTests {
    /// alice of team platform, with a limited key, a daily and a total budget, and a team's
    /// monthly one, on 2026-11-21.
    private func view(
        budgets: Bool = true, spent: USD = USD(picodollars: 1_230_000_000), held: USD = .zero,
        at now: Timestamp = TestDesk.start,
        changing: (MemoryDirectory, Caller) throws -> Void = { _, _ in }
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
        let digest = try #require(KeyDigest(hex: made.hash))
        try changing(desk.directory, caller(digest, in: desk.roster(), at: now))
        let roster = try desk.roster()
        return try CallerView(caller(digest, in: roster, at: now), in: roster, at: now) { _, _ in
            Book.Slot(window: Window(firstDay: 0), spent: spent, held: held)
        }
    }

    private func caller(
        _ digest: KeyDigest, in roster: Roster, at now: Timestamp
    ) throws -> Caller {
        guard case .caller(let caller) = roster.resolve(digest, memberName: nil, at: now) else {
            Issue.record("alice is known")
            throw CancellationError()
        }
        return caller
    }

    /// Raises alice's daily budget and her key's weekly one to $20 and $30, to the end of
    /// 2026-11-22.
    private func raise(_ directory: MemoryDirectory, _ caller: Caller) throws {
        let lastDay = try #require(CivilDate("2026-11-22"))
        try directory.raiseBudget(
            .member(caller.member.id), .daily,
            to: Budget.Raise(limit: .dollars(20), lastDay: lastDay))
        try directory.raiseBudget(
            .key(caller.key.id), .weekly,
            to: Budget.Raise(limit: .dollars(30), lastDay: lastDay))
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
                + #""limit":2.5,"left":1.49877,"resets_at":"2026-11-22T00:00:00Z","#
                + #""standing_limit":2.5,"raised_until":null,"soft_limit":null,"#
                + #""warned":false}"#)
        #expect(windows[1]["limit"]?.isNull == true && windows[1]["left"]?.isNull == true)
        #expect(windows[3]["resets_at"]?.isNull == true)
        let others = try #require(me["budgets"]?.array)
        #expect(others.map { $0["scope"]?.string } == ["team", "key"])
        #expect(me["tightest"] == windows[0])
    }

    @Test func `me tells of a raise and of its last day`() throws {
        let me = try #require(view(changing: raise).me["data"])
        let daily = try #require(me["windows"]?.array?[0])
        #expect(daily["limit"] == 20 && daily["standing_limit"] == .number("2.5"))
        #expect(daily["raised_until"] == "2026-11-22" && daily["left"] == .number("19.99877"))
        #expect(me["windows"]?.array?[1]["raised_until"]?.isNull == true)
    }

    @Test func `a raise that is over is told no more`() throws {
        for (instant, limit) in [
            ("2026-11-22T23:59:59Z", JSON(USD.dollars(20))),
            ("2026-11-23T00:00:00Z", .number("2.5")),
        ] {
            let now = try #require(Timestamp(instant))
            let view = try view(at: now, changing: raise)
            let daily = try #require(view.me["data"]?["windows"]?.array?[0])
            #expect(daily["limit"] == limit && daily["standing_limit"] == .number("2.5"))
            #expect(daily["raised_until"]?.isNull == (limit != JSON(USD.dollars(20))))
        }
    }

    @Test func `a key shows the limit that is in force`() throws {
        let data = try #require(view(changing: raise).currentKey["data"])
        #expect(data["limit"] == 30 && data["limit_remaining"] == .number("29.99877"))
        let over = try #require(Timestamp("2026-11-23T00:00:00Z"))
        let later = try #require(view(at: over, changing: raise).currentKey["data"])
        #expect(later["limit"] == 3 && later["limit_remaining"] == .number("2.99877"))
    }

    @Test(arguments: [(1_229_999_999, true), (1_230_000_000, true), (1_230_000_001, false)])
    func `a soft limit warns from its amount on and limits nothing`(
        amount: Int64, isWarned: Bool
    ) throws {
        let soft = USD(picodollars: amount)
        let me = try #require(
            view { directory, caller in
                try directory.setSoftLimit(.member(caller.member.id), .weekly, amount: soft)
                try directory.setSoftLimit(.organisation, .monthly, amount: soft)
            }.me["data"])
        let weekly = try #require(me["windows"]?.array?[1])
        #expect(weekly["soft_limit"] == JSON(soft) && weekly["warned"] == .bool(isWarned))
        #expect(weekly["limit"]?.isNull == true && weekly["left"]?.isNull == true)
        let others = try #require(me["budgets"]?.array)
        #expect(others.map { $0["scope"]?.string } == ["organisation", "team", "key"])
        #expect(others[0]["soft_limit"] == JSON(soft) && others[0]["warned"] == .bool(isWarned))
        #expect(others[0]["limit"]?.isNull == true)
        #expect(me["tightest"]?["period"] == "daily")
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
