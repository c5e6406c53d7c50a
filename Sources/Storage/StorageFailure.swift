/// The store let us down, or was asked for something it cannot do.
package struct StorageFailure: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// There is nothing under that name or id.
        case notFound
        /// The name is taken.
        case alreadyExists
        /// A value breaks one of the schema's rules.
        case invalid
        /// Another gateway serves from this database, or somebody has what was to be removed.
        case inUse
        /// The directory has changed since it was read.
        case stale
        /// The file was written by a newer version.
        case schemaTooNew
        /// The disk, the file or the engine failed.
        case unavailable
    }

    package var code: Code
    /// A sentence that names no secret.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension StorageFailure: CustomStringConvertible {
    package var description: String { message }
}
