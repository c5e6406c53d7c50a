/// Who a budget belongs to. A call counts in every scope it touches.
package enum Scope: Hashable, Sendable {
    case organisation
    case team(ID<Team>)
    case member(ID<Member>)
    case key(ID<Key>)

    /// The number stored for the kind.
    package var kind: Int64 {
        switch self {
        case .organisation: 1
        case .team: 2
        case .member: 3
        case .key: 4
        }
    }

    /// The id within the kind; 0 for the organisation, of which there is one.
    package var rawID: Int64 {
        switch self {
        case .organisation: 0
        case .team(let id): id.rawValue
        case .member(let id): id.rawValue
        case .key(let id): id.rawValue
        }
    }

    package init?(kind: Int64, rawID: Int64) {
        switch kind {
        case 1: self = .organisation
        case 2: self = .team(ID(rawID))
        case 3: self = .member(ID(rawID))
        case 4: self = .key(ID(rawID))
        default: return nil
        }
    }
}

extension Scope {
    /// One word for the kind and the id: every call looks up four scopes several times.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(rawID << 2 | (kind - 1))
    }
}
