package import Storage
import Synchronization

package typealias LedgerResult = Result<LedgerReceipt, StorageFailure>

extension Ledger {
    /// Appends in order and waits for every answer; they are in the order of the writes.
    package func write(_ writes: [LedgerWrite]) async -> [LedgerResult] {
        if writes.isEmpty { return [] }
        return await withCheckedContinuation { continuation in
            let answers = Answers(count: writes.count) { continuation.resume(returning: $0) }
            for (index, write) in writes.enumerated() {
                append(write) { answers.take($0, at: index) }
            }
        }
    }

    package func write(_ write: LedgerWrite) async -> LedgerResult {
        await self.write([write])[0]
    }
}

/// Collects one answer for each of a number of writes.
package final class Answers: Sendable {
    private let results: Mutex<[LedgerResult?]>
    private let whenComplete: @Sendable ([LedgerResult]) -> Void

    package init(count: Int, whenComplete: @escaping @Sendable ([LedgerResult]) -> Void) {
        results = Mutex(Array(repeating: nil, count: count))
        self.whenComplete = whenComplete
    }

    package func take(_ result: LedgerResult, at index: Int) {
        let complete = results.withLock { results -> [LedgerResult]? in
            precondition(results[index] == nil, "a write is answered once")
            results[index] = result
            let answered = results.compactMap { $0 }
            return answered.count == results.count ? answered : nil
        }
        if let complete { whenComplete(complete) }
    }
}
