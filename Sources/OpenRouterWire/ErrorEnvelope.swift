/// OpenRouter's error body: `{"error":{"code":…,"message":…,"metadata":{…}}}`.
package enum ErrorEnvelope {
    /// The body for a status, with `code` the same number, as client libraries insist.
    package static func text(
        status: Int, message: String, metadata: JSONObject = JSONObject()
    ) -> String {
        var error = JSONObject([("code", JSON(Int64(status))), ("message", .string(message))])
        if !metadata.members.isEmpty { error["metadata"] = .object(metadata) }
        return JSON.object(JSONObject([("error", .object(error))])).text
    }

    /// An upstream's error body made fit for a member: in the envelope, with an integer code, and
    /// without `user_id`, which names the account.
    package static func forMember(_ bytes: Span<UInt8>, status: Int) -> String {
        // Not JSON, or not in the envelope: said in ours instead.
        guard let parsed = try? JSON.parse(bytes), var body = parsed.object,
            var error = body["error"]?.object
        else {
            return text(status: status, message: "Provider returned error")
        }
        body["user_id"] = nil
        error["code"] = JSON(Int64(status))
        if error["message"]?.string == nil { error["message"] = "Provider returned error" }
        body["error"] = .object(error)
        return JSON.object(body).text
    }

    /// A body with an error in it, without `user_id`; as it came if it cannot be read.
    package static func withoutAccount(_ bytes: Span<UInt8>) -> String {
        // What is not JSON names no account in a field of its own.
        guard let parsed = try? JSON.parse(bytes), var body = parsed.object else {
            return String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
        }
        body["user_id"] = nil
        return JSON.object(body).text
    }
}
