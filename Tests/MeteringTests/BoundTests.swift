import OpenRouterSandbox
import OpenRouterWire
import Purser
import Testing

@testable import Metering

/// No call costs more than was held for it: random calls, run by the stand-in that bills like
/// OpenRouter.
struct BoundTests {
    private static let callCount: UInt64 = 6_000

    /// One call that the gateway let through and the upstream answered.
    private struct Trial {
        var bound: USD
        var bill: USD
        var traits: Set<String>
    }

    /// What became of a call.
    private enum Outcome {
        case billed(Trial)
        case refused(Refusal)
        case refusedUpstream(Int)
    }

    private var sandbox: Sandbox
    private let catalogue: Catalogue

    init() throws {
        let start = Timestamp(milliseconds: 1_795_262_400_000)
        sandbox = Sandbox(SandboxSettings(credits: .dollars(5_000_000)), now: start)
        let listing = sandbox.answer(SandboxRequest("GET", "/api/v1/models"), now: start)
        guard case .whole(let answer) = listing else { preconditionFailure("a list is no run") }
        catalogue = Catalogue(try #require(ListedModel.list(try JSON.parse(answer.body))))
    }

    /// Judges, forwards and bills one call; `minute` spreads calls over the days, because free
    /// models answer only so often.
    private mutating func outcome(of call: RandomCall, minute: Int64) throws -> Outcome {
        let bytes = Array(call.body.utf8)
        let request = try ChatRequest.scan(bytes.span)
        let plan: Admission.Plan
        switch Admission.plan(
            request, caller: alice(call.tier), catalogue: catalogue, headroom: call.headroom)
        {
        case .success(let made): plan = made
        case .failure(let refusal): return .refused(refusal)
        }
        let body = applied(request.edits(for: plan.forwarding), to: bytes)
        let now = Timestamp(milliseconds: 1_795_262_400_000 + minute * 60_000)
        // Half of those that name fall-backs come to run on one.
        if request.models != nil, minute % 2 == 0 {
            let fault = #"{"kind":"status","status":503,"model":"\#(plan.model)","times":1}"#
            _ = sandbox.answer(
                SandboxRequest("POST", "/sandbox/faults", body: Array(fault.utf8)), now: now)
        }
        let reply = sandbox.answer(
            SandboxRequest(
                "POST", "/api/v1/chat/completions",
                headers: ["authorization": "Bearer \(sandbox.key)"], body: body), now: now)
        _ = sandbox.answer(SandboxRequest("DELETE", "/sandbox/faults"), now: now)
        let before = sandbox.bill
        switch reply {
        case .whole(let answer): return .refusedUpstream(answer.status)
        case .run(let run):
            sandbox.settle(run, run.plainEnding, now: now)
            return .billed(
                Trial(bound: plan.bound, bill: sandbox.bill - before, traits: call.traits))
        }
    }

    /// Every call of the test, and what became of it.
    private mutating func trials() throws -> [Trial] {
        var trials: [Trial] = []
        for seed in 0..<BoundTests.callCount {
            let call = RandomCall(seed: seed)
            guard case .billed(let trial) = try outcome(of: call, minute: Int64(seed) * 7) else {
                continue
            }
            #expect(trial.bill <= trial.bound, "seed \(seed), \(call.body)")
            trials.append(trial)
        }
        return trials
    }

    @Test func `no call costs more than was held for it`() throws {
        var copy = self
        let trials = try copy.trials()
        // What is never let through tries nothing.
        #expect(trials.count > Int(BoundTests.callCount) / 4, "\(trials.count)")
        for trait in [
            "models", "n", "reasoning", "search", "tools", "image", "audio", "video", "file",
            "cache",
        ] {
            let count = trials.count { $0.traits.contains(trait) }
            #expect(count >= 20, "\(trait): \(count)")
        }
        expectNarrow(trials)
    }

    /// How many times the bill the bound is, in the median; a bound that holds half the budget for
    /// nothing would keep every promise and be of no use.
    private static let widthsMax: [String: Int64] = [
        "text": 12, "cache": 25, "tools": 20, "reasoning": 25, "search": 50, "image": 30,
        "video": 20, "audio": 60, "file": 10,
    ]

    private func expectNarrow(_ trials: [Trial]) {
        let groups = Dictionary(grouping: trials.filter { $0.bill > .zero }) { trial in
            ["video", "audio", "image", "file", "search", "reasoning", "tools", "cache"]
                .first { trial.traits.contains($0) } ?? "text"
        }
        #expect(Set(groups.keys) == Set(BoundTests.widthsMax.keys))
        for (name, trials) in groups {
            let widths = trials.map { $0.bound.picodollars / $0.bill.picodollars }.sorted()
            let median = widths[widths.count / 2]
            #expect(median <= BoundTests.widthsMax[name] ?? 0, "\(name): \(widths.count) calls")
        }
    }
}
