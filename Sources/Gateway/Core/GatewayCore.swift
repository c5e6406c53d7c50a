package import Logging
import Metering
import NIOCore

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
    private let uptimeClock: @Sendable () -> Timestamp
    private let newest: Atomic<Int64>
    private let rosterBox: Mutex<Box<Roster>>
    private let catalogueBox: Mutex<Box<Catalogue>>
    private let till: Mutex<Till>
    private let counting: Mutex<Counters>
    private let nextAttempt: Atomic<Int64>
    private let nextRequest: Atomic<Int64>
    private let requestPrefix: String
    private let stopping: Atomic<Bool>
    private let shadowLog = Mutex(ShadowLog())
    private let followers = Mutex<[@Sendable () -> Void]>([])
    private let drains = Atomic<Int64>(0)
    private let keptHandler: @Sendable (Attempt, Entry) -> Void
    private let unwrittenHandler: @Sendable (Entry, Attempt) -> Void

    /// A value that readers share instead of copying.
    final class Box<Value: Sendable>: Sendable {
        let value: Value

        init(_ value: Value) {
            self.value = value
        }
    }

    /// - Parameters:
    ///   - book: with everything the store has spent.
    ///   - lastAttempt: the highest id ever used.
    ///   - requestPrefix: tells one run of the gateway from another in request ids.
    ///   - clock: the time of day; `uptime` never jumps.
    ///   - onKept: told of attempts whose generation the upstream can be asked about.
    ///   - onUnwritten: told of entries that the ledger could not take, before anybody is
    ///     answered.
    package init(
        settings: GatewaySettings, ledger: any Ledger, roster: Roster, catalogue: Catalogue,
        book: Book, lastAttempt: ID<Attempt>, requestPrefix: String, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp,
        uptime: @escaping @Sendable () -> Timestamp,
        onKept: @escaping @Sendable (Attempt, Entry) -> Void,
        onUnwritten: @escaping @Sendable (Entry, Attempt) -> Void
    ) {
        self.settings = settings
        self.ledger = ledger
        self.logger = logger
        self.clock = clock
        uptimeClock = uptime
        self.requestPrefix = requestPrefix
        keptHandler = onKept
        unwrittenHandler = onUnwritten
        newest = Atomic(0)
        rosterBox = Mutex(Box(roster))
        catalogueBox = Mutex(Box(catalogue))
        till = Mutex(Till(treasury: Treasury(book: book)))
        counting = Mutex(Counters())
        nextAttempt = Atomic(lastAttempt.rawValue + 1)
        nextRequest = Atomic(1)
        stopping = Atomic(false)
    }

    package var roster: Roster { rosterBox.withLock { $0 }.value }

    package var catalogue: Catalogue { catalogueBox.withLock { $0 }.value }

    package var counters: Counters { counting.withLock { $0 } }

    /// Replaces the roster, unless a newer one is there already.
    package func replaceRoster(_ roster: Roster) {
        let isNewer = rosterBox.withLock { box in
            guard roster.revision >= box.value.revision else { return false }
            defer { box = Box(roster) }
            return roster.revision > box.value.revision
        }
        guard isNewer else { return }
        let uptime = uptime()
        let resumptions = withTill { till in
            till.resumptions(till.treasury.judgeWaitersAnew(), at: uptime)
        }
        for resumption in resumptions { resumption() }
        for follower in followers.withLock({ $0 }) { follower() }
    }

    /// Calls `follower`, on any thread, whenever the directory has changed.
    func followDirectory(_ follower: @escaping @Sendable () -> Void) {
        followers.withLock { $0.append(follower) }
    }

    package func replaceCatalogue(_ catalogue: Catalogue) {
        catalogueBox.withLock { $0 = Box(catalogue) }
    }

    /// Stops admitting new calls; those in flight go on.
    package func stopAdmitting() { stopping.store(true, ordering: .relaxed) }

    package var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Takes one of the places for answers that are read on without a client; `false` if all
    /// are taken.
    func beginDrain() -> Bool {
        if drains.wrappingAdd(1, ordering: .relaxed).newValue <= settings.drainsMax { return true }
        endDrain()
        return false
    }

    func endDrain() { drains.wrappingSubtract(1, ordering: .relaxed) }

    /// How many calls hold money.
    package var holdCount: Int { withTill { $0.treasury.book.holdCount } }

    /// How many calls with a rate limit are under way.
    package var limitedCallCount: Int { withTill { $0.rates.inFlightCount } }

    /// How long this machine has been up, for deadlines: it never jumps.
    func uptime() -> Timestamp { uptimeClock() }

    /// The instant that decisions use: the clock, but never earlier than one already used.
    package func now() -> Timestamp {
        let instant = clock().milliseconds
        let (_, newest) = newest.max(instant, ordering: .relaxed)
        return Timestamp(milliseconds: newest)
    }

    /// A refusal, with whom to ask about it.
    func reply(to refusal: Refusal, requestID: String) -> Reply {
        .refusal(refusal, requestID: requestID, contact: settings.contact)
    }

    func plainReply(to refusal: Refusal, requestID: String) -> PlainReply {
        let reply = reply(to: refusal, requestID: requestID)
        return PlainReply(status: refusal.status, body: String(buffer: reply.body))
    }

    /// A name for one request, never used before.
    func makeRequestID() -> String {
        let number = nextRequest.wrappingAdd(1, ordering: .relaxed).oldValue
        return "req-\(requestPrefix)-\(number)"
    }

    func makeAttemptID() -> ID<Attempt> {
        ID(nextAttempt.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    func newsOfShadows(_ attempt: Attempt) -> [Rule] {
        shadowLog.withLock { $0.news(of: attempt) }
    }

    package func count(_ change: (inout Counters) -> Void) {
        counting.withLock { change(&$0) }
    }

    /// Reads the book.
    package func readBook<Value: Sendable>(_ read: (Book) -> Value) -> Value {
        withTill { read($0.treasury.book) }
    }

    func withTill<Value: Sendable>(_ body: (inout Till) -> Value) -> Value {
        till.withLock { body(&$0) }
    }

    func reportKept(_ attempt: Attempt, _ entry: Entry) {
        keptHandler(attempt, entry)
    }

    func reportUnwritten(_ entry: Entry, of attempt: Attempt) {
        unwrittenHandler(entry, attempt)
    }
}
