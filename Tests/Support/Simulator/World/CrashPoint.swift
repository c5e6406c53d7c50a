/// The places where a crash is worth most; the simulation counts how often it struck at each.
package enum CrashPoint: String, CaseIterable, Sendable {
    case beforeAttemptCommit = "before the attempt's commit"
    case afterAttemptCommit = "after the attempt's commit, before its answer"
    case beforeForward = "before the first byte to the upstream"
    case afterForward = "after the first byte to the upstream"
    case afterHead = "after the upstream's head"
    case midStream = "in the middle of a stream"
    case beforeEntryCommit = "before the entry's commit"
    case afterEntryCommit = "after the entry's commit, before its answer"
    case beforeLastByte = "before the client's last byte"
    case afterLastByte = "after the client's last byte"
    case duringRecovery = "between two steps of recovery"
    case duringCorrection = "with late truth in hand"
    case whileFailing = "while the disk fails"
    case anywhere = "anywhere"

    /// Of how many passages of the point one ends in a crash, chosen so that none is rare.
    var rarity: Int {
        switch self {
        case .beforeAttemptCommit, .afterAttemptCommit: 180
        case .beforeEntryCommit, .afterEntryCommit: 110
        case .beforeForward, .afterForward, .midStream, .afterHead: 120
        case .beforeLastByte, .afterLastByte: 55
        case .duringRecovery, .duringCorrection: 35
        case .whileFailing: 6
        case .anywhere: 1
        }
    }
}

/// The process is gone; everything in its memory with it.
struct Crash: Error {
    var point: CrashPoint
}
