import OpenRouterWire

/// A request that is answered with OpenRouter's error envelope.
struct Refusal: Error, Equatable {
    var status: Int
    var message: String
    var metadata: JSON?
    /// Errors of the inference side name the account's user, those of the management side do not.
    var namesUser = false
    var headers: [SandboxReply.Header] = []

    init(
        _ status: Int, _ message: String, metadata: JSON? = nil, namesUser: Bool = false,
        headers: [SandboxReply.Header] = []
    ) {
        self.status = status
        self.message = message
        self.metadata = metadata
        self.namesUser = namesUser
        self.headers = headers
    }

    /// The error object alone, as it also stands inside a stream.
    var error: JSON {
        var error = JSONObject([
            ("message", .string(message)), ("code", JSON(Int64(status))),
        ])
        error["metadata"] = metadata
        return .object(error)
    }

    var reply: SandboxReply.Whole {
        var body = JSONObject([("error", error)])
        if namesUser { body["user_id"] = .string(Account.userID) }
        return SandboxReply.Whole(status: status, headers: headers, json: .object(body))
    }
}

extension Refusal {
    static let missingKey = Refusal(401, "Missing Authentication header")
    /// What OpenRouter says to unknown keys, and to management keys that ask for inference.
    static let unknownKey = Refusal(401, "User not found.")
    static let notManagement = Refusal(403, "Only management keys can perform this operation")
    static let noSuchResource = Refusal(404, "Resource not found")

    static let noCredits = Refusal(
        402, "Insufficient credits. Add more using https://openrouter.ai/credits")

    static func invalid(_ complaint: String) -> Refusal {
        Refusal(400, "Invalid request parameters: \(complaint)")
    }

    static func noSuchPath(_ path: String) -> Refusal {
        Refusal(404, "No route \(path); the API is under /api/v1 and the controls under /sandbox")
    }

    static func wrongMethod(_ method: String, allowed: [String]) -> Refusal {
        let allowed = allowed.joined(separator: ", ")
        return Refusal(
            405, "Method \(method) not allowed here; use \(allowed)",
            headers: [.init("allow", allowed)])
    }

    static let bodyTooLarge = Refusal(413, "Request payload too large")
}
