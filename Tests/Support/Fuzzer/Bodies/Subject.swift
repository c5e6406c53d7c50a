import Metering
import OpenRouterWire
import Purser

/// What is tried: from the bytes that a client sends to those that go upstream.
///
/// The only file that calls the gateway's rules.
enum Subject {
    enum Outcome {
        case malformed
        case refused(code: String)
        /// With the output limit that the money was held for.
        case forwarded([UInt8], outputTokensMax: Int64)
    }

    static func run(_ body: [UInt8], in scene: Scene) -> Outcome {
        let request: ChatRequest
        do {
            request = try ChatRequest.scan(body.span)
        } catch {
            return .malformed
        }
        let inquiry = Admission.Inquiry(
            request: request, caller: caller(in: scene.tier), app: "fuzzer",
            at: Timestamp(milliseconds: 0), catalogue: scene.catalogue, headroom: nil)
        switch Admission.plan(inquiry) {
        case .failure(let refusal): return .refused(code: refusal.code)
        case .success(let plan):
            let edits = request.edits(for: plan.forwarding)
            return .forwarded(
                applied(edits, to: body), outputTokensMax: plan.forwarding.outputTokensMax)
        }
    }

    private static func applied(_ edits: [BodyEdit], to body: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        for edit in edits {
            result += body[position..<edit.range.lowerBound]
            result += Array(edit.text.utf8)
            position = edit.range.upperBound
        }
        return result + body[position...]
    }

    private static func caller(in tier: Tier) -> Caller {
        let now = Timestamp(milliseconds: 0)
        guard let digest = KeyDigest(bytes: Array(repeating: 1, count: 32)) else {
            preconditionFailure("32 bytes are a digest")
        }
        let key = Key(
            id: ID(1), digest: digest, name: "k", label: "l", member: ID(1), tier: tier.id,
            createdAt: now)
        let roster = Roster(
            revision: 1, zone: .utc, teams: [], tiers: [tier],
            members: [Member(id: ID(1), name: "alice", createdAt: now)], keys: [key], budgets: [],
            managementDigests: [])
        guard case .caller(let caller) = roster.resolve(digest, memberName: nil, at: now) else {
            preconditionFailure("alice may call")
        }
        return caller
    }
}
