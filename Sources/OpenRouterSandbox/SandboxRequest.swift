/// An HTTP request as the sandbox's rules see it: already read, no connection in sight.
package struct SandboxRequest: Sendable {
    package var method: String
    package var path: String
    /// Percent-decoded, in the order of the address.
    package var query: [(name: String, value: String)]
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [String: String] = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first value under that name in the query; an empty one counts as absent.
    func parameter(_ name: String) -> String? {
        query.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// The key in the `Authorization` header, or `nil` if there is none.
    var bearer: String? {
        guard let header = headers["authorization"] else { return nil }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
