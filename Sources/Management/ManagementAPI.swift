package import Credentials
import OpenRouterWire
package import Purser
package import Storage

/// OpenRouter's key management over the directory, for HTTP and the command line alike.
///
/// Who asks is the caller's business: everything here may only be done with a management key or
/// at the database itself. Calls block on the store.
package struct ManagementAPI: Sendable {
    let directory: any Directory
    /// What a scope has spent in the present window of a period.
    let spent: @Sendable (Scope, Period) -> USD
    let now: @Sendable () -> Timestamp
    let mint: @Sendable (SecretKind) -> Secret

    package init(
        directory: any Directory, spent: @escaping @Sendable (Scope, Period) -> USD,
        now: @escaping @Sendable () -> Timestamp,
        mint: @escaping @Sendable (SecretKind) -> Secret
    ) {
        self.directory = directory
        self.spent = spent
        self.now = now
        self.mint = mint
    }

    /// How many keys one page of `GET /keys` has, as at OpenRouter.
    package static let pageLength = 100

    /// Carries out one request; a failure is an answer in OpenRouter's envelope.
    package func respond(to request: ManagementRequest) -> ManagementResponse {
        do throws(ManagementFailure) {
            return try answer(request)
        } catch {
            return ManagementResponse(error, requestID: request.requestID)
        }
    }
}

extension ManagementAPI {
    /// A path of this API.
    private enum Route {
        case keys
        case key(hash: String)

        init?(_ path: String) {
            let parts = path.split(separator: "/")
            guard parts.first == "keys" else { return nil }
            switch parts.count {
            case 1: self = .keys
            case 2: self = .key(hash: String(parts[1]))
            default: return nil
            }
        }

        var methods: [String] {
            switch self {
            case .keys: ["GET", "POST"]
            case .key: ["GET", "PATCH", "DELETE"]
            }
        }
    }

    private func answer(
        _ request: ManagementRequest
    ) throws(ManagementFailure) -> ManagementResponse {
        guard let route = Route(request.path) else {
            throw ManagementFailure(.notFound, "There is nothing at this path.")
        }
        switch (route, request.method) {
        case (.keys, "GET"): return try listing(Page(query: request.query))
        case (.keys, "POST"):
            let minted = try createKey(try NewKeyFields(body: request.body))
            return ManagementResponse(status: 201, minted.json)
        case (.key(let hash), "GET"):
            return response(try key(try digest(hash)))
        case (.key(let hash), "PATCH"):
            // The key first: nobody mends a body for a key that is not there.
            let digest = try digest(hash)
            _ = try key(digest)
            return response(try updateKey(digest, try KeyChange(body: request.body)))
        case (.key(let hash), "DELETE"):
            try revokeKey(try digest(hash))
            return ManagementResponse(status: 200, ["deleted": true])
        default:
            var failure = ManagementFailure(
                .methodNotAllowed, "\(request.method) is not allowed here.",
                remedy: "Allowed: \(route.methods.joined(separator: ", ")).")
            failure.allowedMethods = route.methods
            throw failure
        }
    }

    private func listing(_ page: Page) throws(ManagementFailure) -> ManagementResponse {
        let keys = try keys(includeDisabled: page.includeDisabled)
        let shown = keys.dropFirst(page.offset).prefix(ManagementAPI.pageLength)
        return ManagementResponse(status: 200, ["data": .array(shown.map(\.json))])
    }

    private func response(_ view: KeyView) -> ManagementResponse {
        ManagementResponse(status: 200, ["data": view.json])
    }

    private func digest(_ hash: String) throws(ManagementFailure) -> KeyDigest {
        guard let digest = KeyDigest(hex: hash) else { throw .keyNotFound }
        return digest
    }
}

/// Which keys a listing shows.
private struct Page {
    var includeDisabled = false
    var offset = 0

    /// Reads `include_disabled=true&offset=100`. Other parameters have no meaning here, as at
    /// OpenRouter.
    init(query: String) throws(ManagementFailure) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            switch parts[0] {
            case "include_disabled":
                switch value.lowercased() {
                case "true", "1": includeDisabled = true
                case "false", "0", "": includeDisabled = false
                default: throw .malformed("\"include_disabled\" must be true or false.")
                }
            case "offset":
                guard let number = Int(value), number >= 0 else {
                    throw .malformed("\"offset\" must be a number of keys to skip.")
                }
                offset = number
            default: continue
            }
        }
    }
}
