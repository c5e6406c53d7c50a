import Credentials
import Management
import OpenRouterWire
import Purser
import Storage
import Testing

struct KeyCreationTests {
    /// What the clients in use insist on, present and not null, and what may be null.
    static let fields = [
        "hash", "name", "label", "disabled", "include_byok_in_limit", "usage", "usage_daily",
        "usage_weekly", "usage_monthly", "byok_usage", "byok_usage_daily", "byok_usage_weekly",
        "byok_usage_monthly", "created_at", "workspace_id", "key_hash", "is_free_tier", "member",
        "shared",
    ]
    static let nullableFields = [
        "limit", "limit_remaining", "limit_reset", "updated_at", "creator_user_id",
        "external_user", "last_used_at", "expires_at", "tier", "team",
    ]

    @Test func `the answer has every field that clients insist on`() throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"alice"}"#)
        let data = try #require(made["data"]?.object)
        for field in Self.fields { #expect(data[field]?.isNull == false, "\(field)") }
        for field in Self.nullableFields { #expect(data[field]?.isNull == true, "\(field)") }
    }

    @Test func `the secret stands where new and old scripts look, and nowhere afterwards`() throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"alice"}"#)
        let secret = try #require(made["key"]?.string)
        #expect(secret.hasPrefix("sk-purser-"))
        #expect(made["data"]?["key"]?.string == secret)
        #expect(made.hash == Secret(secret).digest.hex)
        #expect(made["data"]?["key_hash"]?.string == made.hash)
        for path in ["/keys", "/keys/\(made.hash)"] {
            let shown = desk.send("GET", path)
            #expect(shown.status == 200)
            #expect(!shown.response.body.contains(secret))
        }
    }

    @Test func `every field of OpenRouter's is read`() throws {
        let desk = TestDesk()
        let made = try desk.create(
            """
            {"name":"dora","limit":50.25,"limit_reset":"monthly","include_byok_in_limit":true,
             "expires_at":"2027-01-01T00:00:00Z","creator_user_id":"user_1",
             "workspace_id":"3b0c6f5e-8d1a-5c47-9a3e-6f2d1b7c9e01"}
            """)
        let data = try #require(made["data"])
        #expect(data["limit"] == .number("50.25"))
        #expect(data["limit_remaining"] == .number("50.25"))
        #expect(data["limit_reset"] == "monthly")
        #expect(data["expires_at"] == "2027-01-01T00:00:00Z")
    }

    @Test(arguments: [
        ("alice", "alice"), ("ada@example.test", "ada@example.test"),
        ("My New API Key", "My-New-API-Key"), ("frank (laptop)", "frank-laptop"),
        ("Zoë", "Zo"), ("-x-", "-x-"),
    ])
    func `the member is named after the key`(name: String, member: String) throws {
        let desk = TestDesk()
        let made = try desk.create((["name": .string(name)] as JSON).text)
        #expect(made["data"]?["name"]?.string == name)
        #expect(made["data"]?["member"]?.string == member)
    }

    @Test func `a long name is cut to a valid one`() throws {
        let desk = TestDesk()
        let name = String(repeating: "a b", count: 50)
        let made = try desk.create((["name": .string(name)] as JSON).text)
        let member = try #require(made["data"]?["member"]?.string)
        #expect(Name.isValid(member))
    }

    @Test func `a member who is there gets another key`() throws {
        let desk = TestDesk()
        _ = try desk.create(#"{"name":"alice"}"#)
        _ = try desk.create(#"{"name":"laptop","member":"alice"}"#)
        #expect(try desk.roster().members.map(\.name) == ["alice"])
        #expect(try desk.roster().keys.count == 2)
    }

    @Test func `a member who left comes back`() throws {
        let desk = TestDesk()
        _ = try desk.create(#"{"name":"alice"}"#)
        try desk.directory.removeMember("alice", at: TestDesk.start)
        _ = try desk.create(#"{"name":"alice"}"#)
        let roster = try desk.roster()
        #expect(roster.members.count == 1)
        #expect(roster.member(named: "alice")?.removedAt == nil)
        #expect(desk.send("GET", "/keys").names == ["alice"])
    }

    @Test func `tier, team and budgets describe the member of a personal key`() throws {
        let desk = TestDesk()
        try desk.directory.setTier(Tier(id: ID(0), name: "cheap", models: []))
        let made = try desk.create(
            """
            {"name":"frank laptop","member":"frank","tier":"cheap","team":"research",
             "budgets":{"daily":1.5,"monthly":20}}
            """)
        #expect(made["data"]?["tier"] == "cheap" && made["data"]?["team"] == "research")
        let roster = try desk.roster()
        let frank = try #require(roster.member(named: "frank"))
        #expect(frank.tier == roster.tier(named: "cheap")?.id)
        #expect(frank.team == roster.team(named: "research")?.id)
        #expect(
            Set(roster.budgets) == [
                Budget(scope: .member(frank.id), period: .daily, limit: USD("1.5") ?? .zero),
                Budget(scope: .member(frank.id), period: .monthly, limit: .dollars(20)),
            ])
        #expect(roster.keys[0].tier == nil)

        _ = try desk.create(#"{"name":"frank","budgets":{"daily":null,"weekly":3}}"#)
        #expect(try desk.roster().budgets(of: .member(frank.id)).map(\.period).count == 2)
        #expect(
            try Set(desk.roster().budgets(of: .member(frank.id)).map(\.period))
                == [.weekly, .monthly])
    }

    @Test func `tier and budgets of a shared key are the key's`() throws {
        let desk = TestDesk()
        try desk.directory.setTier(Tier(id: ID(0), name: "cheap", models: []))
        let made = try desk.create(
            """
            {"name":"everybody","shared":true,"tier":"cheap","limit":9,"limit_reset":"daily",
             "budgets":{"daily":9,"total":50}}
            """)
        #expect(made["data"]?["shared"] == true && made["data"]?["limit"] == 9)
        let roster = try desk.roster()
        #expect(roster.members[0].tier == nil)
        #expect(roster.keys[0].tier == roster.tier(named: "cheap")?.id)
        let budgets = roster.budgets(of: .key(roster.keys[0].id))
        #expect(Set(budgets.map(\.period)) == [.daily, .total])
        #expect(roster.budgets.count == 2)
    }

    @Test(arguments: [
        ("", "ends"), ("{", "ends"), ("[]", "object"), ("{}{}", "goes on"),
        (#"{"name":"x","name":"y"}"#, "twice"), ("{}", "name"), (#"{"name":""}"#, "name"),
        (#"{"name":5}"#, "string"), (#"{"name":null}"#, "name"), (#"{"name":"  "}"#, "name"),
        (#"{"name":"a\nb"}"#, "name"), (#"{"name":"日本"}"#, "member"),
        (#"{"name":"x","limit":"five"}"#, "limit"), (#"{"name":"x","limit":"5"}"#, "limit"),
        (#"{"name":"x","limit":-1}"#, "negative"), (#"{"name":"x","limit":1e-13}"#, "at least"),
        (#"{"name":"x","limit":1e40}"#, "limit"),
        (#"{"name":"x","limit":1000000.01}"#, "1000000"),
        (#"{"name":"x","limit_reset":"hourly"}"#, "limit_reset"),
        (#"{"name":"x","limit_reset":"total"}"#, "limit_reset"),
        (#"{"name":"x","include_byok_in_limit":1}"#, "include_byok_in_limit"),
        (#"{"name":"x","expires_at":"soon"}"#, "expires_at"),
        (#"{"name":"x","expires_at":5}"#, "expires_at"),
        (#"{"name":"x","expires_at":"2027-01-01T00:00:00"}"#, "expires_at"),
        (#"{"name":"x","expires_at":"2027-01-01T00:00:00+01:00"}"#, "UTC"),
        (#"{"name":"x","expires_at":"2026-01-01T00:00:00Z"}"#, "past"),
        (#"{"name":"x","member":"a b"}"#, "member"), (#"{"name":"x","tier":"none"}"#, "none"),
        (#"{"name":"x","team":"a/b"}"#, "team"), (#"{"name":"x","shared":"yes"}"#, "shared"),
        (#"{"name":"x","budgets":5}"#, "budgets"),
        (#"{"name":"x","budgets":{"daily":"1"}}"#, "budgets.daily"),
        (#"{"name":"x","budgets":{"hourly":1}}"#, "budgets.hourly"),
        (#"{"name":"x","disabled":true}"#, "disabled"),
        (#"{"name":"x","shared":true,"limit":1,"budgets":{"total":2}}"#, "differ"),
    ])
    func `nonsense is refused with a reason and makes nothing`(
        body: String, reason: String
    ) throws {
        let desk = TestDesk()
        let answer = desk.send("POST", "/keys", body)
        #expect(answer.status == 400)
        #expect(answer["error"]?["code"] == 400)
        #expect(answer.message.contains(reason), "\(answer.message)")
        #expect(answer["error"]?["metadata"]?["reason"] == "malformed_request")
        #expect(answer["error"]?["metadata"]?["request_id"] == "req-1")
        #expect(try desk.roster().keys.isEmpty && desk.roster().members.isEmpty)
    }

    @Test func `a body that no real request has is refused unread`() throws {
        let desk = TestDesk()
        let answer = desk.send("POST", "/keys", String(repeating: " ", count: 70_000))
        #expect(answer.status == 413)
    }

    @Test(arguments: [
        "2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000000+00:00", "2027-01-01T00:00:00-0000",
        "2027-01-01",
    ])
    func `an expiry in UTC is read however it is written`(text: String) throws {
        let desk = TestDesk()
        let made = try desk.create((["name": "x", "expires_at": .string(text)] as JSON).text)
        #expect(made["data"]?["expires_at"] == "2027-01-01T00:00:00Z")
    }

    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("5", "5"), ("5.0", "5"), ("0.1", "0.1"), ("1e-7", "0.0000001"),
        ("0.30000000000000004", "0.3"), ("1E3", "1000"),
        ("999999.999999999999", "999999.999999999999"), ("1000000", "1000000"),
    ])
    func `a limit is exact and never rounded up`(literal: String, shown: String) throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"x","limit":\#(literal)}"#)
        #expect(made["data"]?["limit"] == .number(shown))
    }
}
