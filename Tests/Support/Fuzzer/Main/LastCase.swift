import Foundation

/// Says which case was under way when the program dies of it, or does not come back from it.
enum LastCase {
    private static let lengthMax = 300
    /// A line as bytes, because what dies cannot make one any more. Written by one thread, and read
    /// when that thread has stopped.
    nonisolated(unsafe) private static let line = UnsafeMutablePointer<CChar>.allocate(
        capacity: lengthMax)
    nonisolated(unsafe) private static var length = 0

    private static let childrenMax = 16
    /// Programs that would outlive this one; zero where there is none.
    nonisolated(unsafe) private static let children: UnsafeMutablePointer<pid_t> = {
        let places = UnsafeMutablePointer<pid_t>.allocate(capacity: childrenMax)
        places.initialize(repeating: 0, count: childrenMax)
        return places
    }()

    /// No body takes a hundredth of that.
    private static let secondsMax: UInt32 = 60

    static func watch() {
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGALRM] {
            signal(number) { _ in
                _ = write(1, LastCase.line, LastCase.length)
                for place in 0..<LastCase.childrenMax where LastCase.children[place] > 0 {
                    kill(LastCase.children[place], SIGKILL)
                }
                _exit(1)
            }
        }
    }

    static func add(child: pid_t) { put(child, inPlaceOf: 0) }

    static func remove(child: pid_t) { put(0, inPlaceOf: child) }

    private static func put(_ child: pid_t, inPlaceOf other: pid_t) {
        for place in 0..<childrenMax where children[place] == other {
            children[place] = child
            return
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
