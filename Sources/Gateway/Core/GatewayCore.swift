package import Logging
import Metering

package import OpenRouterWire
package import Purser
package import Storage
import Synchronization

/// What all event loops share: who may call, what models cost, what is spent and held.
///
/// Each piece is behind its own mutex, held for arithmetic only.
package final class GatewayCore: Sendable {
    package let settings: GatewaySettings
    package let ledger: any Ledger
    package let logger: Logger

    private let clock: @Sendable () -> Timestamp
    private let newest: Atomic<Int64>
    private let rosterBox: Mutex<Box<Roster>>
    private let catalogueBox: Mutex<Box<Catalogue>>
    private let treasury: Mutex<Treasury>
    private let counting: Mutex<Counters>
    private let nextAttempt: Atomic<Int64>
    private let nextRequest: Atomic<Int64>
    private let requestPrefix: String
    private let stopping: Atomic<Bool>
    private let unwritten: Mutex<[Unwritten]>
    private let keptHandler: @Sendable (Attempt, Entry) -> Void

    /// The book and those who wait for it, changed together.
    struct Treasury {
        var book: Book
        var waiting: [ID<Attempt>: @Sendable (Book.WaitOutcome) -> Void] = [:]
    }

    /// An entry that the ledger could not take; it waits here until it can.
    struct Unwritten: Sendable {
        var entry: Entry
        var attempt: Attempt
    }

    /// A value that readers share instead of copying.
    final class Box<Value: Sendable>: Sendable {
        let value: Value

        init(_ value: Value) {
            self.value = value
        }
    }

    /// More calls than this do not wait; they are turned away at once.
    static let waiterCountMax = 1_000

    /// - Parameters:
    ///   - book: with everything the store has spent.
    ///   - lastAttempt: the highest id ever used.
    ///   - requestPrefix: tells one run of the gateway from another in request ids.
    ///   - onKept: told of attempts whose generation the upstream can be asked about.
    package init(
        settings: GatewaySettings, ledger: any Ledger, roster: Roster, catalogue: Catalogue,
        book: Book, lastAttempt: ID<Attempt>, requestPrefix: String, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp,
        onKept: @escaping @Sendable (Attempt, Entry) -> Void
    ) {
        self.settings = settings
        self.ledger = ledger
        self.logger = logger
        self.clock = clock
        self.requestPrefix = requestPrefix
        keptHandler = onKept
        newest = Atomic(0)
        rosterBox = Mutex(Box(roster))
        catalogueBox = Mutex(Box(catalogue))
        treasury = Mutex(Treasury(book: book))
        counting = Mutex(Counters())
        unwritten = Mutex([])
        nextAttempt = Atomic(lastAttempt.rawValue + 1)
        nextRequest = Atomic(1)
        stopping = Atomic(false)
    }

    package var roster: Roster { rosterBox.withLock { $0 }.value }

    package var catalogue: Catalogue { catalogueBox.withLock { $0 }.value }

    package var counters: Counters { counting.withLock { $0 } }

    /// Replaces the roster, unless a newer one is there already.
    package func replaceRoster(_ roster: Roster) {
        rosterBox.withLock { box in
            if roster.revision >= box.value.revision { box = Box(roster) }
        }
    }

    package func replaceCatalogue(_ catalogue: Catalogue) {
        catalogueBox.withLock { $0 = Box(catalogue) }
    }

    /// Stops admitting new calls; those in flight go on.
    package func stopAdmitting() { stopping.store(true, ordering: .relaxed) }

    package var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// How many calls hold money.
    package var holdCount: Int { treasury.withLock { $0.book.holdCount } }

    /// The instant that decisions use: the clock, but never earlier than one already used.
    package func now() -> Timestamp {
        let instant = clock().milliseconds
        let (_, newest) = newest.max(instant, ordering: .relaxed)
        return Timestamp(milliseconds: newest)
    }

    /// A name for one request, never used before.
    func makeRequestID() -> String {
        let number = nextRequest.wrappingAdd(1, ordering: .relaxed).oldValue
        return "req-\(requestPrefix)-\(number)"
    }

    func makeAttemptID() -> ID<Attempt> {
        ID(nextAttempt.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    package func count(_ change: (inout Counters) -> Void) {
        counting.withLock { change(&$0) }
    }

    /// Reads the book.
    package func readBook<Value: Sendable>(_ read: @Sendable (Book) -> Value) -> Value {
        treasury.withLock { read($0.book) }
    }

    func withTreasury<Value: Sendable>(_ body: (inout Treasury) -> Value) -> Value {
        treasury.withLock { body(&$0) }
    }

    /// How many entries wait for the ledger to work again.
    package var unwrittenCount: Int { unwritten.withLock { $0.count } }

    func remember(_ entry: Entry, of attempt: Attempt) {
        unwritten.withLock { $0.append(Unwritten(entry: entry, attempt: attempt)) }
    }

    /// Writes what the ledger could not take before. Call it when the ledger works again.
    package func writeUnwritten() {
        let waiting = unwritten.withLock { list in
            defer { list = [] }
            return list
        }
        for one in waiting { write(one.entry, of: one.attempt) { _ in } }
    }

    func reportKept(_ attempt: Attempt, _ entry: Entry) {
        keptHandler(attempt, entry)
    }
}
