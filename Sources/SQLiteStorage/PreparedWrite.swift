import GRDB
import GRDBSQLite

/// A statement of the ledger's writer: prepared once, bound and run through SQLite's own functions.
///
/// Everything else goes through GRDB. Here its arguments, boxed one by one, and its look-up of
/// each statement by its text would cost more than SQLite does: two thirds of a call's CPU time.
///
/// Bind every parameter before each run, in the order of the numbers in the text.
final class PreparedWrite {
    /// Owns the pointer below, and ends it.
    private let statement: Statement
    private let handle: OpaquePointer
    private let database: OpaquePointer
    /// Where texts lie from their binding to the end of the run: SQLite would allocate and free
    /// a copy of each.
    private let texts = UnsafeMutableRawBufferPointer.allocate(
        byteCount: PreparedWrite.textBytes, alignment: 1)
    private var textEnd = 0

    init(_ db: Database, _ sql: String) throws {
        guard let database = db.sqliteConnection else {
            preconditionFailure("the connection is open while it is in use")
        }
        statement = try db.makeStatement(sql: sql)
        handle = statement.sqliteStatement
        self.database = database
    }

    deinit {
        texts.deallocate()
    }

    /// Room for the texts of an ordinary call; what does not fit is copied by SQLite.
    private static let textBytes = 2_048

    /// Runs a statement that gives no row.
    func run() throws {
        let code = sqlite3_step(handle)
        // Says the same code again, and makes the statement ready for the next run.
        sqlite3_reset(handle)
        textEnd = 0
        guard code == SQLITE_DONE else { throw failure(code) }
    }

    /// Runs it, and says whether it changed a row.
    func change() throws -> Bool {
        try run()
        return sqlite3_changes(database) > 0
    }

    /// The first column of the first row; `nil` if there is none.
    func number() throws -> Int64? {
        defer { sqlite3_reset(handle) }
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return sqlite3_column_int64(handle, 0)
        case SQLITE_DONE: return nil
        default: throw failure(code)
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        let extended = sqlite3_extended_errcode(database)
        // The text may hold values; the code is all that is judged.
        return DatabaseError(
            resultCode: ResultCode(rawValue: extended & 0xFF == code & 0xFF ? extended : code))
    }
}

extension PreparedWrite {
    func bind(_ value: Int64, at place: CInt) throws {
        try check(sqlite3_bind_int64(handle, place, value))
    }

    /// Binds NULL where there is no value.
    func bind(_ value: Int64?, at place: CInt) throws {
        guard let value else { return try check(sqlite3_bind_null(handle, place)) }
        try bind(value, at: place)
    }

    func bind(_ text: String, at place: CInt) throws {
        var text = text
        let code = text.withUTF8 { bytes in
            let isRoom = bytes.count <= texts.count - textEnd
            let start = isRoom ? keep(bytes) : UnsafeRawPointer(bytes.baseAddress)
            return sqlite3_bind_text(
                handle, place, start?.assumingMemoryBound(to: CChar.self), CInt(bytes.count),
                isRoom ? nil : copied)
        }
        try check(code)
    }

    /// Binds NULL where there is no value.
    func bind(_ text: String?, at place: CInt) throws {
        guard let text else { return try check(sqlite3_bind_null(handle, place)) }
        try bind(text, at: place)
    }

    /// Copies into the room for texts, which has room for it, and returns where.
    private func keep(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeRawPointer? {
        guard let room = texts.baseAddress else { preconditionFailure("it is not empty") }
        let start = room + textEnd
        texts[textEnd...].copyBytes(from: bytes)
        textEnd += bytes.count
        return UnsafeRawPointer(start)
    }

    /// A value that was not bound must not be written as what stood there before.
    private func check(_ code: CInt) throws {
        precondition(code != SQLITE_RANGE && code != SQLITE_MISUSE, "the statement has the place")
        if code != SQLITE_OK { throw failure(code) }
    }
}

/// SQLite's name for text that it must copy before the call returns.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
