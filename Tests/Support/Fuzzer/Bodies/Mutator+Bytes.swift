/// Damage to the bytes themselves.
extension Mutator {
    mutating func mutate(_ bytes: inout [UInt8], _ mutation: Mutation) {
        let place = dice.below(bytes.count + 1)
        switch mutation {
        case .truncated: bytes.removeSubrange(place...)
        case .byteFlip:
            guard !bytes.isEmpty else { return }
            bytes[min(place, bytes.count - 1)] ^= 1 << UInt8(dice.below(8))
        case .byteInsert:
            let marks = Array("{}[]\",:\\/*'#=0e- ".utf8)
            bytes.insert(dice.happens(2) ? dice.one(marks) : UInt8(dice.below(256)), at: place)
        case .nul: bytes.insert(0, at: place)
        case .invalidUTF8:
            let broken: [[UInt8]] = [
                [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
                [0x80], [0xC1, 0xAD],
            ]
            bytes.insert(contentsOf: dice.one(broken), at: place)
        case .comment:
            insert(dice.one(["/* x */", "// x\n", "# x\n", "/*\"model\":*/"]), into: &bytes)
        case .trailingComma: insert(",", into: &bytes)
        case .byteOrderMark: bytes.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: 0)
        case .wideEncoding:
            let isLittle = dice.happens(2)
            let text = String(decoding: bytes, as: UTF8.self)
            bytes = text.utf16.flatMap { unit in
                let pair = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
                return isLittle ? pair : pair.reversed()
            }
            if dice.happens(2) { bytes = (isLittle ? [0xFF, 0xFE] : [0xFE, 0xFF]) + bytes }
        case .splice:
            guard !donors.isEmpty else { return }
            let donor = dice.one(donors)
            bytes = Array(bytes[..<place]) + donor[dice.below(donor.count + 1)...]
        case .appended:
            bytes += dice.happens(2) || donors.isEmpty ? Array("{}".utf8) : dice.one(donors)
        case .duplicateName, .escapedName, .escapedText, .otherCase, .lookAlike, .invisible,
            .wrongType, .numberAsText, .strangeNumber, .nested, .hoisted, .sunk, .inserted,
            .part, .renamed, .removed:
            preconditionFailure("\(mutation) is one of the tree")
        }
    }

    /// Between two values, where a tolerant reader would skip it.
    private mutating func insert(_ text: String, into bytes: inout [UInt8]) {
        let marks = Array("{}[],:".utf8)
        let places = bytes.indices.filter { marks.contains(bytes[$0]) }
        guard !places.isEmpty else { return }
        bytes.insert(contentsOf: Array(text.utf8), at: dice.one(places))
    }
}
