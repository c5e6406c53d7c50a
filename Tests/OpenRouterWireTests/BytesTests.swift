import TestSupport
import Testing

@testable import OpenRouterWire

/// What is read eight bytes at a time, against what is read by one.
struct BytesTests {
    private static func isValid(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    @Test func `any two bytes, in a word or across two, are UTF-8 where the library says so`() {
        for place in [0, 5, 7] {
            let head = Array(repeating: UInt8(ascii: "x"), count: place)
            for first in 0x78...0xFF {
                for second in 0x00...0xFF {
                    for tail in [[], [0x80], [0xBF, 0x80], [0xC0, 0x80], [0x41]] as [[UInt8]] {
                        let bytes = head + [UInt8(first), UInt8(second)] + tail
                        let isValid = UTF8Text.isValid(bytes.span)
                        if isValid != BytesTests.isValid(bytes) { Issue.record("\(bytes)") }
                    }
                }
            }
        }
    }

    @Test func `text broken at random is UTF-8 where the library says so`() {
        var dice = SeededGenerator(seed: 11)
        let text = Array("Zoë’s café 日本語 🧑‍🚀 and plain words in between, é\u{10FFFF}\u{FFFF}".utf8)
        var counts = [0, 0]
        for _ in 0..<60_000 {
            let start = Int.random(in: 0..<text.count, using: &dice)
            var bytes = Array(text[start...Int.random(in: start..<text.count, using: &dice)])
            if Bool.random(using: &dice) {
                let index = Int.random(in: bytes.indices, using: &dice)
                bytes[index] = UInt8.random(in: 0...0xFF, using: &dice)
            }
            let isValid = BytesTests.isValid(bytes)
            counts[isValid ? 1 : 0] += 1
            if UTF8Text.isValid(bytes.span) != isValid { Issue.record("\(bytes)") }
        }
        #expect(counts[0] > 10_000 && counts[1] > 10_000)
    }

    @Test func `a byte that does not stand for itself ends a string at every place`() {
        for place in 0..<20 {
            for length in place + 1..<24 {
                for byte in UInt8.min...0xFF {
                    var inside = Array(repeating: UInt8(ascii: "~"), count: length)
                    inside[place] = byte
                    let bytes = [UInt8(ascii: "\"")] + inside + [UInt8(ascii: "\"")]
                    var index = 0
                    let isRead = (try? JSONGrammar.skipString(bytes.span, &index)) != nil
                    let end =
                        switch byte {
                        case UInt8(ascii: "\""): place + 2
                        case 0..<0x20: -1
                        // An escape that there is only where the quote is what is escaped.
                        case UInt8(ascii: "\\"): -1
                        default: bytes.count
                        }
                    if end < 0 ? isRead : index != end { Issue.record("\(place) \(byte)") }
                }
            }
        }
    }

    @Test func `a name is found by its bytes, wherever they stand, and no other is`() {
        let names = ChatField.allCases.map(\.rawValue)
        for name in names {
            for tail in ["", "\"", "\":1,\"a\":2}"] {
                let bytes = Array(("{\"" + name + tail).utf8)
                let range = 2..<2 + name.utf8.count
                #expect(ChatField.table[bytes.span, range]?.rawValue == name)
                #expect(ChatField.table[bytes.span, 2..<range.upperBound - 1]?.rawValue != name)
                for index in range {
                    var other = bytes
                    other[index] ^= 0x20
                    let found = ChatField.table[other.span, range]?.rawValue
                    #expect(found != name)
                }
            }
        }
    }
}
