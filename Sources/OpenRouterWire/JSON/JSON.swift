/// A JSON document that keeps the digits of its numbers.
///
/// Foundation's decoders turn `1.5e-7` into a binary float before anybody can look at it. Here a
/// number is its literal, so that money can be read from what was really sent.
package enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The literal as it stands in the text.
    case number(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object, in the order of the text.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSON
    }

    package private(set) var members: [Member]

    package init(_ members: [(String, JSON)] = []) {
        self.members = members.map { Member(name: $0.0, value: $0.1) }
    }

    /// None yet, with room for as many.
    init(reserving count: Int) {
        members = []
        members.reserveCapacity(count)
    }

    /// The value under that name, or `nil` if there is none; setting `nil` removes it.
    package subscript(name: String) -> JSON? {
        get { members.last { $0.name == name }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            if let index = members.lastIndex(where: { $0.name == name }) {
                members[index].value = newValue
            } else {
                members.append(Member(name: name, value: newValue))
            }
        }
    }
}

extension JSON {
    package subscript(name: String) -> JSON? { object?[name] }

    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    package var array: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The literal of a number.
    package var literal: String? {
        if case .number(let literal) = self { literal } else { nil }
    }

    /// The value of a number without a fraction: `5`, `5.0` and `5e0` alike.
    package var integer: Int64? { literal.flatMap(JSON.integer(literal:)) }

    package var isNull: Bool { self == .null }

    /// The integer that a number's literal stands for, or `nil` if it has a fraction.
    package static func integer(literal: String) -> Int64? {
        if let plain = Int64(literal) { return plain }
        return integerWithPoint(literal)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(JSONObject(elements))
    }
    package init(nilLiteral: ()) { self = .null }
}
