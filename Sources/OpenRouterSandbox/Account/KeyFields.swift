import OpenRouterWire
import Purser

/// The body of `POST /keys` and `PATCH /keys/{hash}`, checked.
struct KeyFields {
    var name: String?
    var isDisabled: Bool?
    /// The outer `nil` is "not mentioned", the inner "no limit".
    var limit: USD??
    var reset: Period?
    var countsByok: Bool?
    var expiresAt: Timestamp?

    init(creating body: JSON) throws(Refusal) {
        try self.init(common: body)
        guard name != nil else { throw .invalid("name is required") }
        if let text = try body.field("expires_at", \.string, "a timestamp") {
            guard text.hasSuffix("Z") || text.hasSuffix("+00:00"), let instant = Timestamp(text)
            else { throw .invalid("expires_at must be an ISO 8601 timestamp in UTC") }
            expiresAt = instant
        }
        if let user = try body.field("creator_user_id", \.string, "a string"), user.isEmpty {
            throw .invalid("creator_user_id must not be empty")
        }
        let workspace = try body.field("workspace_id", \.string, "a string")
        guard workspace == nil || workspace == Account.workspaceID else {
            throw .invalid("workspace_id names no workspace of this account")
        }
        for name in ["external_user", "external_api_key"] where !(body[name]?.isNull ?? true) {
            throw Refusal(403, "Only client secrets may send \(name)")
        }
    }

    init(patching body: JSON) throws(Refusal) {
        try self.init(common: body)
        isDisabled = try body.field("disabled", \.bool, "true or false")
    }

    private init(common body: JSON) throws(Refusal) {
        guard body.object != nil else { throw .invalid("the body must be a JSON object") }
        if let value = body["name"] {
            guard let text = value.string, !text.isEmpty else {
                throw .invalid("name must be a non-empty string")
            }
            name = text
        }
        if let value = body["limit"] {
            if value.isNull {
                limit = .some(nil)
            } else {
                guard value.literal != nil, let amount = value.usd, amount >= .zero else {
                    throw .invalid("limit must be a number of dollars, zero or more, or null")
                }
                limit = amount
            }
        }
        if let value = body["limit_reset"] {
            switch value {
            case .null: reset = .total
            case "daily": reset = .daily
            case "weekly": reset = .weekly
            case "monthly": reset = .monthly
            default: throw .invalid("limit_reset must be daily, weekly, monthly or null")
            }
        }
        countsByok = try body.field("include_byok_in_limit", \.bool, "true or false")
    }

    /// Writes what was mentioned into the key.
    func apply(to key: inout SandboxKey) {
        if let name { key.name = name }
        if let isDisabled { key.isDisabled = isDisabled }
        if let limit { key.limit = limit }
        if let reset { key.reset = reset }
        if let countsByok { key.countsByok = countsByok }
        if let expiresAt { key.expiresAt = expiresAt }
    }
}

extension JSON {
    /// The member of that name read as one kind of value; `nil` if it is missing or null.
    func field<Value>(
        _ name: String, _ read: (JSON) -> Value?, _ kind: String
    ) throws(Refusal) -> Value? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let result = read(value) else { throw .invalid("\(name) must be \(kind)") }
        return result
    }
}

extension SandboxRequest {
    /// The body as a JSON document.
    func json() throws(Refusal) -> JSON {
        do {
            return try JSON.parse(body)
        } catch {
            throw Refusal(400, "Invalid JSON body: it \(error.reason) at byte \(error.offset)")
        }
    }
}
