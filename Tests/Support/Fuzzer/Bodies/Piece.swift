/// A JSON value as text in pieces, so that it can be broken where one likes.
indirect enum Piece: Hashable {
    /// As it will stand: a string has its quotes.
    case raw(String)
    case list([Piece])
    case object([Member])

    struct Member: Hashable {
        /// As it will stand, with its quotes.
        var name: String
        var value: Piece

        init(_ name: String, _ value: Piece) {
            self.name = "\"\(name)\""
            self.value = value
        }
    }

    static func text(_ text: String) -> Piece { .raw("\"\(text)\"") }

    static func object(_ members: (String, Piece)...) -> Piece {
        .object(members.map { Member($0.0, $0.1) })
    }

    func rendered(space: String) -> String {
        switch self {
        case .raw(let text): text
        case .list(let elements):
            "[\(space)"
                + elements.map { $0.rendered(space: space) }
                .joined(separator: "\(space),\(space)") + "\(space)]"
        case .object(let members):
            "{\(space)"
                + members.map { "\($0.name)\(space):\(space)\($0.value.rendered(space: space))" }
                .joined(separator: "\(space),\(space)") + "\(space)}"
        }
    }

    /// The ways to every value in it, itself among them.
    var ways: [[Int]] {
        var ways: [[Int]] = [[]]
        for (index, child) in children.enumerated() {
            ways += child.ways.map { [index] + $0 }
        }
        return ways
    }

    /// The ways to every object that has members.
    var objectWays: [[Int]] { ways.filter { !self[$0[...]].members.isEmpty } }

    var members: [Member] {
        get { if case .object(let members) = self { members } else { [] } }
        set { self = .object(newValue) }
    }

    private var children: [Piece] {
        switch self {
        case .raw: []
        case .list(let elements): elements
        case .object(let members): members.map(\.value)
        }
    }

    subscript(way: ArraySlice<Int>) -> Piece {
        get {
            guard let first = way.first else { return self }
            return children[first][way.dropFirst()]
        }
        set {
            guard let first = way.first else { return self = newValue }
            switch self {
            case .raw: return
            case .list(var elements):
                elements[first][way.dropFirst()] = newValue
                self = .list(elements)
            case .object(var members):
                members[first].value[way.dropFirst()] = newValue
                self = .object(members)
            }
        }
    }
}
