package import Purser
package import Storage
import Testing

// What every store must pass. A new one depends on this target and has one test:
//
//     import StorageConformance
//     import Testing
//
//     @Suite struct ConformanceTests {
//         @Test(arguments: StorageCheck.all)
//         func `this store keeps what the ports promise`(_ check: StorageCheck) async throws {
//             // An empty database of its own for each check: they run at the same time.
//             try await withEmptyDatabase { database in
//                 let store = try Store.open(database, zone: Engine.zone(named:))
//                 let stale = Mutex(0)
//                 let ledger = try Ledger.open(database) { stale.withLock { $0 += 1 } }
//                 defer { ledger.close() }
//                 try await check.run(
//                     Engine(
//                         directory: store, history: store, ledger: ledger, models: store,
//                         staleCallCount: { stale.withLock(\.self) }))
//             }
//         }
//     }
//
// The suite asks through the ports alone, so it says nothing of what a store's disk or network
// may do to it: faults, other processes and migrations are the store's own tests.

/// One promise of the ports, checked on a fresh database.
package struct StorageCheck: Sendable, CustomTestStringConvertible {
    package let testDescription: String
    package let run: @Sendable (Engine) async throws -> Void

    init(_ sentence: String, _ run: @escaping @Sendable (Engine) async throws -> Void) {
        testDescription = sentence
        self.run = run
    }

    package static let all =
        directory + tiers + severalChanges + modelLists + members + keys + keyLimits + budgets
        + raises + softLimits + attempts + entries
        + rollUps + reports + randomHistories + replays + peerBugs
}

/// A store as the suite sees it: the four ports on one database with nothing in it.
package struct Engine: Sendable {
    package var directory: any Directory
    package var history: any History
    package var ledger: any Ledger
    package var models: any ModelLists
    /// How often the ledger has called for a new roster.
    package var staleCallCount: @Sendable () -> Int

    package init(
        directory: any Directory, history: any History, ledger: any Ledger,
        models: any ModelLists, staleCallCount: @escaping @Sendable () -> Int
    ) {
        self.directory = directory
        self.history = history
        self.ledger = ledger
        self.models = models
        self.staleCallCount = staleCallCount
    }

    /// The zones a store under test must be given: `UTC` and `Europe/Berlin`.
    package static func zone(named name: String) -> Zone? {
        switch name {
        case "UTC": .utc
        case "Europe/Berlin": Zone(name: name, firstOffsetSeconds: 3_600, transitions: [])
        default: nil
        }
    }
}
