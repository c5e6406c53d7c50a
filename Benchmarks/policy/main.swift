import Foundation
import Metering
import OpenRouterWire
import Purser

/// What the decision about one call costs the processor – reading the body, judging it and
/// writing the edits – and how that grows with the body: `policy-bench [--rounds 9] [--size 2000]`.
struct PolicyBench {
    /// So many bytes are read in each round, in calls of whatever size.
    static let bytesOfRound = 20_000_000
    static let callsMin = 5
    static let sizes = [1_000, 2_000, 10_000, 100_000, 1_000_000, 10_000_000]

    let body: [UInt8]
    let caller: Caller
    let catalogue: Catalogue

    /// Nanoseconds of processor time for one call, by step.
    struct Times {
        var scan = 0.0
        var plan = 0.0
        var edits = 0.0

        var all: Double { scan + plan + edits }
    }

    private var calls: Int { max(PolicyBench.callsMin, PolicyBench.bytesOfRound / body.count) }

    /// Each step is timed over many calls on its own; the three together are the decision.
    func round() -> Times {
        let request: ChatRequest
        let plan: Admission.Plan
        do {
            request = try ChatRequest.scan(body.span)
            plan = try Admission.plan(inquiry(request)).get()
        } catch { fatalError("the body is not let through: \(error)") }
        var times = Times()
        var check = 0
        times.scan = timed {
            // The same body was read before.
            check &+= (try? ChatRequest.scan(body.span))?.byteCount ?? 0
        }
        times.plan = timed {
            if case .success = Admission.plan(inquiry(request)) { check &+= 1 }
        }
        times.edits = timed { check &+= request.edits(for: plan.forwarding).count }
        precondition(check >= calls * (body.count + 2), "every call was judged")
        return times
    }

    private func inquiry(_ request: ChatRequest) -> Admission.Inquiry {
        Admission.Inquiry(
            request: request, caller: caller, app: "bench", at: Timestamp(milliseconds: 0),
            catalogue: catalogue, headroom: .dollars(900))
    }

    private func timed(_ step: () -> Void) -> Double {
        let start = processorTime()
        for _ in 0..<calls { step() }
        return Double(processorTime() - start) / Double(calls)
    }

    /// What this process has used of the processor, in nanoseconds.
    private func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// The median, and the least and the most in brackets.
func summary(_ values: [Double], unit: Double = 1, digits: Int = 0) -> String {
    let sorted = values.sorted().map { String(format: "%.\(digits)f", $0 / unit) }
    return "\(sorted[sorted.count / 2]) (\(sorted[0])-\(sorted[sorted.count - 1]))"
}

let arguments = CommandLine.arguments
func option(_ name: String) -> Int? {
    arguments.firstIndex(of: name).flatMap { Int(arguments[$0 + 1]) }
}
let rounds = option("--rounds") ?? 9
let sizes = option("--size").map { [$0] } ?? PolicyBench.sizes
let catalogue = Surroundings.catalogue()
let scenes: [(name: String, caller: Caller, make: (Int) -> [UInt8])] = [
    ("a conversation, no tier", Surroundings.caller(nil), Bodies.plain),
    (
        "a conversation, a tier of 20 patterns", Surroundings.caller(Surroundings.tier()),
        Bodies.plain
    ),
    (
        "an agent's, a tier of 20 patterns", Surroundings.caller(Surroundings.tier()),
        Bodies.full
    ),
]
for scene in scenes {
    print(scene.name)
    print("  bytes  all, us (least-most)  scan, us  plan, us  edits, us  ns/byte")
    for size in sizes {
        let bench = PolicyBench(
            body: scene.make(size), caller: scene.caller, catalogue: catalogue)
        _ = bench.round()
        let results = (1...rounds).map { _ in bench.round() }
        let perByte = results.map { $0.all / Double(bench.body.count) }
        print(
            "  \(bench.body.count)  \(summary(results.map(\.all), unit: 1_000, digits: 2))"
                + "  \(summary(results.map(\.scan), unit: 1_000, digits: 2))"
                + "  \(summary(results.map(\.plan), unit: 1_000, digits: 2))"
                + "  \(summary(results.map(\.edits), unit: 1_000, digits: 2))"
                + "  \(summary(perByte, digits: 3))")
    }
}
