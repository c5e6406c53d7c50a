import Credentials
import Management
import OpenRouterWire
import Purser
import Storage
import Testing

struct KeyManagementTests {
    @Test func `a listing shows the newest first, a hundred at a time`() throws {
        let desk = TestDesk()
        for number in 1...150 { _ = try desk.create(#"{"name":"key-\#(number)"}"#) }
        let first = desk.send("GET", "/keys/").names
        #expect(first.count == 100 && first.first == "key-150" && first.last == "key-51")
        let second = desk.send("GET", "/keys?offset=100").names
        #expect(second.count == 50 && second.first == "key-50" && second.last == "key-1")
        #expect(desk.send("GET", "/keys?offset=150").names.isEmpty)
        #expect(desk.send("GET", "/keys?offset=999999999").names.isEmpty)
    }

    @Test(arguments: ["offset=-1", "offset=x", "offset=", "include_disabled=perhaps"])
    func `a listing's parameters are checked`(query: String) {
        #expect(TestDesk().send("GET", "/keys?\(query)").status == 400)
    }

    @Test func `a disabled key is listed when asked for, a revoked one never`() throws {
        let desk = TestDesk()
        let paused = try desk.create(#"{"name":"paused"}"#)
        let gone = try desk.create(#"{"name":"gone"}"#)
        let changed = desk.send("PATCH", "/keys/\(paused.hash)", #"{"disabled":true}"#)
        #expect(changed.status == 200 && changed["data"]?["disabled"] == true)
        let deleted = desk.send("DELETE", "/keys/\(gone.hash)")
        #expect(deleted.status == 200 && deleted.response.body == #"{"deleted":true}"#)
        #expect(desk.send("GET", "/keys").names.isEmpty)
        for word in ["true", "True", "1"] {
            #expect(desk.send("GET", "/keys?include_disabled=\(word)").names == ["paused"])
        }
        #expect(desk.send("GET", "/keys/\(paused.hash)").status == 200)
    }

    @Test(arguments: ["GET", "PATCH", "DELETE"])
    func `a key that is revoked or never was is not found`(method: String) throws {
        let desk = TestDesk()
        let gone = try desk.create(#"{"name":"gone"}"#)
        _ = desk.send("DELETE", "/keys/\(gone.hash)")
        let unknown = String(repeating: "0", count: 64)
        for hash in [gone.hash, unknown, "not-a-hash"] {
            let answer = desk.send(method, "/keys/\(hash)", "{}")
            #expect(answer.status == 404 && answer["error"]?["code"] == 404)
            #expect(answer.message.hasPrefix("Key not found"))
        }
    }

    @Test func `a change changes what it names and leaves the rest`() throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"dora","limit":5,"limit_reset":"daily"}"#)
        let path = "/keys/\(made.hash)"
        #expect(desk.send("PATCH", path, "{}")["data"]?["limit"] == 5)
        let renamed = desk.send("PATCH", path, #"{"name":"dora labs","limit":7}"#)
        #expect(renamed["data"]?["name"] == "dora labs")
        #expect(renamed["data"]?["limit"] == 7 && renamed["data"]?["limit_reset"] == "daily")
        #expect(renamed["data"]?["updated_at"]?.string != nil)
        let moved = desk.send("PATCH", path, #"{"limit_reset":"monthly"}"#)
        #expect(moved["data"]?["limit"] == 7 && moved["data"]?["limit_reset"] == "monthly")
        let freed = desk.send("PATCH", path, #"{"limit":null,"limit_reset":null}"#)
        #expect(freed["data"]?["limit"]?.isNull == true)
        #expect(freed["data"]?["limit_reset"]?.isNull == true)
        #expect(try desk.roster().budgets.isEmpty)
    }

    @Test(arguments: [
        #"{"name":null}"#, #"{"name":""}"#, #"{"disabled":"yes"}"#, #"{"disabled":null}"#,
        #"{"limit":"5"}"#, #"{"limit":-1}"#, #"{"limit_reset":"yearly"}"#,
        #"{"expires_at":"2027-01-01T00:00:00Z"}"#, #"{"tier":"cheap"}"#, "[]", "",
    ])
    func `a change that makes no sense changes nothing`(body: String) throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"dora","limit":5}"#)
        let before = desk.send("GET", "/keys/\(made.hash)").json
        #expect(desk.send("PATCH", "/keys/\(made.hash)", body).status == 400)
        #expect(desk.send("GET", "/keys/\(made.hash)").json == before)
    }

    @Test(arguments: [
        ("DELETE", "/keys", ["GET", "POST"]), ("PUT", "/keys", ["GET", "POST"]),
        ("POST", "/keys/00", ["GET", "PATCH", "DELETE"]),
    ])
    func `another method is a 405 that says which there are`(
        method: String, path: String, allowed: [String]
    ) {
        let answer = TestDesk().send(method, path)
        #expect(answer.status == 405 && answer.response.allowedMethods == allowed)
    }

    @Test(arguments: ["/", "/guardrails", "/keys/a/b", "/keysx"])
    func `another path is not found`(path: String) {
        #expect(TestDesk().send("GET", path).status == 404)
    }

    @Test func `usage is shown by window, and what is left of the limit in its own`() throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"dora","limit":5,"limit_reset":"monthly"}"#)
        let key = Scope.key(try desk.roster().keys[0].id)
        desk.spend(USD(picodollars: 3_150_000), key, [.daily, .weekly])
        desk.spend(USD("5.0213") ?? .zero, key, [.monthly])
        desk.spend(USD("61.2345678") ?? .zero, key, [.total])
        let data = try #require(desk.send("GET", "/keys/\(made.hash)")["data"])
        #expect(data["usage"] == .number("61.2345678"))
        #expect(data["usage_daily"] == .number("0.00000315"))
        #expect(data["usage_monthly"] == .number("5.0213"))
        #expect(data["limit_remaining"] == .number("-0.0213"))
    }

    @Test func `a rotated key has another secret and the same everything else`() throws {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"dora","limit":5}"#)
        let digest = try #require(KeyDigest(hex: made.hash))
        let rotated = try desk.api.rotateKey(digest)
        #expect(rotated.secret.digest.hex != made.hash)
        #expect(rotated.view.limit == .dollars(5) && rotated.view.key.name == "dora")
        #expect(rotated.json["key"]?.string == rotated.secret.reveal())
        #expect(desk.send("GET", "/keys/\(made.hash)").status == 404)
        #expect(throws: ManagementFailure.self) { try desk.api.rotateKey(digest) }
    }

    @Test func `a store that fails is a 503 that may be tried again`() {
        let desk = TestDesk()
        desk.directory.fail(with: StorageFailure(.unavailable, "the disk is full"))
        let answer = desk.send("POST", "/keys", #"{"name":"x"}"#)
        #expect(answer.status == 503)
        #expect(answer.message == "The disk is full. Try again shortly.")
    }
}
