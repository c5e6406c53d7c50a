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
