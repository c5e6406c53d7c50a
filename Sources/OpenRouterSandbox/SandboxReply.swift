import OpenRouterWire

/// What the sandbox decides to answer; the server only carries it out.
package enum SandboxReply: Sendable {
    /// A finished answer.
    case whole(Whole)
    /// A completion, which takes its time and is billed when it ends.
    case run(Run)

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package struct Whole: Hashable, Sendable {
        package var status: Int
        package var headers: [Header]
        package var body: String

        init(status: Int = 200, headers: [Header] = [], body: String) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        init(status: Int = 200, headers: [Header] = [], json: JSON) {
            self.init(
                status: status,
                headers: [Header("content-type", "application/json")] + headers,
                body: json.text)
        }
    }
}
