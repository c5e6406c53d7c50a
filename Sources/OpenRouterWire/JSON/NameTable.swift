/// A name of a few plain bytes as three numbers, to be compared without making text of it.
///
/// Two names are equal if and only if their bytes are: JSON has no raw NUL, so what fills up the
/// last number is in no name.
struct ShortName: Hashable {
    static let bytesMax = 24

    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// `nil` if there are too many bytes.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard range.count <= ShortName.bytesMax else { return nil }
        words.0 = ShortName.word(bytes, range.lowerBound, range.upperBound)
        guard range.count > 8 else { return }
        words.1 = ShortName.word(bytes, range.lowerBound + 8, range.upperBound)
        guard range.count > 16 else { return }
        words.2 = ShortName.word(bytes, range.lowerBound + 16, range.upperBound)
    }

    /// `nil` if there are too many bytes.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span, 0..<bytes.count)
    }

    /// Up to eight bytes from `start` on, the first of them lowest.
    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        let count = min(8, end - start)
        if start + 8 <= bytes.count {
            // A checked load of bytes as they are; any bits make an integer.
            let word = UInt64(
                littleEndian: bytes.bytes.unsafeLoadUnaligned(
                    fromByteOffset: start, as: UInt64.self))
            return count == 8 ? word : word & (1 << UInt64(count * 8) - 1)
        }
        var word: UInt64 = 0
        for offset in 0..<count { word |= UInt64(bytes[start + offset]) << UInt64(offset * 8) }
        return word
    }

    var hash: UInt64 {
        let mixed =
            words.0 ^ (words.1 &* 0x9E37_79B9_7F4A_7C15) ^ (words.2 &* 0xC2B2_AE3D_27D4_EB4F)
        return (mixed ^ mixed >> 29) &* 0xBF58_476D_1CE4_E5B9
    }

    static func == (left: ShortName, right: ShortName) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1
            && left.words.2 == right.words.2
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// A value for each of a few names, looked up by the bytes that stand in a body.
struct NameTable<Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var name: ShortName
        var value: Value
    }

    private var slots: [Slot?]

    init(_ rows: [(name: String, value: Value)]) {
        // A quarter full, so that most names are found at the first look.
        var count = 8
        while count < rows.count * 4 { count *= 2 }
        slots = Array(repeating: nil, count: count)
        for row in rows {
            guard let name = ShortName(row.name) else {
                preconditionFailure("a name of a table is at most \(ShortName.bytesMax) bytes")
            }
            precondition(self[name] == nil, "a name of a table stands in it once")
            var index = place(of: name)
            while slots[index] != nil { index = (index + 1) & (slots.count - 1) }
            slots[index] = Slot(name: name, value: row.value)
        }
    }

    private func place(of name: ShortName) -> Int {
        Int(truncatingIfNeeded: name.hash >> 32) & (slots.count - 1)
    }

    subscript(name: ShortName) -> Value? {
        var index = place(of: name)
        while let slot = slots[index] {
            if slot.name == name { return slot.value }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The value of the name whose bytes are at `range`, without quotes.
    subscript(bytes: Span<UInt8>, range: Range<Int>) -> Value? {
        ShortName(bytes, range).flatMap { self[$0] }
    }
}
