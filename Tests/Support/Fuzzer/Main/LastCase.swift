import Foundation

/// Says which case was under way when the program dies of it, or does not come back from it.
enum LastCase {
    private static let lengthMax = 300
    /// A line as bytes, because what dies cannot make one any more. Written by one thread, and read
    /// when that thread has stopped.
    nonisolated(unsafe) private static let line = UnsafeMutablePointer<CChar>.allocate(
        capacity: lengthMax)
    nonisolated(unsafe) private static var length = 0

    /// No body takes a hundredth of that.
    private static let secondsMax: UInt32 = 60

    static func watch() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGALRM] {
            signal(number) { _ in
                _ = write(1, LastCase.line, LastCase.length)
                _exit(1)
            }
        }
    }

    static func begin(_ name: String) {
        let text = "\nthe program died, or hung, on: make fuzz \(name)\n"
        length = min(text.utf8.count, lengthMax)
        for (index, byte) in text.utf8.prefix(lengthMax).enumerated() {
            line[index] = CChar(bitPattern: byte)
        }
        alarm(secondsMax)
    }
}
