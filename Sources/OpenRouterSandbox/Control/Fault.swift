import OpenRouterWire

/// A misfortune that awaits the next completions it fits; each kind says how it is billed.
struct Fault: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// Answers with that HTTP status instead of running. Bills nothing; a request with
        /// `models` goes on to its next model.
        case status
        /// HTTP 200 with an error as the body and no choices. Bills nothing.
        case errorIn200 = "error_in_200"
        /// The answer lacks its usage. Billed in full; `GET /generation` knows the cost.
        case noUsage = "no_usage"
        /// Usage says zero tokens and zero cost, as for an answer from a cache. Bills nothing,
        /// and `GET /generation` says the same.
        case zeroUsage = "zero_usage"
        /// A stream whose usage chunk comes twice. Billed once, in full.
        case usageTwice = "usage_twice"
        /// A stream whose first and only event is an error. Bills nothing.
        case errorFirst = "error_first"
        /// A stream that turns into an error after `after_chunks` pieces, with no usage and no
        /// `[DONE]`. Bills nothing: OpenRouter does not charge for a failed generation.
        case errorMid = "error_mid"
        /// The connection breaks: a stream after `after_chunks` pieces, which bills the tokens
        /// sent so far; any other answer in the middle of its body, which is billed in full.
        case cut
        /// The generation fails after half of its text: finish reason `error`, usage with cost 0.
        /// Bills nothing.
        case finishError = "finish_error"

        /// Whether only streams can suffer it.
        var needsStream: Bool {
            switch self {
            case .usageTwice, .errorFirst, .errorMid: true
            case .status, .errorIn200, .noUsage, .zeroUsage, .cut, .finishError: false
            }
        }

        /// What may be said about it besides `kind`, `times` and `model`.
        var details: Set<String> {
            switch self {
            case .status: ["status", "retry_after"]
            case .errorIn200, .errorFirst, .finishError: ["status"]
            case .errorMid: ["status", "after_chunks"]
            case .cut: ["after_chunks"]
            case .noUsage, .zeroUsage, .usageTwice: []
            }
        }
    }

    var kind: Kind
    /// The HTTP status, or the error's code where the HTTP status stays 200.
    var status: Int
    /// Seconds for the `Retry-After` header.
    var retryAfter: Int64?
    /// How many completions it still hits.
    var times: Int64
    /// Only completions that would run on this model; `nil` for all.
    var model: String?
    /// How many pieces of text a stream still sends.
    var afterChunks: Int64

    init(_ body: JSON) throws(Refusal) {
        guard let members = body.object?.members else {
            throw .invalid("the body must be a JSON object")
        }
        let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = body["kind"]?.string else { throw .invalid("kind is one of \(kinds)") }
        guard let kind = Kind(rawValue: name) else {
            throw .invalid("kind \"\(name)\" is not known; it is one of \(kinds)")
        }
        let known = kind.details.union(["kind", "times", "model"])
        if let stranger = members.first(where: { !known.contains($0.name) })?.name {
            throw .invalid("\(stranger) is not a field of a fault of kind \(name)")
        }
        self.kind = kind
        let status = try body.field("status", \.integer, "a whole number")
        guard kind != .status || status != nil else { throw .invalid("status is required") }
        self.status = Int(status ?? (kind == .errorIn200 ? 500 : 502))
        guard (400...599).contains(self.status) else {
            throw .invalid("status must be from 400 to 599")
        }
        retryAfter = try body.bounded("retry_after", from: 0)
        times = try body.bounded("times", from: 1) ?? 1
        afterChunks = try body.bounded("after_chunks", from: 0) ?? 2
        if let wanted = try body.field("model", \.string, "a string") {
            guard let (match, _) = Catalogue.resolve(wanted) else {
                throw .invalid("model \"\(wanted)\" is not in the catalogue")
            }
            model = match.id
        }
    }

    var json: JSON {
        var object = JSONObject([("kind", .string(kind.rawValue)), ("times", JSON(times))])
        if kind.details.contains("status") { object["status"] = JSON(Int64(status)) }
        object["retry_after"] = retryAfter.map { JSON($0) }
        if kind.details.contains("after_chunks") { object["after_chunks"] = JSON(afterChunks) }
        object["model"] = model.map(JSON.string)
        return .object(object)
    }
}

extension [Fault] {
    /// The oldest fault that fits, counted down.
    mutating func take(model: Model, isStreaming: Bool) -> Fault? {
        let position = firstIndex { fault in
            (fault.model.map { $0 == model.id } ?? true)
                && (isStreaming || !fault.kind.needsStream)
        }
        guard let position else { return nil }
        let fault = self[position]
        self[position].times -= 1
        if self[position].times == 0 { remove(at: position) }
        return fault
    }
}

extension Fault {
    /// What the fault's status says, as OpenRouter words it.
    func refusal(model: Model, provider: Provider?) -> Refusal {
        let headers = retryAfter.map { [SandboxReply.Header("retry-after", String($0))] } ?? []
        var refusal = Refusal(status, "Provider returned error", headers: headers)
        switch status {
        case 400: refusal.message = "Invalid request parameters"
        case 401: refusal.message = "User not found."
        case 402: refusal.message = Refusal.noCredits.message
        case 403: refusal.message = "Your input was flagged"
        case 404: refusal.message = "No endpoints found for \(model.id)."
        case 408: refusal.message = "Operation timed out. Please try again later."
        case 413: refusal.message = "Request payload too large"
        case 422: refusal.message = "Invalid argument"
        case 429:
            let raw =
                "\(model.id) is temporarily rate-limited upstream. Please retry shortly, or add "
                + "your own key to accumulate your rate limits: "
                + "https://openrouter.ai/settings/integrations"
            refusal.metadata = ["raw": .string(raw), "provider_name": JSON(provider?.name)]
            refusal.namesUser = true
        case 500: refusal.message = "Internal Server Error"
        case 502:
            refusal.metadata = [
                "error_type": "provider_unavailable", "provider_code": "overloaded",
            ]
        case 503:
            refusal.message = "Service temporarily unavailable"
            refusal.metadata = ["error_type": "provider_overloaded"]
        case 524: refusal.message = "Request timed out. Please try again later."
        default: break
        }
        return refusal
    }

    /// The error object of a generation that failed on its way.
    var midwayError: JSON {
        let words: (message: String, type: String) =
            switch status {
            case 429: ("Rate limit exceeded", "rate_limit_exceeded")
            case 500: ("Internal Server Error", "server")
            case 503, 529: ("Provider overloaded", "provider_overloaded")
            case 504, 524: ("Provider timed out", "timeout")
            default: ("Provider disconnected unexpectedly", "provider_unavailable")
            }
        return [
            "code": JSON(Int64(status)), "message": .string(words.message),
            "metadata": ["error_type": .string(words.type)],
        ]
    }
}

extension JSON {
    fileprivate func bounded(_ name: String, from least: Int64) throws(Refusal) -> Int64? {
        guard let value = try field(name, \.integer, "a whole number") else { return nil }
        guard value >= least else { throw .invalid("\(name) must be at least \(least)") }
        return value
    }
}
