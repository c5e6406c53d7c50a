/// A JSON value as the most tolerant reader would have it: nothing is lost, nothing refused.
indirect enum Reading: Hashable, Sendable {
    case null
    case flag(Bool)
    /// The literal as it stands.
    case number(String)
    case text(String)
    case list([Reading])
    /// Every member, also those of one name, in the order of the text.
    case object([Member])

    struct Member: Hashable, Sendable {
        var name: String
        var value: Reading
    }
}

/// How a reader finds a member of an object; readers in the wild differ in both.
struct Manner: Hashable, Sendable {
    /// Whether `Model` is `model`.
    var foldsNames: Bool
    /// Whether the last of several members of one name counts, or the first.
    var takesLast: Bool

    static let all = [false, true].flatMap { folds in
        [false, true].map { Manner(foldsNames: folds, takesLast: $0) }
    }
}

extension Reading {
    /// The members of an object; none for anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// A list's elements, or the value alone: readers wrap what should have been a list.
    var elements: [Reading] {
        switch self {
        case .null: []
        case .list(let elements): elements
        case .flag, .number, .text, .object: [self]
        }
    }

    /// Every member that some reader takes for one of that folded name.
    func all(_ folded: String) -> [Reading] {
        members.filter { Folding.name($0.name) == folded }.map(\.value)
    }

    /// The member that a reader of that manner takes; `nil` where it finds none, or null.
    func member(_ name: String, _ manner: Manner) -> Reading? {
        let found = members.filter {
            // Compared as bytes: equality of strings is more tolerant than a reader is.
            manner.foldsNames
                ? Folding.name($0.name) == Folding.name(name)
                : Array($0.name.utf8) == Array(name.utf8)
        }
        let value = manner.takesLast ? found.last?.value : found.first?.value
        return value == .null ? nil : value
    }

    /// Text, or a number's literal.
    var word: String? {
        switch self {
        case .text(let text): text
        case .number(let literal): literal
        case .null, .flag, .list, .object: nil
        }
    }

    /// Every text and number in it, however deep; names of members are not among them.
    var words: [String] {
        switch self {
        case .null, .flag: []
        case .number(let literal): [literal]
        case .text(let text): [text]
        case .list(let elements): elements.flatMap(\.words)
        case .object(let members): members.flatMap(\.value.words)
        }
    }

    /// Every value whose member's folded name satisfies `isMeant`, however deep.
    func values(where isMeant: (String) -> Bool) -> [Reading] {
        switch self {
        case .null, .flag, .number, .text: []
        case .list(let elements): elements.flatMap { $0.values(where: isMeant) }
        case .object(let members):
            members.flatMap { member in
                (isMeant(Folding.name(member.name)) ? [member.value] : [])
                    + member.value.values(where: isMeant)
            }
        }
    }

    /// Whether it switches something on: not null, not false, not an empty text, list or object.
    var isSomething: Bool {
        switch self {
        case .null: false
        case .flag(let value): value
        case .number: true
        case .text(let text): !text.isEmpty
        case .list(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        }
    }
}
