import GRDB
import Storage

extension StorageFailure {
    /// What an error of the engine means, judged by its result code alone.
    init(_ error: any Error) {
        switch error {
        case let failure as StorageFailure: self = failure
        case let error as DatabaseError: self.init(error.extendedResultCode)
        default: self.init(.unavailable, "the database failed in an unknown way")
        }
    }

    private init(_ code: ResultCode) {
        switch code {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            self.init(.alreadyExists, "there is one like it already")
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            self.init(.notFound, "something it refers to does not exist")
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH:
            self.init(.invalid, "a value breaks one of the database's rules")
        case .SQLITE_FULL:
            self.init(.unavailable, "the disk that holds the database is full")
        case .SQLITE_IOERR:
            self.init(.unavailable, "the disk failed while the database was in use")
        case .SQLITE_READONLY, .SQLITE_PERM:
            self.init(
                .unavailable, "the database may not be written: check its owner and permissions")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.unavailable, "the file is damaged, or is not a SQLite database")
        case .SQLITE_CANTOPEN:
            self.init(
                .unavailable, "the database cannot be opened: check its folder and permissions")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.unavailable, "another process kept the database locked for too long")
        default:
            self.init(
                .unavailable, "the database engine failed with SQLite's code \(code.rawValue)")
        }
    }
}
