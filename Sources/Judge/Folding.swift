/// What different spellings have in common, for readers that do not look closely.
package enum Folding {
    /// A name of a field: in small letters, without the marks between words.
    package static func name(_ text: String) -> String {
        let folded = word(text).unicodeScalars.filter { $0 != "_" && $0 != "-" }
        return String(String.UnicodeScalarView(folded))
    }

    /// A word: in small letters, compatible forms made plain, invisible marks and the space
    /// around it gone.
    package static func word(_ text: String) -> String {
        var scalars: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars where !isInvisible(scalar) {
            for lower in plain(scalar).properties.lowercaseMapping.unicodeScalars {
                scalars.append(lower)
            }
        }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        let kept = scalars.drop { $0.properties.isWhitespace }
        return String(String.UnicodeScalarView(kept))
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Between words they are space.
        case 0x09, 0x0A, 0x0D: false
        case 0x00...0x1F, 0x7F, 0xAD, 0x34F, 0x61C, 0x180B...0x180F, 0x200B...0x200F,
            0x202A...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F, 0xFEFF, 0xE0000...0xE0FFF:
            true
        default: false
        }
    }

    /// The plain letter behind a compatible form.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0x212A: "k"
        case 0x17F: "s"
        case 0x130, 0x131: "i"
        // Letters of mathematics: thirteen alphabets, one behind the other.
        case 0x1D400...0x1D6A3:
            Unicode.Scalar(letter(Int((scalar.value - 0x1D400) % 52)))
        default: scalar
        }
    }

    private static func letter(_ place: Int) -> UInt8 {
        UInt8(place < 26 ? 65 + place : 97 + place - 26)
    }
}
