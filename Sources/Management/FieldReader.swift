import OpenRouterWire
import Purser

/// Reads a JSON object strictly: a field of the wrong type, twice there or unknown is a failure
/// that names it, because a field that is accepted and ignored deceives whoever sent it.
struct FieldReader {
    private let fields: JSONObject
    private let path: String
    private var known: Set<String> = []

    init(body: [UInt8]) throws(ManagementFailure) {
        guard body.count <= ManagementRequest.bodyBytesMax else {
            throw ManagementFailure(
                .bodyTooLarge,
                "A management request has at most \(ManagementRequest.bodyBytesMax) bytes.")
        }
        let document: JSON
        do throws(JSONGrammar.Fault) {
            document = try JSON.parse(body, duplicates: .refused)
        } catch {
            throw .malformed("The body \(error.reason) (at byte \(error.offset)).")
        }
        guard let object = document.object else {
            throw .malformed("The body must be a JSON object.")
        }
        self.init(object)
    }

    private init(_ object: JSONObject, path: String = "") {
        fields = object
        self.path = path
    }

    /// Call last: fails for any field that nobody has asked for.
    func finish() throws(ManagementFailure) {
        guard let unknown = fields.members.first(where: { !known.contains($0.name) }) else {
            return
        }
        throw ManagementFailure(
            .malformed, "\"\(path)\(unknown.name)\" is not a field of this request.",
            remedy: "Known: \(known.sorted().joined(separator: ", ")).")
    }

    /// Whether the field is there, `null` or not.
    mutating func has(_ name: String) -> Bool {
        known.insert(name)
        return fields[name] != nil
    }

    /// The text, or `nil` if the field is missing or `null`.
    mutating func text(_ name: String) throws(ManagementFailure) -> String? {
        try value(name, "a string", \.string)
    }

    mutating func bool(_ name: String) throws(ManagementFailure) -> Bool? {
        try value(name, "true or false", \.bool)
    }

    /// A limit in dollars, never rounded up; `nil` if the field is missing or `null`.
    mutating func limit(_ name: String) throws(ManagementFailure) -> USD? {
        guard let literal = try value(name, "a number or null", \.literal) else { return nil }
        do throws(LimitText.Fault) {
            return try LimitText.parse(literal)
        } catch {
            throw .malformed("\"\(path)\(name)\" \(error.phrase).")
        }
    }

    /// A reader of the object under that name, or `nil` if it is missing or `null`.
    mutating func object(_ name: String) throws(ManagementFailure) -> FieldReader? {
        try value(name, "an object", \.object).map { FieldReader($0, path: "\(path)\(name).") }
    }

    private mutating func value<Value>(
        _ name: String, _ kind: String, _ read: (JSON) -> Value?
    ) throws(ManagementFailure) -> Value? {
        known.insert(name)
        guard let field = fields[name], !field.isNull else { return nil }
        guard let value = read(field) else {
            throw .malformed("\"\(path)\(name)\" must be \(kind).")
        }
        return value
    }
}
