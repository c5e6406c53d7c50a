import Credentials
import Dispatch
import Foundation
import Purser

/// The one place that reads the clock and draws random numbers; everything inside is told.
enum ThisMachine {
    /// The present instant, to the millisecond.
    static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)))
    }

    /// How long the machine has been up; only differences mean anything.
    static func uptime() -> Timestamp {
        Timestamp(milliseconds: Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000))
    }

    /// A new secret from the system's source of randomness.
    static func mint(_ kind: SecretKind) -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret.mint(kind, using: &generator)
    }

    /// Eight digits that tell one run of the program from another.
    static func runName() -> String {
        let number = UInt32.random(in: .min ... .max)
        return hexadecimal((0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) })
    }
}
