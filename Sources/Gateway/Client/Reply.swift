import NIOCore
import NIOHTTP1
import OpenRouterWire
import Purser

/// A whole answer, ready to be written.
struct Reply {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer
    /// Whether the connection must not be used again.
    var closes = false

    /// An answer in JSON.
    static func json(_ status: Int, _ text: String) -> Reply {
        Reply(
            status: HTTPResponseStatus(statusCode: status),
            headers: ["content-type": "application/json"], body: ByteBuffer(string: text))
    }

    static func plain(_ reply: PlainReply) -> Reply { json(reply.status, reply.body) }

    /// A refusal in OpenRouter's envelope, with what a program needs in `metadata`.
    ///
    /// - Parameter contact: whom to ask; `nil` if nobody is named.
    static func refusal(_ refusal: Refusal, requestID: String, contact: String?) -> Reply {
        var metadata = RefusalMetadata.json(refusal, requestID: requestID)
        var message = refusal.sentence
        if let contact {
            metadata["contact"] = .string(contact)
            if refusal.isForTheLead { message += " Contact: \(contact)" }
        }
        var reply = json(
            refusal.status,
            ErrorEnvelope.text(status: refusal.status, message: message, metadata: metadata))
        if let seconds = refusal.retryAfterSeconds {
            reply.headers.add(name: "retry-after", value: String(seconds))
        }
        return reply
    }

    /// An error that has no place among the refusals: a path or a method that does not exist.
    static func error(_ status: Int, _ message: String, requestID: String) -> Reply {
        json(
            status,
            ErrorEnvelope.text(
                status: status, message: message,
                metadata: JSONObject([("request_id", .string(requestID))])))
    }
}
