import Crypto
package import Purser

/// A key's text, which prints as dots.
///
/// Only this module looks inside; elsewhere a secret can be carried, compared by its digest and,
/// at the one place that shows it to its owner, revealed on purpose.
package struct Secret: Sendable {
    private let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// The text itself: for the answer that shows it once, and for the upstream's header.
    package func reveal() -> String { text }

    /// SHA-256 of the whole text.
    package var digest: KeyDigest { KeyDigest(hashing: text) }

    /// What may be shown for recognition: `sk-purser-0e6...1c96`.
    package var label: String {
        let prefix = SecretKind.allCases.first { text.hasPrefix($0.prefix) }?.prefix ?? ""
        let rest = text.dropFirst(prefix.count)
        guard rest.count >= 12 else { return "\(prefix)..." }
        return "\(prefix)\(rest.prefix(3))...\(rest.suffix(4))"
    }
}

extension Secret {
    /// Shorter texts are no secrets, at most the beginning of one.
    private static let lengthMin = 64

    /// Whether a secret of any kind stands in `text`, which must then not be written down.
    package static func isIn(_ text: String) -> Bool {
        text.utf8.count >= lengthMin && SecretKind.allCases.contains { text.contains($0.prefix) }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a minted secret is for; the prefix tells people and leak scanners.
package enum SecretKind: CaseIterable, Sendable {
    /// Manages Purser.
    case management
    /// A member's key for the gateway.
    case member
    /// OpenRouter's own form, minted by the sandbox.
    case openRouter

    package var prefix: String {
        switch self {
        case .management: "sk-purser-mgmt-"
        case .member: "sk-purser-"
        case .openRouter: "sk-or-v1-"
        }
    }
}

extension Secret {
    /// A new secret with 256 bits from `generator`, which must be the system's outside the sandbox.
    package static func mint(
        _ kind: SecretKind, using generator: inout some RandomNumberGenerator
    ) -> Secret {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            let word = UInt64.random(in: .min ... .max, using: &generator)
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
        }
        return Secret(kind.prefix + hexadecimal(bytes))
    }
}

extension KeyDigest {
    /// SHA-256 of the text's bytes.
    package init(hashing text: String) {
        var text = text
        self = text.withUTF8 { KeyDigest(hashing: UnsafeRawBufferPointer($0)) }
    }

    /// SHA-256 of the bytes, without allocating.
    package init(hashing bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self = hash.finalize().withUnsafeBytes { digest in
            KeyDigest(
                words: (
                    UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                    UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
                ))
        }
    }
}
