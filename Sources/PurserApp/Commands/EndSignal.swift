import Dispatch
import Foundation

/// How a person or a supervisor asks a long-running command to end.
enum EndSignal {
    /// Returns at the first SIGTERM or SIGINT, or when the task is cancelled. The next signal
    /// ends the process at once.
    static func wait() async {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGTERM, SIGINT].map { number in
            // Ignored by the system, so that only the source below hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { asking.yield() }
            source.activate()
            return source
        }
        _ = await asked.first { true }
        for source in sources { source.cancel() }
        for number in [SIGTERM, SIGINT] { signal(number, SIG_DFL) }
    }
}
