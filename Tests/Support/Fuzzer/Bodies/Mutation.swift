/// Ways of making a body that a careless reader and a careful one read differently.
package enum Mutation: String, CaseIterable, Hashable, Sendable {
    // In the tree.
    case duplicateName = "duplicate name"
    case escapedName = "escaped name"
    case escapedText = "escaped text"
    case otherCase = "other case"
    case lookAlike = "look-alike"
    case invisible = "invisible character"
    case wrongType = "wrong type"
    case numberAsText = "number as text"
    case strangeNumber = "strange number"
    case nested = "nesting"
    case hoisted = "moved to the top"
    case sunk = "moved inside"
    case inserted = "delicate field"
    case part = "content part"
    case renamed = "renamed field"
    case removed = "removed"
    // In the bytes.
    case truncated, byteFlip, byteInsert, nul, invalidUTF8, comment
    case trailingComma = "trailing comma"
    case byteOrderMark = "byte order mark"
    case wideEncoding = "UTF-16"
    case splice
    case appended = "second document"

    var isOfTree: Bool {
        switch self {
        case .duplicateName, .escapedName, .escapedText, .otherCase, .lookAlike, .invisible,
            .wrongType, .numberAsText, .strangeNumber, .nested, .hoisted, .sunk, .inserted,
            .part, .renamed, .removed:
            true
        case .truncated, .byteFlip, .byteInsert, .nul, .invalidUTF8, .comment, .trailingComma,
            .byteOrderMark, .wideEncoding, .splice, .appended:
            false
        }
    }

    /// How often a body with it must have been forwarded in a hundred thousand cases; nothing for
    /// what must be refused wherever it stands.
    package var forwardedMin: Int {
        switch self {
        case .truncated, .invalidUTF8, .comment, .trailingComma, .byteOrderMark, .wideEncoding,
            .appended:
            0
        // Only where it happens to hit the text of a message.
        case .nul, .splice: 0
        case .byteFlip, .byteInsert: 20
        case .duplicateName, .escapedName: 50
        case .escapedText, .otherCase, .lookAlike, .invisible, .wrongType, .numberAsText,
            .strangeNumber, .nested, .hoisted, .sunk, .inserted, .part, .renamed, .removed:
            200
        }
    }
}

/// Carries out mutations.
struct Mutator {
    var maker: BodyMaker
    var dice: Dice
    let donors: [[UInt8]]

    mutating func mutate(_ body: inout Piece, _ mutation: Mutation) {
        switch mutation {
        case .duplicateName: duplicateName(&body)
        case .escapedName: changeName(&body) { mutator, name in mutator.escaped(name) }
        case .escapedText: changeText(&body) { mutator, text in mutator.escaped(text) }
        case .otherCase: changeWord(&body) { mutator, word in mutator.otherCase(word) }
        case .lookAlike: changeWord(&body) { mutator, word in mutator.lookAlike(word) }
        case .invisible: changeWord(&body) { mutator, word in mutator.withInvisible(word) }
        case .wrongType: body[anyWay(in: body)[...]] = anything()
        case .numberAsText:
            change(&body, where: { $0.first.map { $0.isNumber || $0 == "-" } ?? false }) {
                _, literal in "\"\(literal)\""
            }
        case .strangeNumber:
            let literal = strangeNumber()
            change(&body, where: { $0.first.map { $0.isNumber || $0 == "-" } ?? false }) {
                _, _ in literal
            }
        case .nested: nest(&body)
        case .hoisted: hoist(&body)
        case .sunk: sink(&body)
        case .inserted:
            let member = maker.delicate()
            body.members.insert(member, at: dice.below(body.members.count + 1))
        case .part: insertPart(&body)
        case .renamed: changeName(&body) { mutator, _ in "\"\(mutator.delicateName())\"" }
        case .removed:
            // Nothing is left to take out where something else has become of all objects.
            let ways = body.objectWays.filter { !body[$0[...]].members.isEmpty }
            if ways.isEmpty { return }
            let way = dice.one(ways)
            let members = body[way[...]].members
            body[way[...]].members.remove(at: dice.below(members.count))
        case .truncated, .byteFlip, .byteInsert, .nul, .invalidUTF8, .comment, .trailingComma,
            .byteOrderMark, .wideEncoding, .splice, .appended:
            preconditionFailure("\(mutation) is one of bytes")
        }
    }

