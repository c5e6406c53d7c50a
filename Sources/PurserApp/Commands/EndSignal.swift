import Dispatch
import Foundation

/// How a person or a supervisor asks a long-running command to end.
struct EndSignal {
    private let asked: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    private static let numbers = [SIGTERM, SIGINT]

    /// From its return on, the first SIGTERM or SIGINT does not end the process but ``wait()``.
    ///
    /// Call it before anybody is told that the command is ready: a signal sent in answer to that
    /// must not be lost.
    static func listen() async -> EndSignal {
        let (asked, asking) = AsyncStream.makeStream(of: Void.self)
        var sources: [any DispatchSourceSignal] = []
        for number in numbers {
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { asking.yield() }
            // The handler is in place only when the source says so.
            await withCheckedContinuation { continuation in
                source.setRegistrationHandler { continuation.resume() }
                source.activate()
            }
            sources.append(source)
        }
        return EndSignal(asked: asked, sources: sources)
    }

    /// Returns at the first signal, or when the task is cancelled. The next one ends the process
    /// at once.
    func wait() async {
        _ = await asked.first { true }
        for source in sources { source.cancel() }
        for number in EndSignal.numbers { signal(number, SIG_DFL) }
    }
}
