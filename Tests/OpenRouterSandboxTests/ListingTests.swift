import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

/// What can be looked up: models, generations, credits, activity.
struct ListingTests {
    private func names(_ data: JSON?) -> Set<String> {
        Set((data?.object?.members ?? []).map(\.name))
    }

    @Test func `the catalogue has every field that clients insist on`() throws {
        var sandbox = Sandbox()
        let answer = sandbox.send("GET", "/api/v1/models").json
        let models = try #require(answer["data"]?.array)
        #expect(models.count == 23)
        #expect(answer["total_count"] == 23)
        #expect(answer["links"] == ["next": nil])
        for model in models {
            #expect(
                names(model).isSuperset(of: [
                    "architecture", "canonical_slug", "context_length", "created",
                    "default_parameters", "id", "links", "name", "per_request_limits", "pricing",
                    "supported_parameters", "supported_voices", "top_provider", "description",
                ]))
            #expect(
                names(model["architecture"]).isSuperset(of: [
                    "input_modalities", "modality", "output_modalities",
                ]))
            #expect(model["top_provider"]?["is_moderated"]?.bool != nil)
        }
        let ids = models.compactMap { $0["id"]?.string }
        #expect(Set(ids).count == 23)
    }

    @Test(arguments: [
        ("offset=0&limit=500", 23, nil), ("offset=21", 2, nil), ("offset=99", 0, nil),
        ("limit=5", 5, "/api/v1/models?offset=5&limit=5"),
        ("offset=10&limit=5", 5, "/api/v1/models?offset=15&limit=5"),
        ("offset=22&limit=5", 1, nil), ("q=claude", 6, nil), ("model_authors=openai", 6, nil),
        ("input_modalities=audio", 3, nil), ("supported_parameters=min_p", 6, nil),
    ])
    func `the catalogue can be paged and filtered`(query: String, count: Int, next: String?) {
        var sandbox = Sandbox()
        let answer = sandbox.send("GET", "/api/v1/models?\(query)").json
        #expect(answer["data"]?.array?.count == count)
        #expect(answer["links"]?["next"] == JSON(next))
    }

    @Test(arguments: ["limit=0", "limit=1001", "offset=-1", "limit=x"])
    func `a page that makes no sense is refused`(query: String) {
        var sandbox = Sandbox()
        #expect(sandbox.send("GET", "/api/v1/models?\(query)").status == 400)
    }

    @Test func `a model's endpoints are found under its id and under its slug`() throws {
        var sandbox = Sandbox()
        let endpoints = sandbox.send("GET", "/api/v1/models/openai/gpt-4o-mini/endpoints")
            .json["data"]?["endpoints"]?.array
        #expect(endpoints?.compactMap { $0["provider_name"]?.string } == ["OpenAI", "Azure"])
        #expect(endpoints?.last?["pricing"]?["completion"] == "0.00000066")
        let slug = "/api/v1/models/anthropic/claude-4.6-sonnet-20260217/endpoints"
        #expect(sandbox.send("GET", slug).json["data"]?["id"] == "anthropic/claude-sonnet-4.6")
        #expect(sandbox.send("GET", "/api/v1/models/acme/none/endpoints").status == 404)
        for model in Catalogue.models where model.family != .router {
            #expect(!model.endpoints.isEmpty)
        }
    }

    @Test func `count, one model, the user's models and the providers answer`() {
        var sandbox = Sandbox()
        #expect(sandbox.send("GET", "/api/v1/models/count").json == ["data": ["count": 23]])
        let one = sandbox.send("GET", "/api/v1/model/openai/gpt-4o").json
        #expect(one["data"]?["id"] == "openai/gpt-4o")
        #expect(sandbox.send("GET", "/api/v1/models/user").status == 401)
        #expect(sandbox.send("GET", "/api/v1/models/user", key: sandbox.key).status == 200)
        let providers = sandbox.send("GET", "/api/v1/providers").json["data"]?.array
        #expect(providers?.count == Provider.all.count)
    }

    @Test func `a generation is found once the lag is over`() throws {
        var sandbox = Sandbox { $0.generationLag = .milliseconds(500) }
        let answer = sandbox.chat("anthropic/claude-haiku-4.5")
        let id = try #require(answer.json["id"]?.string)
        func look(_ key: String, after milliseconds: Int64) -> Exchange {
            sandbox.send(
                "GET", "/api/v1/generation?id=\(id)", key: key,
                at: Timestamp(milliseconds: noon.milliseconds + milliseconds))
        }
        let early = look(sandbox.key, after: 499)
        #expect((early.status, early.message) == (404, "Generation \(id) not found"))
        let data = try #require(look(sandbox.key, after: 500).json["data"])
        #expect(data["total_cost"]?.literal == answer.costs.first)
        #expect(data["usage"] == data["total_cost"])
        #expect(data["model"] == answer.json["model"])
        #expect((data["streamed"], data["cancelled"]) == (false, false))
        #expect((data["finish_reason"], data["native_finish_reason"]) == ("stop", "end_turn"))
        #expect(look(sandbox.managementKey, after: 500).status == 200)
        #expect(look("sk-or-v1-nobody", after: 500).status == 401)
        #expect(sandbox.send("GET", "/api/v1/generation", key: sandbox.key).status == 400)
        #expect(names(data).count >= 42)
        #expect(
            names(data).isSuperset(of: [
                "api_type", "app_id", "cache_discount", "cancelled", "created_at", "data_region",
                "external_user", "generation_time", "http_referer", "is_byok", "latency",
                "moderation_latency", "native_tokens_cached", "native_tokens_completion",
                "native_tokens_completion_images", "native_tokens_prompt",
                "native_tokens_reasoning", "num_fetches", "num_input_audio_prompt",
                "num_media_completion", "num_media_prompt", "num_search_results", "origin",
                "preset_id", "provider_name", "provider_responses", "router", "service_tier",
                "tokens_completion", "tokens_prompt", "upstream_id", "upstream_inference_cost",
                "user_agent", "web_search_engine", "workspace_id",
            ]))
    }

    @Test func `a generation names the end user and the session`() throws {
        var sandbox = Sandbox()
        let answer = sandbox.chat(
            "openai/gpt-4o", "hi", #""user":"person-ada","session_id":"sess-42""#)
        let id = try #require(answer.json["id"]?.string)
        let data = sandbox.send("GET", "/api/v1/generation?id=\(id)", key: sandbox.key)
            .json["data"]
        #expect(data?["external_user"] == "person-ada")
        #expect(data?["session_id"] == "sess-42")
    }

    @Test func `old generations are forgotten, the newest are kept`() {
        var generations = Generations()
        var sandbox = Sandbox()
        let id = sandbox.chat().json["id"]?.string ?? ""
        guard var generation = sandbox.generations[id] else {
            Issue.record("no generation")
            return
        }
        for number in 0..<(Generations.keptMax + 3) {
            generation.id = "gen-\(number)"
            generations.add(generation)
        }
        #expect(generations.total == Int64(Generations.keptMax) + 3)
        for number in 0..<3 { #expect(generations["gen-\(number)"] == nil) }
        for number in 3..<6 { #expect(generations["gen-\(number)"] != nil) }
        #expect(generations["gen-\(Generations.keptMax + 2)"] != nil)
    }

    @Test func `credits show what was bought and what was used`() {
        var sandbox = Sandbox()
        _ = sandbox.chat()
        let data = sandbox.manage("GET", "/credits").json["data"]
        #expect(data?["total_credits"] == 1_000)
        #expect(data?["total_usage"]?.usd == sandbox.bill)
    }

    @Test func `activity lists completed days by model and endpoint`() throws {
        var sandbox = Sandbox()
        let other = sandbox.manage("POST", "/keys", #"{"name":"ada"}"#).json
        let secret = other["key"]?.string
        let hash = try #require(other["data"]?["hash"]?.string)
        let yesterday = noon.adding(seconds: -86_400)
        _ = sandbox.chat(at: yesterday)
        _ = sandbox.chat(key: secret, at: yesterday)
        _ = sandbox.chat("openai/gpt-4o", key: secret, at: yesterday.adding(seconds: -86_400))
        _ = sandbox.chat(at: noon.adding(seconds: -31 * 86_400))
        _ = sandbox.chat(at: noon)
        func rows(_ query: String) -> [JSON] {
            sandbox.manage("GET", "/activity\(query)").json["data"]?.array ?? []
        }
        #expect(rows("").map { $0["date"]?.string } == ["2026-11-20", "2026-11-19"])
        #expect(rows("").map { $0["requests"] } == [2, 1])
        #expect(rows("?api_key_hash=\(hash)").map { $0["requests"] } == [1, 1])
        #expect(rows("?date=2026-11-20").count == 1)
        #expect(rows("?date=2026-11-21").map { $0["requests"] } == [1])
        #expect(rows("?date=2026-11-18").isEmpty)
        let row = try #require(rows("?group_by=workspace").first)
        #expect(row["workspace_id"]?.string == Account.workspaceID)
        #expect(row["cached_tokens"] == 0)
        #expect(row["prompt_tokens"] == 18)
        let sum = rows("").compactMap { $0["usage"]?.usd }.reduce(.zero, +)
        #expect(sum > .zero && sum < sandbox.bill)
    }

    @Test(arguments: [
        ("date=2026-10-21", 400), ("date=2026-11-22", 400), ("date=yesterday", 400),
        ("date=2026-10-22", 200), ("api_key_hash=12", 400), ("group_by=key", 400),
        ("workspace_id=x", 404),
        ("api_key_hash=00000000000000000000000000000000000000000000000000000000000000ff", 404),
    ])
    func `activity refuses what it cannot know`(query: String, status: Int) {
        var sandbox = Sandbox()
        #expect(sandbox.manage("GET", "/activity?\(query)").status == status)
    }
}
