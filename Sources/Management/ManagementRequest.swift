import OpenRouterWire

/// A request of the management API, without the transport it came by.
package struct ManagementRequest: Sendable {
    package var method: String
    /// What is behind `/api/v1`: `/keys`, `/keys/`, `/keys/<hash>`.
    package var path: String
    /// What is behind the question mark; empty if there is none.
    package var query: String
    package var body: [UInt8]
    /// What the answer's header calls the request; repeated in errors unless empty.
    package var requestID: String

    package init(
        method: String, path: String, query: String = "", body: [UInt8] = [],
        requestID: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.requestID = requestID
    }

    /// Far more than a key's fields need; keeps the strict reader's work small.
    static let bodyBytesMax = 65_536
}

/// What to answer, as JSON.
package struct ManagementResponse: Hashable, Sendable {
    package var status: Int
    package var body: String
    /// For the `Allow` header of a 405; empty otherwise.
    package var allowedMethods: [String] = []

    init(status: Int, _ document: JSON) {
        self.status = status
        body = document.text
    }

    /// A failure in OpenRouter's envelope.
    package init(_ failure: ManagementFailure, requestID: String) {
        var metadata: [(String, JSON)] = [("reason", .string(failure.reason.rawValue))]
        if !requestID.isEmpty { metadata.append(("request_id", .string(requestID))) }
        self.init(
            status: failure.status,
            [
                "error": [
                    "code": JSON(Int64(failure.status)), "message": .string(failure.description),
                    "metadata": .object(JSONObject(metadata)),
                ]
            ])
        allowedMethods = failure.allowedMethods
    }
}
