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
    private let lock: ServeLock
    private let managementDigest: KeyDigest?
    private let gateway: GatewaySlot

    /// Where the ledger's callbacks find the gateway, which is made after the ledger.
    private final class GatewaySlot: Sendable {
        let core = Mutex<GatewayCore?>(nil)
    }

    private init(
        store: SQLiteStore, ledger: SQLiteLedger, lock: ServeLock, managementDigest: KeyDigest?,
        gateway: GatewaySlot
    ) {
        self.store = store
        self.ledger = ledger
        self.lock = lock
        self.managementDigest = managementDigest
        self.gateway = gateway
    }

    static func open(
        path: String, managementKey: Secret?, logger: Logger
    ) throws(StorageFailure) -> ServingBooks {
        let lock = try ServeLock.acquire(path: path)
        let store = try SQLiteStore.open(path: path, zone: Zone.named)
        let slot = GatewaySlot()
        let digest = managementKey?.digest
        let ledger = try SQLiteLedger.open(
            path: path,
            onStale: {
                let core = slot.core.withLock { $0 }
                ServingBooks.load(store, digest, into: core, logger)
            },
            onFailure: { failure in
                logger.critical("ledger failed", metadata: ["reason": "\(failure)"])
            },
            onRecovery: {
                logger.notice("ledger works again")
                slot.core.withLock { $0 }?.writeUnwritten()
            })
        return ServingBooks(
            store: store, ledger: ledger, lock: lock, managementDigest: digest, gateway: slot)
    }

    /// Ends the writer, when nothing will be written any more, and lets another gateway in.
    func close() {
        ledger.close()
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
    /// Ends what a crash left open: whether it was billed is not known, so the hold is kept.
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
        var book = Book()
        let windows = Windows(holding: zone.day(at: now))
        for row in try store.balances(from: windows) {
            book.load(row.spent, scope: row.scope, period: row.period, window: row.window)
        }
        return book
    }
}
