import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct ControlTests {
    @Test func `settings merge`() {
        var sandbox = Sandbox()
        let body = #"{"latency_ms":20,"usage_shape":"on_finish","float_noise":false}"#
        let answer = sandbox.send("PUT", "/sandbox/settings", body)
        #expect(answer.status == 200)
        #expect(answer.json["latency_ms"] == 20)
        #expect(answer.json["chunk_ms"] == 0)
        _ = sandbox.send("PUT", "/sandbox/settings", #"{"chunk_ms":5}"#)
        let settings = sandbox.send("GET", "/sandbox/state").json["settings"]
        #expect(
            settings == [
                "latency_ms": 20, "chunk_ms": 5, "generation_lag_ms": 0,
                "usage_shape": "on_finish", "comments": true, "key_limit_status": 403,
                "float_noise": false,
            ])
    }

    @Test(arguments: [
        (#"{"colour":1}"#, "colour"), (#"{"latency_ms":-1}"#, "latency_ms"),
        (#"{"chunk_ms":"5"}"#, "chunk_ms"), (#"{"generation_lag_ms":1.5}"#, "generation_lag_ms"),
        (#"{"usage_shape":"round"}"#, "usage_shape"), (#"{"comments":1}"#, "comments"),
        (#"{"key_limit_status":500}"#, "key_limit_status"), ("[]", "object"), ("", "JSON"),
        (#"{"latency_ms":5,"float_noise":"no"}"#, "float_noise"),
    ])
    func `a setting that makes no sense is refused by name and changes nothing`(
        body: String, word: String
    ) {
        var sandbox = Sandbox()
        let before = sandbox.behaviour
        let answer = sandbox.send("PUT", "/sandbox/settings", body)
        #expect(answer.status == 400)
        #expect(answer.message.contains(word))
        #expect(sandbox.behaviour == before)
    }

    @Test func `faults are listed and cleared`() {
        var sandbox = Sandbox()
        _ = sandbox.fault(#"{"kind":"cut","after_chunks":3,"times":2}"#)
        _ = sandbox.fault(#"{"kind":"status","status":429,"retry_after":1}"#)
        let listed: JSON = [
            ["kind": "cut", "times": 2, "after_chunks": 3],
            ["kind": "status", "times": 1, "status": 429, "retry_after": 1],
        ]
        #expect(sandbox.send("GET", "/sandbox/state").json["faults"] == listed)
        #expect(sandbox.send("GET", "/sandbox/faults").json == listed)
        #expect(sandbox.send("DELETE", "/sandbox/faults").json == ["cleared": 2])
        #expect(sandbox.chat().status == 200)
    }

    @Test func `reset forgets spend, generations and faults, and keeps keys and settings`() {
        var sandbox = Sandbox()
        let key = sandbox.manage("POST", "/keys", #"{"name":"ada"}"#).json["key"]?.string
        _ = sandbox.send("PUT", "/sandbox/settings", #"{"comments":false}"#)
        let id = sandbox.chat(key: key).json["id"]?.string ?? ""
        _ = sandbox.fault(#"{"kind":"cut"}"#)
        let state = sandbox.send("POST", "/sandbox/reset").json
        #expect((state["bill"], state["requests"], state["generations"]) == (0, 0, 0))
        #expect(state["models_run"] == [:])
        #expect(state["faults"] == [])
        #expect(state["settings"]?["comments"] == false)
        #expect(
            sandbox.send("GET", "/api/v1/generation?id=\(id)", key: sandbox.key).status == 404)
        let own = sandbox.send("GET", "/api/v1/key", key: key).json["data"]
        #expect((own?["usage"], own?["usage_daily"]) == (0, 0))
        #expect(sandbox.chat(key: key).status == 200)
    }

    @Test func `what is under way at a reset is not billed`() {
        var sandbox = Sandbox()
        let request = SandboxRequest(
            "POST", "/api/v1/chat/completions",
            headers: ["authorization": "Bearer \(sandbox.key)"],
            body: Array(#"{"messages":[{"role":"user","content":"hi"}]}"#.utf8))
        guard case .run(let run) = sandbox.answer(request, now: noon) else {
            Issue.record("no run")
            return
        }
        #expect(sandbox.send("GET", "/sandbox/state").json["running"] == 1)
        _ = sandbox.send("POST", "/sandbox/reset")
        sandbox.settle(run, .complete, now: noon)
        #expect(sandbox.bill == .zero)
    }

    @Test(arguments: [
        ("GET", "/api/v1/nothing", 404), ("GET", "/", 404), ("GET", "/api", 404),
        ("GET", "/api/v2/models", 404), ("GET", "/sandbox/nothing", 404),
        ("GET", "/api/v1/chat/completions", 405), ("POST", "/api/v1/models", 405),
        ("PUT", "/api/v1/keys", 405), ("POST", "/api/v1/key", 405), ("GET", "/sandbox/reset", 405),
        ("DELETE", "/sandbox/state", 405), ("DELETE", "/api/v1/credits", 405),
    ])
    func `unknown paths and wrong methods get the envelope`(
        method: String, path: String, status: Int
    ) {
        var sandbox = Sandbox()
        let answer = sandbox.send(method, path)
        #expect(answer.status == status)
        #expect(answer.json["error"]?["code"]?.integer == Int64(status))
        #expect((answer.headers["allow"] != nil) == (status == 405))
        #expect(answer.headers["content-type"] == "application/json")
    }

    @Test func `own secrets can be given`() {
        var sandbox = Sandbox(
            SandboxSettings(key: "sk-or-v1-mine", managementKey: "sk-or-v1-boss"), now: noon)
        #expect((sandbox.key, sandbox.managementKey) == ("sk-or-v1-mine", "sk-or-v1-boss"))
        #expect(sandbox.chat(key: "sk-or-v1-mine").status == 200)
        #expect(sandbox.manage("GET", "/keys").status == 200)
    }
}
