package import Storage

/// Why a management request was not carried out: an expected outcome, told to whoever asked.
package struct ManagementFailure: Error, Hashable, Sendable {
    package enum Reason: String, CaseIterable, Sendable {
        /// The request itself is wrong.
        case malformed = "malformed_request"
        /// There is nothing under that path, hash or name.
        case notFound = "not_found"
        /// The path exists, but not for that method.
        case methodNotAllowed = "method_not_allowed"
        /// The name is taken.
        case alreadyExists = "already_exists"
        /// The request is larger than any real one.
        case bodyTooLarge = "body_too_large"
        /// The directory cannot be read or written.
        case directoryUnavailable = "directory_unavailable"
    }

    package var reason: Reason
    /// A sentence that names no secret.
    package var message: String
    /// What to do next; `nil` if the message says it.
    package var remedy: String?
    /// The methods that the path has, for the `Allow` header; empty if the path is not at fault.
    package var allowedMethods: [String] = []

    package init(_ reason: Reason, _ message: String, remedy: String? = nil) {
        self.reason = reason
        self.message = message
        self.remedy = remedy
    }

    static func malformed(_ message: String) -> ManagementFailure {
        ManagementFailure(.malformed, message)
    }

    static let keyNotFound = ManagementFailure(
        .notFound, "Key not found.", remedy: "GET /keys lists the keys there are.")

    /// The HTTP status. Only what may pass by itself is a 5xx, because clients repeat those.
    package var status: Int {
        switch reason {
        case .malformed: 400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .alreadyExists: 409
        case .bodyTooLarge: 413
        case .directoryUnavailable: 503
        }
    }
}

extension ManagementFailure: CustomStringConvertible {
    package var description: String {
        remedy.map { "\(message) \($0)" } ?? message
    }
}

extension ManagementFailure {
    /// The store's failure as a sentence of the API.
    package init(_ failure: StorageFailure) {
        let sentence = "\(failure.message.prefix(1).uppercased())\(failure.message.dropFirst())."
        switch failure.code {
        case .notFound: self.init(.notFound, sentence)
        case .alreadyExists: self.init(.alreadyExists, sentence)
        case .invalid: self.init(.malformed, sentence)
        case .inUse, .stale, .schemaTooNew, .unavailable:
            self.init(.directoryUnavailable, sentence, remedy: "Try again shortly.")
        }
    }
}
