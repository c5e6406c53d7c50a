/// Walks JSON bytes without building anything: where values begin and end, and whether they are
/// well formed.
///
/// Every function takes the whole text and an index, and leaves the index behind what it read.
/// Subscripts of a `Span` are checked, so no input can read past the end.
package enum JSONGrammar {
    /// Deeper nesting than any client sends, and shallow enough for any stack.
    package static let depthMax = 128

    /// Why a text is not JSON, with the byte where it went wrong.
    package struct Fault: Error, Hashable, Sendable {
        package var reason: String
        package var offset: Int

        package init(_ reason: String, at offset: Int) {
            self.reason = reason
            self.offset = offset
        }
    }

    package static func skipSpace(_ bytes: Span<UInt8>, _ index: inout Int) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    /// Reads one value of any kind and returns the range it covers.
    @discardableResult
    package static func skipValue(
        _ bytes: Span<UInt8>, _ index: inout Int, depth: Int = 0
    ) throws(Fault) -> Range<Int> {
        guard depth <= depthMax else { throw Fault("is nested too deeply", at: index) }
        guard index < bytes.count else { throw Fault("ends where a value should be", at: index) }
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "\""):
            try skipString(bytes, &index)
        case UInt8(ascii: "{"):
            var hasMember = try enterObject(bytes, &index)
            while hasMember {
                _ = try readName(bytes, &index)
                try skipValue(bytes, &index, depth: depth + 1)
                hasMember = try hasNextMember(bytes, &index)
            }
        case UInt8(ascii: "["):
            var hasElement = try enterArray(bytes, &index)
            while hasElement {
                try skipValue(bytes, &index, depth: depth + 1)
                hasElement = try hasNextElement(bytes, &index)
            }
        case UInt8(ascii: "t"): try skipWord("true", bytes, &index)
        case UInt8(ascii: "f"): try skipWord("false", bytes, &index)
        case UInt8(ascii: "n"): try skipWord("null", bytes, &index)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try skipNumber(bytes, &index)
        default:
            throw Fault("has a byte that starts no value", at: index)
        }
        return start..<index
    }

    // An object is walked by hand, so that each value is read once, by whoever knows what it is:
    //
    //     var hasMember = try enterObject(bytes, &index)
    //     while hasMember {
    //         let name = try readName(bytes, &index)
    //         … read the value at index …
    //         hasMember = try hasNextMember(bytes, &index)
    //     }

    /// Steps into the object at `index`: to its first name, or behind it if it is empty.
    static func enterObject(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) -> Bool {
        try enter(UInt8(ascii: "{"), UInt8(ascii: "}"), bytes, &index)
    }

    /// Steps into the array at `index`: to its first element, or behind it if it is empty.
    static func enterArray(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) -> Bool {
        try enter(UInt8(ascii: "["), UInt8(ascii: "]"), bytes, &index)
    }

    /// Reads a member's name and steps to its value; the range has no quotes.
    static func readName(
        _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(Fault) -> Range<Int> {
        let start = index + 1
        try skipString(bytes, &index)
        let end = index - 1
        skipSpace(bytes, &index)
        try expect(UInt8(ascii: ":"), bytes, &index)
        skipSpace(bytes, &index)
        return start..<end
    }

    /// Steps from behind a value to the next name, or behind the object.
    static func hasNextMember(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) -> Bool {
        try hasNext(UInt8(ascii: "}"), bytes, &index)
    }

    /// Steps from behind an element to the next one, or behind the array.
    static func hasNextElement(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) -> Bool {
        try hasNext(UInt8(ascii: "]"), bytes, &index)
    }

    private static func enter(
        _ opening: UInt8, _ closing: UInt8, _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(Fault) -> Bool {
        try expect(opening, bytes, &index)
        skipSpace(bytes, &index)
        return !take(closing, bytes, &index)
    }

    private static func hasNext(
        _ closing: UInt8, _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(Fault) -> Bool {
        skipSpace(bytes, &index)
        if take(closing, bytes, &index) { return false }
        try expect(UInt8(ascii: ","), bytes, &index)
        skipSpace(bytes, &index)
        return true
    }

    package static func skipString(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) {
        try expect(UInt8(ascii: "\""), bytes, &index)
        while true {
            skipPlain(bytes, &index)
            guard index < bytes.count else { throw Fault("ends inside a string", at: index) }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return
            case UInt8(ascii: "\\"):
                try skipEscape(bytes, &index)
            case 0..<0x20:
                throw Fault("has a control character inside a string", at: index)
            default:
                index += 1
            }
        }
    }

    /// Steps over bytes that stand for themselves in a string, eight at a time, up to one that
    /// may not or to the last few of the text.
    ///
    /// In each word, a byte less than `n` is where `word - n…n` borrows from its top bit. A borrow
    /// can reach into the bytes above, so only the lowest mark is sure; no other is used.
    private static func skipPlain(_ bytes: Span<UInt8>, _ index: inout Int) {
        // What is loaded is eight bytes as they are, and the load checks that they are there; any
        // bits make an integer, so nothing of it is unsafe.
        let raw = bytes.bytes
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let last = raw.byteCount - 8
        while index <= last {
            let word = UInt64(
                littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let marks =
                ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes)
                | ((backslashes &- ones) & ~backslashes)
            if marks & tops != 0 {
                index += (marks & tops).trailingZeroBitCount / 8
                return
            }
            index += 8
        }
    }

    private static func skipEscape(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) {
        index += 1
        guard index < bytes.count else { throw Fault("ends inside a string", at: index) }
        switch bytes[index] {
        case UInt8(ascii: "u"):
            for offset in 1...4 {
                let isHex = index + offset < bytes.count && isHexDigit(bytes[index + offset])
                guard isHex else { throw Fault("has a broken \\u escape", at: index) }
            }
            index += 5
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 1
        default:
            throw Fault("has an unknown escape", at: index)
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func skipNumber(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) {
        _ = take(UInt8(ascii: "-"), bytes, &index)
        if !take(UInt8(ascii: "0"), bytes, &index) { try skipDigits(bytes, &index) }
        if take(UInt8(ascii: "."), bytes, &index) { try skipDigits(bytes, &index) }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if !take(UInt8(ascii: "-"), bytes, &index) {
                _ = take(UInt8(ascii: "+"), bytes, &index)
            }
            try skipDigits(bytes, &index)
        }
        if index < bytes.count, (0x30...0x39).contains(bytes[index]) {
            throw Fault("has a number with a leading zero", at: index)
        }
    }

    private static func skipDigits(_ bytes: Span<UInt8>, _ index: inout Int) throws(Fault) {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > start else { throw Fault("has a broken number", at: index) }
    }

    private static func skipWord(
        _ word: StaticString, _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(Fault) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard index + offset < bytes.count,
                bytes[index + offset] == word.utf8Start[offset]
            else { throw Fault("has a byte that starts no value", at: index) }
        }
        index += word.utf8CodeUnitCount
    }

    private static func take(_ byte: UInt8, _ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private static func expect(
        _ byte: UInt8, _ bytes: Span<UInt8>, _ index: inout Int
    ) throws(Fault) {
        guard take(byte, bytes, &index) else {
            let wanted = Character(Unicode.Scalar(byte))
            throw Fault(
                index < bytes.count ? "lacks a '\(wanted)'" : "ends before a '\(wanted)'",
                at: index)
        }
    }
}
