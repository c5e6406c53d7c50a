import Foundation

/// A program that was started here, and is ended here by its id.
final class Program {
    private let process = Process()
    private let pipe = Pipe()
    private var unread = Data()

    init(
        _ binary: String, _ arguments: [String], in folder: URL,
        _ environment: [String: String] = [:]
    ) throws {
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        // Nothing of this machine's own settings.
        process.environment = ["HOME": folder.path, "PATH": "/usr/bin:/bin"].merging(environment) {
            $1
        }
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        // What it says when it fails is for whoever looks on.
        process.standardError = FileHandle.standardError
        try process.run()
        LastCase.add(child: process.processIdentifier)
    }

    var isRunning: Bool { process.isRunning }

    /// The first line of its output that has those words.
    func line(with words: String) throws -> String {
        while true {
            while let end = unread.firstIndex(of: 0x0A) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread = unread[(end + 1)...]
                if line.contains(words) { return line }
            }
            let more = pipe.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw Wire.Failure(words: "\(process.arguments ?? []) ended before \"\(words)\"")
            }
            unread += more
        }
    }

    /// Everything it says until it ends well.
    func output() throws -> String {
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        LastCase.remove(child: process.processIdentifier)
        guard process.terminationStatus == 0 else {
            throw Wire.Failure(words: "\(process.arguments ?? []) failed")
        }
        return String(decoding: data, as: UTF8.self)
    }

    func stop() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        LastCase.remove(child: process.processIdentifier)
    }
}
