import Credentials
import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct KeyTests {
    @Test func `a new key is shown once, beside its data`() throws {
        var sandbox = Sandbox()
        let body = """
            {"name":"ada@example.test","limit":50,"limit_reset":"monthly",\
            "expires_at":"2027-01-01T00:00:00Z"}
            """
        let created = sandbox.manage("POST", "/keys", body)
        #expect(created.status == 201)
        let secret = try #require(created.json["key"]?.string)
        let data = try #require(created.json["data"])
        #expect(secret.hasPrefix("sk-or-v1-") && secret.utf8.count == 9 + 64)
        #expect(data["hash"]?.string == KeyDigest(hashing: secret).hex)
        #expect(
            data["label"]?.string
                == "sk-or-v1-\(secret.dropFirst(9).prefix(3))...\(secret.suffix(4))")
        #expect((data["limit"], data["limit_remaining"]) == (50, 50))
        #expect((data["limit_reset"], data["name"]) == ("monthly", "ada@example.test"))
        #expect(data["expires_at"] == "2027-01-01T00:00:00Z")
        #expect(data["created_at"] == "2026-11-21T12:00:00.000000+00:00")
        for name in ["updated_at", "last_used_at", "external_user"] {
            #expect(data[name] == .null)
        }
        let listed = sandbox.manage("GET", "/keys")
        #expect(listed.json["data"]?.array?.first == data)
        #expect(!listed.text.contains(secret))
    }

    @Test(arguments: [
        ("{}", 400), (#"{"name":""}"#, 400), (#"{"name":5}"#, 400), ("[]", 400), ("{", 400),
        (#"{"name":"a","limit":"5"}"#, 400), (#"{"name":"a","limit":-0.01}"#, 400),
        (#"{"name":"a","limit":1e99}"#, 400), (#"{"name":"a","limit_reset":"hourly"}"#, 400),
        (#"{"name":"a","include_byok_in_limit":1}"#, 400),
        (#"{"name":"a","expires_at":"2027-01-01T00:00:00+02:00"}"#, 400),
        (#"{"name":"a","expires_at":"soon"}"#, 400), (#"{"name":"a","workspace_id":"x"}"#, 400),
        (#"{"name":"a","external_user":"u"}"#, 403),
        (#"{"name":"a","limit":null,"limit_reset":null,"expires_at":null}"#, 201),
        (#"{"name":"a","limit":0}"#, 201), (#"{"name":"a","limit":1.5e-7}"#, 201),
        (#"{"name":"a","expires_at":"2027-01-01T00:00:00+00:00"}"#, 201),
    ])
    func `fields of a new key are checked`(body: String, status: Int) {
        var sandbox = Sandbox()
        let answer = sandbox.manage("POST", "/keys", body)
        #expect(answer.status == status)
        #expect(sandbox.account.order.count == (status == 201 ? 2 : 1))
    }

    @Test func `keys come newest first, a hundred at a time, disabled ones on demand`() throws {
        var sandbox = Sandbox()
        for number in 1...120 { _ = sandbox.manage("POST", "/keys", #"{"name":"k\#(number)"}"#) }
        func names(_ query: String) -> [String] {
            (sandbox.manage("GET", "/keys/\(query)").json["data"]?.array ?? [])
                .compactMap { $0["name"]?.string }
        }
        #expect(names("") == (21...120).reversed().map { "k\($0)" })
        #expect(names("?offset=100") == (1...20).reversed().map { "k\($0)" } + ["sandbox"])
        #expect(names("?offset=121").isEmpty)

        let hash = sandbox.manage("GET", "/keys").json["data"]?.array?.first?["hash"]?.string
        let path = "/keys/\(try #require(hash))"
        _ = sandbox.manage("PATCH", path, #"{"disabled":true}"#)
        #expect(names("").first == "k119")
        #expect(names("?include_disabled=false").first == "k119")
        #expect(names("?include_disabled=true").first == "k120")
        #expect(sandbox.manage("GET", "/keys?offset=-1").status == 400)
        #expect(sandbox.manage("GET", "/keys?include_disabled=1").status == 400)
    }

    @Test func `a key can be changed, and nothing else of it changes`() throws {
        var sandbox = Sandbox()
        let created = sandbox.manage("POST", "/keys", #"{"name":"a","limit":5}"#).json["data"]
        let path = "/keys/\(try #require(created?["hash"]?.string))"
        let later = noon.adding(seconds: 60)
        let patch = #"{"name":"b","limit":null,"limit_reset":"daily","disabled":true}"#
        let changed = sandbox.manage("PATCH", path, patch, at: later)
        #expect(changed.status == 200)
        var expected = created?.object
        expected?["name"] = "b"
        expected?["limit"] = JSON.null
        expected?["limit_remaining"] = JSON.null
        expected?["limit_reset"] = "daily"
        expected?["disabled"] = true
        expected?["updated_at"] = "2026-11-21T12:01:00.000000+00:00"
        #expect(changed.json["data"]?.object == expected)
        #expect(sandbox.manage("PATCH", path, #"{"name":null}"#).status == 400)
        #expect(sandbox.manage("PATCH", path, #"{"disabled":"yes"}"#).status == 400)
        #expect(sandbox.manage("GET", path).json["data"] == changed.json["data"])
    }

    @Test func `a deleted key is unknown`() throws {
        var sandbox = Sandbox()
        let created = sandbox.manage("POST", "/keys", #"{"name":"a"}"#).json
        let path = "/keys/\(try #require(created["data"]?["hash"]?.string))"
        let deleted = sandbox.manage("DELETE", path)
        #expect((deleted.status, deleted.json) == (200, ["deleted": true]))
        for method in ["GET", "PATCH", "DELETE"] {
            #expect(sandbox.manage(method, path, "{}").status == 404)
        }
        #expect(sandbox.chat(key: created["key"]?.string).message == "User not found.")
    }

    @Test func `a management key cannot complete`() {
        var sandbox = Sandbox()
        let answer = sandbox.chat(key: sandbox.managementKey)
        #expect((answer.status, answer.message) == (401, "User not found."))
    }

    @Test(arguments: [
        ("POST", "/keys"), ("GET", "/keys"), ("GET", "/keys/00"), ("PATCH", "/keys/00"),
        ("DELETE", "/keys/00"), ("GET", "/credits"), ("GET", "/activity"),
    ])
    func `an ordinary key cannot manage`(method: String, path: String) {
        var sandbox = Sandbox()
        let answer = sandbox.send(method, "/api/v1\(path)", key: sandbox.key, "{}")
        #expect(answer.status == 403)
        #expect(answer.message == "Only management keys can perform this operation")
    }

    @Test(arguments: ["/chat/completions", "/key", "/keys", "/credits", "/generation", "/activity"])
    func `no key and a wrong key are told apart`(path: String) {
        var sandbox = Sandbox()
        let method = path == "/chat/completions" ? "POST" : "GET"
        let missing = sandbox.send(method, "/api/v1\(path)")
        #expect((missing.status, missing.message) == (401, "Missing Authentication header"))
        let wrong = sandbox.send(method, "/api/v1\(path)", key: "sk-or-v1-nobody")
        #expect((wrong.status, wrong.message) == (401, "User not found."))
    }

    @Test func `disabled and expired keys do not work`() throws {
        var sandbox = Sandbox()
        let body = #"{"name":"a","expires_at":"2026-11-21T12:00:01Z"}"#
        let created = sandbox.manage("POST", "/keys", body).json
        let secret = created["key"]?.string
        #expect(sandbox.chat(key: secret).status == 200)
        #expect(sandbox.chat(key: secret, at: noon.adding(seconds: 1)).status == 401)
        let path = "/keys/\(try #require(created["data"]?["hash"]?.string))"
        _ = sandbox.manage("PATCH", path, #"{"disabled":true}"#)
        #expect(sandbox.chat(key: secret).status == 401)
        _ = sandbox.manage("PATCH", path, #"{"disabled":false}"#)
        #expect(sandbox.chat(key: secret).status == 200)
    }

    @Test func `a key sees itself, under both paths`() {
        var sandbox = Sandbox()
        _ = sandbox.chat()
        let own = sandbox.send("GET", "/api/v1/key", key: sandbox.key).json["data"]
        #expect(own?["usage"]?.usd == sandbox.bill)
        #expect(own?["is_management_key"] == false)
        #expect(own?["hash"] == nil)
        let alias = sandbox.send("GET", "/api/v1/auth/key", key: sandbox.key).json["data"]
        #expect(alias == own)
        let management = sandbox.manage("GET", "/key").json["data"]
        #expect(management?["is_management_key"] == true)
        #expect(management?["is_provisioning_key"] == true)
    }
}
