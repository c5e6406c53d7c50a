import Metering
import OpenRouterWire
import Purser

/// Alice, in that tier or in none.
func alice(_ tier: Tier? = nil) -> Caller {
    let now = Timestamp(milliseconds: 0)
    guard let digest = KeyDigest(bytes: Array(repeating: 1, count: 32)) else {
        preconditionFailure("32 bytes are a digest")
    }
    let key = Key(
        id: ID(1), digest: digest, name: "k", label: "l", member: ID(1), tier: tier?.id,
        createdAt: now)
    let roster = Roster(
        revision: 1, zone: .utc, teams: [], tiers: tier.map { [$0] } ?? [],
        members: [Member(id: ID(1), name: "alice", createdAt: now)], keys: [key], budgets: [],
        managementDigests: [])
    guard case .caller(let caller) = roster.resolve(key.digest, memberName: nil, at: now) else {
        preconditionFailure("alice may call")
    }
    return caller
}

extension Admission {
    /// The plan of a call at no particular time, for no particular application.
    static func plan(
        _ request: ChatRequest, caller: Caller, catalogue: Catalogue, headroom: USD?,
        app: String = "", at now: Timestamp = Timestamp(milliseconds: 0)
    ) -> Result<Plan, Refusal> {
        plan(
            Inquiry(
                request: request, caller: caller, app: app, at: now, catalogue: catalogue,
                headroom: headroom))
    }
}

/// The body as it goes upstream.
func applied(_ edits: [BodyEdit], to bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    for edit in edits {
        result += bytes[position..<edit.range.lowerBound]
        result += Array(edit.text.utf8)
        position = edit.range.upperBound
    }
    return result + bytes[position...]
}
