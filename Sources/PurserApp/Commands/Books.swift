import Management
import Purser
import SQLiteStorage
import Storage

/// The team and its books, opened for one command.
struct Books: Sendable {
    let directory: any Directory
    let history: any History
    let models: any ModelLists
    let now: Timestamp

    init(
        directory: any Directory, history: any History, models: any ModelLists, now: Timestamp
    ) {
        self.directory = directory
        self.history = history
        self.models = models
        self.now = now
    }

    /// The key management API on these books, with what was spent when it was made.
    func management() throws(StorageFailure) -> ManagementAPI {
        let spending = try spending()
        return ManagementAPI(
            directory: directory, spent: { spending.slot($0, $1).spent },
            now: ThisMachine.now, mint: ThisMachine.mint)
    }

    /// Who has spent and holds how much at this instant.
    func spending() throws(StorageFailure) -> Spending {
        let roster = try directory.roster()
        let day = roster.zone.day(at: now)
        return Spending(
            roster: roster, notBefore: day,
            balances: try history.balances(from: Windows(holding: day)),
            openAttempts: try history.openAttempts())
    }

    /// What a gateway would know of the money on that day, or on the newest that has been.
    func book(on day: CivilDate) throws(StorageFailure) -> Book {
        var book = Book(from: day)
        for row in try history.balances(from: Windows(holding: day)) {
            book.load(row.spent, scope: row.scope, period: row.period, window: row.window)
        }
        for open in try history.openAttempts() { book.restore(open.attempt) }
        return book
    }
}

extension DatabaseOption {
    /// Opens the team's books, which must be there.
    func open(from source: SettingSource = .process) throws -> Books {
        let file = try DatabaseFile(value(from: source))
        guard file.exists else {
            throw CommandFailure(
                .failed, "there is no database at \(file.path)",
                hint: "make one with: purser init --database \(file.path)")
        }
        return try file.books()
    }
}

extension DatabaseFile {
    /// Opens the books, made new if there are none.
    func books() throws(StorageFailure) -> Books {
        let store = try SQLiteStore.open(path: path, zone: Zone.named)
        return Books(
            directory: store, history: store, models: store, now: ThisMachine.now())
    }
}
