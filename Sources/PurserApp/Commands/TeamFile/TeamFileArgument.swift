import ArgumentParser
import Foundation
import Purser
import Storage

/// The file of a team, and what it changes.
struct TeamFileArgument: ParsableArguments {
    @Argument(help: "The file, in YAML; - for standard input.")
    var file: String

    func read() throws -> TeamFile {
        let bytes: Data
        do {
            let handle = file == "-" ? .standardInput : try FileHandle(forReadingFrom: url)
            bytes = try handle.read(upToCount: TeamFile.bytesMax + 1) ?? Data()
        } catch {
            throw CommandFailure(.failed, "\(file) cannot be read")
        }
        guard bytes.count <= TeamFile.bytesMax else {
            throw CommandFailure(.failed, "\(file) is larger than \(TeamFile.bytesMax) bytes")
        }
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw CommandFailure(.failed, "\(file) is not valid UTF-8")
        }
        return try naming { () throws(TeamFile.Fault) in try TeamFile(yaml: text) }
    }

    /// What `file` changes now.
    func plan(_ file: TeamFile, on books: Books) throws -> TeamPlan {
        let roster = try books.directory.roster()
        return try naming { () throws(TeamFile.Fault) in
            try TeamPlan(file, on: roster, zone: Zone.named)
        }
    }

    private var url: URL { URL(fileURLWithPath: file) }

    /// Says where in the file a fault is.
    private func naming<Value>(
        _ body: () throws(TeamFile.Fault) -> Value
    ) throws(CommandFailure) -> Value {
        do {
            return try body()
        } catch {
            throw CommandFailure(
                .failed, "\(file):\(error.line): \(error.message)",
                hint: "nothing was changed")
        }
    }
}
