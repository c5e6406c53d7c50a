import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// A disk that fails on demand, beneath SQLite: its own files, with faults in between.
///
/// It stands before the system's file layer for every file this process opens from then on, and
/// does nothing but pass on, except below a folder for which a fault has been ordered.
enum FaultyDisk {
    struct Fault: Sendable {
        /// How many more writes, syncs and truncations succeed.
        var after: Int
        /// What all later ones fail with.
        var code: CInt
        /// How many there were, failures included.
        var count = 0
    }

    private static let faults = Mutex<[String: Fault]>([:])

    /// Puts the disk beneath SQLite. Every test that orders a fault calls it before it opens.
    static func install() { _ = isInstalled }

    /// From now on, below `folder`, `count` operations succeed and all others fail.
    static func fail(_ folder: String, after count: Int, _ code: ResultCode) {
        faults.withLock { $0[folder] = Fault(after: count, code: code.rawValue) }
    }

    /// Ends the fault; returns how many operations it saw.
    @discardableResult static func heal(_ folder: String) -> Int {
        faults.withLock { $0.removeValue(forKey: folder)?.count ?? 0 }
    }

    private static let isInstalled: Bool = {
        guard let system = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has files") }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: system.pointee)
        layer.pointee.szOsFile += CInt(headerBytes)
        layer.pointee.zName = UnsafePointer(strdup("faulty"))
        layer.pointee.pNext = nil
        layer.pointee.xOpen = openBeneath
        return sqlite3_vfs_register(layer, 1) == SQLITE_OK
    }()

    /// The code to fail an operation with; `nil` lets it pass.
    fileprivate static func strike(_ file: UnsafeMutablePointer<sqlite3_file>?) -> CInt? {
        guard let name = header(file).pointee.name else { return nil }
        let path = String(cString: name)
        return faults.withLock { faults in
            guard let folder = faults.keys.first(where: path.hasPrefix) else { return nil }
            return faults[folder]?.next()
        }
    }
}

extension FaultyDisk.Fault {
    fileprivate mutating func next() -> CInt? {
        count += 1
        return count > after ? code : nil
    }
}

/// What lies before the system's own record of an open file.
private struct Header {
    var methods: UnsafePointer<sqlite3_io_methods>?
    /// SQLite keeps it as long as the file is open; `nil` for a file without a name.
    var name: UnsafePointer<CChar>?
}

private let headerBytes = 16

private typealias File = UnsafeMutablePointer<sqlite3_file>

private func header(_ file: File?) -> UnsafeMutablePointer<Header> {
    guard let file else { preconditionFailure("SQLite names its file") }
    return UnsafeMutableRawPointer(file).assumingMemoryBound(to: Header.self)
}

private func beneath(_ file: File?) -> File {
    UnsafeMutableRawPointer(header(file)).advanced(by: headerBytes)
        .assumingMemoryBound(to: sqlite3_file.self)
}

private func system(_ file: File?) -> sqlite3_io_methods {
    beneath(file).pointee.pMethods.pointee
}

private func openBeneath(
    _: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ file: File?,
    _ flags: CInt, _ outFlags: UnsafeMutablePointer<CInt>?
) -> CInt {
    guard let unix = sqlite3_vfs_find("unix") else { return SQLITE_CANTOPEN }
    beneath(file).pointee.pMethods = nil
    let code = unix.pointee.xOpen(unix, name, beneath(file), flags, outFlags)
    header(file).pointee.name = name
    header(file).pointee.methods =
        beneath(file).pointee.pMethods == nil ? nil : passing
    return code
}

/// Written once, before anybody can see it, and never again: safe to share.
private nonisolated(unsafe) let passing: UnsafePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    methods.initialize(
        to: sqlite3_io_methods(
            // Without the functions for memory maps, which nobody asks for.
            iVersion: 2,
            xClose: { file in system(file).xClose(beneath(file)) },
            xRead: { file, buffer, count, offset in
                system(file).xRead(beneath(file), buffer, count, offset)
            },
            xWrite: { file, buffer, count, offset in
                FaultyDisk.strike(file)
                    ?? system(file).xWrite(
                        beneath(file), buffer, count, offset)
            },
            xTruncate: { file, size in
                FaultyDisk.strike(file)
                    ?? system(file).xTruncate(beneath(file), size)
            },
            xSync: { file, flags in
                FaultyDisk.strike(file)
                    ?? system(file).xSync(beneath(file), flags)
            },
            xFileSize: { file, size in
                system(file).xFileSize(beneath(file), size)
            },
            xLock: { file, level in system(file).xLock(beneath(file), level) },
            xUnlock: { file, level in
                system(file).xUnlock(beneath(file), level)
            },
            xCheckReservedLock: { file, result in
                system(file).xCheckReservedLock(beneath(file), result)
            },
            xFileControl: { file, operation, argument in
                system(file).xFileControl(beneath(file), operation, argument)
            },
            xSectorSize: { file in system(file).xSectorSize(beneath(file)) },
            xDeviceCharacteristics: { file in
                system(file).xDeviceCharacteristics(beneath(file))
            },
            xShmMap: { file, page, size, extend, result in
                system(file).xShmMap(
                    beneath(file), page, size, extend, result)
            },
            xShmLock: { file, offset, count, flags in
                system(file).xShmLock(beneath(file), offset, count, flags)
            },
            xShmBarrier: { file in system(file).xShmBarrier(beneath(file)) },
            xShmUnmap: { file, delete in
                system(file).xShmUnmap(beneath(file), delete)
            }, xFetch: nil, xUnfetch: nil))
    return UnsafePointer(methods)
}()
