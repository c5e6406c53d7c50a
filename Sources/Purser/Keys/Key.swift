/// A credential for the gateway: its identity survives every rotation of the secret.
package struct Key: Hashable, Sendable {
    package var id: ID<Key>
    /// SHA-256 of the present secret.
    package var digest: KeyDigest
    /// Free text for people.
    package var name: String
    /// The masked secret, for recognition.
    package var label: String
    /// Who holds it and answers for it.
    package var member: ID<Member>
    /// `nil` for what the member has.
    package var tier: ID<Tier>?
    /// Whether several people use it and tell themselves apart by a title or `user`.
    package var isShared: Bool
    package var isDisabled: Bool
    /// `nil` if it never expires.
    package var expiresAt: Timestamp?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp?
    /// When it was withdrawn for good; `nil` while it is not.
    package var revokedAt: Timestamp?
    /// The period of the limit that OpenRouter's key object shows; ``Period/total`` never resets.
    package var limitReset: Period

    package init(
        id: ID<Key>, digest: KeyDigest, name: String, label: String, member: ID<Member>,
        tier: ID<Tier>? = nil, isShared: Bool = false, isDisabled: Bool = false,
        expiresAt: Timestamp? = nil, createdAt: Timestamp, updatedAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil, limitReset: Period = .total
    ) {
        self.id = id
        self.digest = digest
        self.name = name
        self.label = label
        self.member = member
        self.tier = tier
        self.isShared = isShared
        self.isDisabled = isDisabled
        self.expiresAt = expiresAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.revokedAt = revokedAt
        self.limitReset = limitReset
    }

    /// Why the key may not be used at that instant, or `nil` if it may.
    package func refusal(at now: Timestamp) -> Refusal? {
        if revokedAt != nil { return .keyRevoked }
        if isDisabled { return .keyDisabled }
        if let expiresAt, expiresAt <= now { return .keyExpired(at: expiresAt) }
        return nil
    }
}
