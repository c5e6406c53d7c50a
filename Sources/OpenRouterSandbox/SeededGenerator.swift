import Credentials
import Purser

/// SplitMix64: small, fast, and the same on every machine for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A stream of its own for each text.
    init(seed: UInt64, for text: String) {
        let digest = KeyDigest(hashing: text).bytes.prefix(8)
        self.init(seed: digest.reduce(seed) { $0 &* 0x1_0000_01B3 ^ UInt64($1) })
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// An index below `count`.
    mutating func index(below count: Int) -> Int {
        Int(next() % UInt64(count))
    }

    /// Letters and digits, as OpenRouter's ids have them.
    mutating func letters(_ count: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let units = (0..<count).map { _ in alphabet[index(below: alphabet.count)] }
        return String(decoding: units, as: UTF8.self)
    }
}

/// A UUID (version 5 in form) that is always the same for the same text.
func stableUUID(_ text: String) -> String {
    var bytes = Array(KeyDigest(hashing: text).bytes.prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x50
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = Array(hexadecimal(bytes))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        .map { String(digits[$0]) }.joined(separator: "-")
}
