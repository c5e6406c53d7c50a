import Foundation

/// The process's two ways out.
enum Terminal {
    /// Writes results to standard output, unbuffered: what is said is said before what follows.
    static func write(_ text: String) throws(CommandFailure) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            throw CommandFailure(.failed, "standard output cannot be written to")
        }
    }

    /// Writes to standard error, where nothing can be done if it fails.
    static func complain(_ text: String) {
        // A process whose standard error is closed has nowhere left to say so.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
