/// Whether bytes are UTF-8.
///
/// The standard library's check reads text that is not all ASCII byte by byte, which took longer
/// than everything else that is done with a body; here only what is not ASCII is read like that.
enum UTF8Text {
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        let raw = bytes.bytes
        let last = raw.byteCount - 8
        var index = 0
        while index < raw.byteCount {
            if index <= last {
                // A checked load of bytes as they are; any bits make an integer.
                let word = UInt64(
                    littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
                let tops = word & 0x8080_8080_8080_8080
                index += tops == 0 ? 8 : tops.trailingZeroBitCount / 8
                if tops == 0 { continue }
            } else if bytes[index] < 0x80 {
                index += 1
                continue
            }
            guard let length = length(bytes, index) else { return false }
            index += length
        }
        return true
    }

    /// How many bytes the character at `index` has, one outside ASCII; `nil` if it is none. The
    /// ranges are those of the Unicode standard's table of well-formed sequences.
    private static func length(_ bytes: Span<UInt8>, _ index: Int) -> Int? {
        let rest: Int
        let second: ClosedRange<UInt8>
        switch bytes[index] {
        case 0xC2...0xDF: (rest, second) = (1, 0x80...0xBF)
        case 0xE0: (rest, second) = (2, 0xA0...0xBF)
        case 0xED: (rest, second) = (2, 0x80...0x9F)
        case 0xE1...0xEF: (rest, second) = (2, 0x80...0xBF)
        case 0xF0: (rest, second) = (3, 0x90...0xBF)
        case 0xF1...0xF3: (rest, second) = (3, 0x80...0xBF)
        case 0xF4: (rest, second) = (3, 0x80...0x8F)
        default: return nil
        }
        guard index + rest < bytes.count, second.contains(bytes[index + 1]) else { return nil }
        for offset in 1...rest where bytes[index + offset] & 0xC0 != 0x80 { return nil }
        return rest + 1
    }
}
