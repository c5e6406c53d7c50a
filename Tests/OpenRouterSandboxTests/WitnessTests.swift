import OpenRouterWire
import Purser
import Testing

@testable import OpenRouterSandbox

struct WitnessTests {
    private static func post(_ sandbox: inout Sandbox, _ body: String, to path: String) {
        let request = SandboxRequest("POST", path, body: Array(body.utf8))
        _ = sandbox.answer(request, now: Timestamp(milliseconds: 0))
    }

    @Test func `what arrives is remembered with what it could have run, answered or not`() {
        var sandbox = Sandbox()
        Self.post(
            &sandbox, #"{"MODEL":"a","plugins":[{"id":"web"}]}"#, to: "/api/v1/chat/completions")
        Self.post(&sandbox, #"{"model":"b"}"#, to: "/api/v1/images")
        let all = sandbox.send("GET", "/sandbox/verdicts").json
        #expect(all["seen"] == 2)
        let verdicts = all["verdicts"]?.array ?? []
        #expect(verdicts.map { $0["number"] } == [1, 2])
        #expect(verdicts.first?["models"] == ["a"])
        #expect(verdicts.first?["extras"] == ["web-search": "the plugin web"])
        #expect(verdicts.first?["names_model"] == false)
        #expect(verdicts.last?["path"] == "/api/v1/images")
        #expect(
            sandbox.send("GET", "/sandbox/verdicts?after=1").json["verdicts"]?.array?.count == 1)
        #expect(sandbox.send("GET", "/sandbox/verdicts?after=x").status == 400)
    }

    @Test func `the memory has an end, the count has none`() {
        var witness = Witness()
        for _ in 0...Witness.requestsMax { witness.record(SandboxRequest("POST", "/x")) }
        let json = witness.verdicts(after: 0)
        #expect(json["seen"] == JSON(Int64(Witness.requestsMax + 1)))
        #expect(json["verdicts"]?.array?.first?["number"] == 2)
        let large = [UInt8](repeating: 0x20, count: Witness.bytesMax / 2)
        for _ in 0..<3 { witness.record(SandboxRequest("POST", "/x", body: large)) }
        let count = Int64(Witness.requestsMax + 4)
        #expect(witness.verdicts(after: count - 3)["verdicts"]?.array?.count == 2)
    }
}