    /// The top more often than anything else: that is where the rules are.
    private mutating func objectWay(in body: Piece) -> [Int] {
        dice.happens(2) && !body.members.isEmpty ? [] : dice.one(body.objectWays + [[]])
    }

    private mutating func anyWay(in body: Piece) -> [Int] {
        let ways = body.ways.filter { !$0.isEmpty }
        guard !ways.isEmpty else { return [] }
        return dice.happens(2) ? dice.one(ways.filter { $0.count == 1 }) : dice.one(ways)
    }

    private mutating func duplicateName(_ body: inout Piece) {
        let way = objectWay(in: body)
        var members = body[way[...]].members
        guard !members.isEmpty else { return }
        var twin = dice.one(members)
        switch dice.below(3) {
        case 0: break
        case 1: twin.value = anything()
        default: twin.value = .text(maker.oddModel())
        }
        members.insert(twin, at: dice.below(members.count + 1))
        body[way[...]].members = members
    }

    private mutating func changeName(
        _ body: inout Piece, _ change: (inout Mutator, String) -> String
    ) {
        let way = objectWay(in: body)
        var members = body[way[...]].members
        guard !members.isEmpty else { return }
        let place = dice.below(members.count)
        members[place].name = change(&self, members[place].name)
        body[way[...]].members = members
    }

    private mutating func changeText(
        _ body: inout Piece, _ change: (inout Mutator, String) -> String
    ) {
        self.change(&body, where: { $0.hasPrefix("\"") }, change)
    }

    private mutating func changeWord(
        _ body: inout Piece, _ change: (inout Mutator, String) -> String
    ) {
        if dice.happens(2) { changeName(&body, change) } else { changeText(&body, change) }
    }

    private mutating func change(
        _ body: inout Piece, where isMeant: (String) -> Bool,
        _ change: (inout Mutator, String) -> String
    ) {
        let ways = body.ways.filter {
            if case .raw(let text) = body[$0[...]] { isMeant(text) } else { false }
        }
        guard !ways.isEmpty else { return }
        let way = dice.one(ways)
        guard case .raw(let text) = body[way[...]] else { return }
        body[way[...]] = .raw(change(&self, text))
    }

    private mutating func nest(_ body: inout Piece) {
        let way = anyWay(in: body)
        var value = body[way[...]]
        let depth = dice.one([1, 1, 2, 5, 100, 126, 127, 128, 129, 300])
        for _ in 0..<depth {
            value = dice.happens(2) ? .list([value]) : .object(("a", value))
        }
        body[way[...]] = value
    }

    /// A member from further in stands at the top as well.
    private mutating func hoist(_ body: inout Piece) {
        let ways = body.objectWays.filter { !$0.isEmpty }
        guard !ways.isEmpty else { return }
        body.members.append(dice.one(body[dice.one(ways)[...]].members))
    }

    /// A member of the top goes into another value, or into a field that is passed on.
    private mutating func sink(_ body: inout Piece) {
        guard body.members.count > 1 else { return }
        let member = body.members.remove(at: dice.below(body.members.count))
        let way = objectWay(in: body)
        if dice.happens(2) {
            let name = dice.one(["extra_body", "metadata", "some_future_field", "provider", "body"])
            body.members.append(Piece.Member(name, .object([member])))
        } else {
            body[way[...]].members.append(member)
        }
    }

    private mutating func insertPart(_ body: inout Piece) {
        let part = maker.part()
        let places = body.members.indices.filter { body.members[$0].name == "\"messages\"" }
        guard let place = places.first else { return }
        let text = Piece.object(("type", .text("text")), ("text", .text("x")))
        let name = dice.one(["content", "content", "images", "annotations", "audio"])
        let message = Piece.object(
            ("role", .text("user")), ("content", .text("x")), (name, .list([text, part])))
        var messages = body.members[place].value
        guard case .list(let elements) = messages else { return }
        messages = .list(elements + [message])
        body.members[place].value = messages
    }
}
