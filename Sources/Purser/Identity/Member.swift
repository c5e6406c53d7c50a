/// A person, or a program that somebody answers for.
package struct Member: Hashable, Sendable {
    package var id: ID<Member>
    package var name: String
    /// `nil` for a member of no team.
    package var team: ID<Team>?
    /// `nil` for what the team has.
    package var tier: ID<Tier>?
    package var createdAt: Timestamp
    /// When they left; their spend stays in the books. `nil` while they are here.
    package var removedAt: Timestamp?

    package init(
        id: ID<Member>, name: String, team: ID<Team>? = nil, tier: ID<Tier>? = nil,
        createdAt: Timestamp, removedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.team = team
        self.tier = tier
        self.createdAt = createdAt
        self.removedAt = removedAt
    }
}

/// Members who share a budget.
package struct Team: Hashable, Sendable {
    package var id: ID<Team>
    package var name: String
    /// For members without one of their own; `nil` allows every model.
    package var tier: ID<Tier>?

    package init(id: ID<Team>, name: String, tier: ID<Tier>? = nil) {
        self.id = id
        self.name = name
        self.tier = tier
    }
}

/// What a member, team, tier or key may be called.
package enum Name {
    /// Long enough for an e-mail address; short enough for a table.
    package static let lengthMax = 100

    /// Whether `text` can name a member, team or tier: letters, digits and `. _ - @ +`.
    ///
    /// Names travel in headers, tables and shells; nothing in them may need quoting.
    package static func isValid(_ text: String) -> Bool {
        (1...lengthMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "@"), UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }
}
