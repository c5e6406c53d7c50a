import Credentials
import Gateway
import Logging
import Metering
import Purser
import SQLiteStorage
import Storage
import Synchronization

/// The store and the ledger of one database, opened for serving.
///
/// Only one gateway may serve from a SQLite file; the lock is held until the process ends.
final class ServingBooks: Sendable {
    let store: SQLiteStore
    let ledger: SQLiteLedger
    let emergency: EmergencyFile
    private let lock: ServeLock
    private let managementDigest: KeyDigest?
    private let gateway: GatewaySlot

    /// Where the ledger's callbacks find the gateway, which is made after the ledger.
    private final class GatewaySlot: Sendable {
        let core = Mutex<GatewayCore?>(nil)
        let failure = Mutex<StorageFailure?>(nil)
        let recoveries = Mutex(0)
        /// Looks at the ledger since it answered last.
        let looks = Mutex(0)
    }

    private init(
        store: SQLiteStore, ledger: SQLiteLedger, emergency: EmergencyFile, lock: ServeLock,
        managementDigest: KeyDigest?, gateway: GatewaySlot
    ) {
        self.store = store
        self.ledger = ledger
        self.emergency = emergency
        self.lock = lock
        self.managementDigest = managementDigest
        self.gateway = gateway
    }

    static func open(
        path: String, managementKey: Secret?, logger: Logger
    ) throws(StorageFailure) -> ServingBooks {
        let store = try SQLiteStore.open(path: path, zone: Zone.named)
        // After the store, which makes the file: only then do all its names lead to one lock.
        let lock = try ServeLock.acquire(path: path)
        let emergency = try EmergencyFile(beside: path)
        let slot = GatewaySlot()
        let digest = managementKey?.digest
        let ledger = try SQLiteLedger.open(
            path: path,
            onStale: {
                let core = slot.core.withLock { $0 }
                ServingBooks.load(store, digest, into: core, logger)
            },
            onFailure: { failure in
                slot.failure.withLock { $0 = failure }
                logger.critical("ledger failed", metadata: ["reason": "\(failure)"])
            },
            onRecovery: {
                slot.failure.withLock { $0 = nil }
                slot.recoveries.withLock { $0 += 1 }
                logger.notice("ledger works again")
                let core = slot.core.withLock { $0 }
                ServingBooks.writeUnwritten(core, emergency)
            })
        return ServingBooks(
            store: store, ledger: ledger, emergency: emergency, lock: lock,
            managementDigest: digest, gateway: slot)
    }

    /// Looks without an answer after which a ledger is taken to hang: two seconds' worth.
    private static let looksMax = 20

    /// Why the ledger takes no writes now; `nil` while it does.
    var failure: StorageFailure? {
        if let failure = gateway.failure.withLock({ $0 }) { return failure }
        guard isHanging else { return nil }
        return StorageFailure(.unavailable, "the disk that holds the database does not answer")
    }

    /// How often the ledger has come back. Two looks that both meet a failure may have met two.
    var recoveries: Int { gateway.recoveries.withLock { $0 } }

    private var isHanging: Bool {
        gateway.looks.withLock { $0 } > ServingBooks.looksMax
    }

    /// Asks the ledger for a sign of life, unless one is on its way; it also says whether the
    /// directory has changed, so that who waits is judged on what holds now.
    func look(at core: GatewayCore) {
        let isFirst = gateway.looks.withLock { looks in
            looks += 1
            return looks == 1
        }
        guard isFirst else { return }
        ledger.append(.confirm(revision: core.roster.revision)) { [gateway] _ in
            gateway.looks.withLock { $0 = 0 }
        }
    }

    /// Writes what the ledger could not take, if it takes it now.
    func writeUnwritten() {
        ServingBooks.writeUnwritten(gateway.core.withLock { $0 }, emergency)
    }

    private static func writeUnwritten(_ core: GatewayCore?, _ emergency: EmergencyFile) {
        let count = emergency.count
        core?.writeUnwritten {
            guard let core else { return }
            if core.unwrittenCount == 0 { emergency.clear(after: count) }
        }
    }

    /// Ends the writer, when nothing will be written any more, and lets another gateway in.
    func close() {
        // A writer that hangs in the disk would never end; the end of the process ends it.
        if !isHanging { ledger.close() }
        lock.release()
    }

    /// Everything in the directory, with the management key that only this process knows.
    func roster() throws(StorageFailure) -> Roster {
        try ServingBooks.roster(store, managementDigest)
    }

    /// From now on the gateway follows changes of the directory.
    func attach(_ core: GatewayCore) {
        gateway.core.withLock { $0 = core }
    }

    /// Loads the directory and gives it to the gateway.
    func reload(logger: Logger) {
        ServingBooks.load(store, managementDigest, into: gateway.core.withLock { $0 }, logger)
    }

    private static func roster(
        _ store: SQLiteStore, _ digest: KeyDigest?
    ) throws(StorageFailure) -> Roster {
        let roster = try store.roster()
        return digest.map { roster.adding(managementDigest: $0) } ?? roster
    }

    private static func load(
        _ store: SQLiteStore, _ digest: KeyDigest?, into core: GatewayCore?, _ logger: Logger
    ) {
        do throws(StorageFailure) {
            core?.replaceRoster(try roster(store, digest))
        } catch {
            // The gateway keeps the roster it has, and the ledger goes on calling it stale, so
            // nothing is admitted on it.
            logger.error("directory not loaded", metadata: ["reason": "\(error)"])
        }
    }
}

extension ServingBooks {
    /// Writes the outcomes that an earlier run could not; returns how many.
    func writeEmergencies() async throws(StorageFailure) -> Int {
        let lines = try emergency.lines()
        let attempts = Dictionary(
            try store.openAttempts().map { ($0.attempt.id, $0.attempt) }
        ) { first, _ in first }
        var count = 0
        for line in lines {
            // What has its outcome was written after all; another call's line is none of ours.
            guard let attempt = attempts[line.entry.attempt],
                attempt.requestID == line.requestID
            else { continue }
            try await write(.entry(line.entry, of: attempt))
            count += 1
        }
        guard emergency.clear(after: 0) else {
            throw StorageFailure(
                .unavailable, "the file \(emergency.path) cannot be written: mend the disk first")
        }
        return count
    }

    /// Ends what a crash left open: whether it was billed is not known, so the hold is kept, and
    /// the upstream is asked where it has given the call a name.
    func keepOpenAttempts(at now: Timestamp) async throws(StorageFailure) -> Int {
        let open = try store.openAttempts()
        for one in open {
            try await write(.entry(Treasury.keep(one, at: now), of: one.attempt))
        }
        return open.count
    }

    private func write(_ write: LedgerWrite) async throws(StorageFailure) {
        let result = await withCheckedContinuation { continuation in
            ledger.append(write) { continuation.resume(returning: $0) }
        }
        _ = try result.get()
    }

    /// What every scope has spent in its present windows.
    func book(at now: Timestamp, in zone: Zone) throws(StorageFailure) -> Book {
        let today = zone.day(at: now)
        var book = Book(from: today)
        let windows = Windows(holding: today)
        for row in try store.balances(from: windows) {
            book.load(row.spent, scope: row.scope, period: row.period, window: row.window)
        }
        return book
    }
}
