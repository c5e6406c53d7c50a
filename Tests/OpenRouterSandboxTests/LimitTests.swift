import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct LimitTests {
    /// A key with that limit, and a completion that costs $0.0000111 with it.
    private func secret(_ sandbox: inout Sandbox, _ fields: String) throws -> String {
        let created = sandbox.manage("POST", "/keys", #"{"name":"a",\#(fields)}"#)
        return try #require(created.json["key"]?.string)
    }

    private func small(_ sandbox: inout Sandbox, _ key: String, at now: Timestamp) -> Exchange {
        sandbox.chat("openai/gpt-4o-mini", "in 90 words", #""max_tokens":16"#, key: key, at: now)
    }

    @Test(arguments: [
        // reset, spent at, still exhausted at, free again at
        ("daily", "2026-11-21T12:00:00Z", "2026-11-21T23:59:59Z", "2026-11-22T00:00:00Z"),
        ("weekly", "2026-11-21T12:00:00Z", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"),
        ("weekly", "2026-11-23T00:00:00Z", "2026-11-29T23:59:59Z", "2026-11-30T00:00:00Z"),
        ("monthly", "2026-11-21T12:00:00Z", "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
        ("monthly", "2026-12-31T23:59:59Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
    ])
    func `a limit starts anew with its UTC window`(
        reset: String, spent: String, last: String, anew: String
    ) throws {
        var sandbox = Sandbox()
        let instants = try [spent, last, anew].map { try #require(Timestamp($0)) }
        let key = try secret(&sandbox, #""limit":0.0000111,"limit_reset":"\#(reset)""#)
        #expect(small(&sandbox, key, at: instants[0]).status == 200)
        let refused = small(&sandbox, key, at: instants[1])
        #expect(refused.status == 403)
        #expect(
            refused.message
                == "Key limit exceeded (\(reset) limit). "
                + "Manage it using https://openrouter.ai/settings/keys")
        #expect(small(&sandbox, key, at: instants[2]).status == 200)
    }

    @Test func `a limit without reset is for ever`() throws {
        var sandbox = Sandbox()
        let key = try secret(&sandbox, #""limit":0.0000111"#)
        #expect(small(&sandbox, key, at: noon).status == 200)
        let years = try #require(Timestamp("2036-01-01T00:00:00Z"))
        let refused = small(&sandbox, key, at: years)
        #expect(refused.message.contains("(total limit)"))
        _ = sandbox.send("PUT", "/sandbox/settings", #"{"key_limit_status":402}"#)
        #expect(small(&sandbox, key, at: years).status == 402)
    }

    @Test func `usage and what remains are counted by window`() throws {
        var sandbox = Sandbox()
        let key = try secret(&sandbox, #""limit":1,"limit_reset":"weekly""#)
        let cost = USD("0.0000111") ?? .zero
        let instants = [
            "2026-10-31T12:00:00Z", "2026-11-15T23:59:59Z", "2026-11-16T00:00:00Z",
            "2026-11-21T00:00:00Z", "2026-11-21T12:00:00Z",
        ].compactMap { Timestamp($0) }
        for instant in instants { #expect(small(&sandbox, key, at: instant).status == 200) }
        let data = sandbox.send("GET", "/api/v1/key", key: key).json["data"]
        func times(_ count: Int64) -> USD { USD(picodollars: cost.picodollars * count) }
        #expect(data?["usage"]?.usd == times(5))
        #expect(data?["usage_monthly"]?.usd == times(4))
        #expect(data?["usage_weekly"]?.usd == times(3))
        #expect(data?["usage_daily"]?.usd == times(2))
        #expect(data?["limit_remaining"]?.usd == .dollars(1) - times(3))
    }

    @Test func `lowering a limit below the usage exhausts the key`() throws {
        var sandbox = Sandbox()
        let key = try secret(&sandbox, #""limit":1"#)
        _ = small(&sandbox, key, at: noon)
        let hash = sandbox.manage("GET", "/keys").json["data"]?.array?.first?["hash"]?.string
        let changed = sandbox.manage(
            "PATCH", "/keys/\(try #require(hash))", #"{"limit":0.000001}"#)
        #expect(changed.json["data"]?["limit_remaining"]?.usd == USD("-0.0000101"))
        #expect(small(&sandbox, key, at: noon).status == 403)
    }

    @Test func `what the longest answer would cost must fit`() throws {
        var sandbox = Sandbox()
        let key = try secret(&sandbox, #""limit":0.00001"#)
        // Nine prompt tokens leave 0.00000865, which buys 14 of gpt-4o-mini's tokens.
        #expect(
            sandbox.chat("openai/gpt-4o-mini", "Say ok.", #""max_tokens":14"#, key: key).status
                == 200)
        var other = Sandbox()
        let same = try secret(&other, #""limit":0.00001"#)
        let refused = other.chat("openai/gpt-4o-mini", "Say ok.", #""max_tokens":15"#, key: same)
        #expect(refused.status == 402)
        #expect(
            refused.message
                == "This request requires more credits, or fewer max_tokens. You requested up to "
                + "15 tokens, but can only afford 14. To increase, visit "
                + "https://openrouter.ai/settings/keys and create a key with a higher monthly limit"
        )
        #expect(refused.json["error"]?["metadata"] == ["provider_name": nil])
        let absent = other.chat(key: same)
        #expect(absent.message.contains("requested up to 16384 tokens"))
        let many = other.chat("openai/gpt-4o-mini", "Say ok.", #""max_tokens":5,"n":3"#, key: same)
        #expect(many.message.contains("requested up to 15 tokens"))
    }

    @Test func `a prompt that cannot be paid is refused as such`() throws {
        var sandbox = Sandbox()
        let key = try secret(&sandbox, #""limit":0.000001"#)
        let refused = sandbox.chat(key: key)
        #expect(refused.status == 402)
        #expect(refused.message.hasPrefix("Prompt tokens limit exceeded: 9 > 6. "))
    }

    @Test func `an account without credits pays for nothing but what is free`() {
        var sandbox = Sandbox(credits: .zero)
        #expect(sandbox.chat().message == Refusal.noCredits.message)
        #expect(sandbox.chat("cohere/north-mini-code:free").status == 200)
        var poor = Sandbox(credits: USD("0.00001") ?? .zero)
        let refused = poor.chat("openai/gpt-4o-mini", "Say ok.", #""max_tokens":50"#)
        #expect(refused.status == 402)
        #expect(refused.message.contains("https://openrouter.ai/settings/credits"))
    }

    @Test func `free models are free and limited by the minute and by the day`() throws {
        var sandbox = Sandbox()
        func free(at now: Timestamp) -> Exchange {
            sandbox.chat("cohere/north-mini-code:free", "hi", at: now)
        }
        for _ in 0..<20 { #expect(free(at: noon).status == 200) }
        let refused = free(at: noon.adding(seconds: 59))
        #expect(refused.status == 429)
        #expect(refused.message == "Rate limit exceeded: free-models-per-min. ")
        #expect(refused.headers["X-RateLimit-Reset"] == "\(noon.milliseconds + 60_000)")
        #expect(free(at: noon.adding(seconds: 60)).status == 200)
        for minute in 2..<60 {
            for _ in 0..<17 { _ = free(at: noon.adding(seconds: Int64(minute * 60))) }
        }
        let tomorrow = try #require(Timestamp("2026-11-22T00:00:00Z"))
        let daily = free(at: tomorrow.adding(seconds: -1))
        #expect(daily.message == "Rate limit exceeded: free-models-per-day-high-balance. ")
        #expect(daily.headers["X-RateLimit-Reset"] == "\(tomorrow.milliseconds)")
        #expect(free(at: tomorrow).status == 200)
        let quota = sandbox.send("GET", "/api/v1/key", key: sandbox.key, at: tomorrow)
            .json["data"]?["free_model_daily_requests"]
        #expect(quota == ["used": 1, "limit": 1_000, "remaining": 999])
        #expect(sandbox.bill == .zero)
    }
}
