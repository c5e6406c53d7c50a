import Foundation

/// A file on the disk under test, to time its sync.
struct Disk {
    private let descriptor: Int32
    private let page = [UInt8](repeating: 7, count: 4_096)
    private static let pages = 64

    /// Makes a file beside `path` that has its final length, as a write-ahead log in use has.
    init(beside path: String) throws {
        let name = "\(path).sync-\(getpid())"
        descriptor = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0, unlink(name) == 0 else { throw POSIXError(.EIO) }
        for page in 0..<Disk.pages { try write(page) }
        guard fsync(descriptor) == 0 else { throw POSIXError(.EIO) }
    }

    func close() {
        _ = Foundation.close(descriptor)
    }

    /// The median time of writing one page and syncing it, in microseconds.
    func sync() throws -> Double {
        median(try (0..<200).map { try timeSync($0) }.sorted())
    }

    /// The time of one such write, in microseconds.
    func timeSync(_ number: Int) throws -> Double {
        let start = Clock.nanoseconds()
        try write(number % Disk.pages)
        guard fdatasync(descriptor) == 0 else { throw POSIXError(.EIO) }
        return Double(Clock.nanoseconds() - start) / 1_000
    }

    private func write(_ number: Int) throws {
        guard pwrite(descriptor, page, page.count, off_t(number * page.count)) == page.count
        else { throw POSIXError(.EIO) }
    }
}

enum Clock {
    static func nanoseconds() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// What the calling thread has used.
    static func threadCPU() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// What all of this process's threads have used.
    static func processCPU() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        precondition(clock_gettime(clock, &time) == 0, "every kernel has this clock")
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// What it costs to hand something to a sleeping thread and to be woken by its answer.
enum Waking {
    /// Median, in microseconds.
    static func roundTrip() -> Double {
        let (there, back) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let count = 500
        let thread = Thread {
            for _ in 0..<count {
                there.wait()
                back.signal()
            }
        }
        thread.start()
        return median(
            (0..<count).map { _ in
                let start = Clock.nanoseconds()
                there.signal()
                back.wait()
                return Double(Clock.nanoseconds() - start) / 1_000
            }.sorted())
    }
}
