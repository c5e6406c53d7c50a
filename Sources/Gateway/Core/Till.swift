import Metering
import Purser
import Synchronization

/// The treasury and those who wait for it, changed together.
struct Till: Sendable {
    var treasury: Treasury
    var resumes: [ID<Attempt>: @Sendable (Book.WaitOutcome) -> Void] = [:]

    /// What to call for those whose turn has come, once the mutex is free again.
    mutating func resumptions(_ turns: [Book.Turn]) -> [Resumption] {
        turns.compactMap { turn in
            guard let resume = resumes.removeValue(forKey: turn.ticket) else { return nil }
            return { resume(turn.outcome) }
        }
    }
}

/// Tells somebody that their turn has come.
typealias Resumption = @Sendable () -> Void

/// Calls something once, after so many steps on any threads; at once if there are none.
final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let done: @Sendable () -> Void

    init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.done = done
        if count == 0 { done() }
    }

    func step() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { done() }
    }
}
