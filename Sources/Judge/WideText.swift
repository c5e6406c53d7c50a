/// Encodings that JSON no longer has and some readers still take.
enum WideText {
    /// The text as UTF-8, and what was unusual about it; `nil` if nothing was.
    static func decode(_ raw: [UInt8]) -> ([UInt8], LooseReader.Liberty?) {
        if raw.starts(with: [0xEF, 0xBB, 0xBF]) {
            return (Array(raw.dropFirst(3)), .byteOrderMark)
        }
        let head = raw.prefix(4).map { $0 == 0 }
        if raw.starts(with: [0xFF, 0xFE, 0, 0]) || head == [false, true, true, true] {
            return (wide(raw, width: 4, isLittle: true), .wideEncoding)
        }
        if raw.starts(with: [0, 0, 0xFE, 0xFF]) || head == [true, true, true, false] {
            return (wide(raw, width: 4, isLittle: false), .wideEncoding)
        }
        if raw.starts(with: [0xFF, 0xFE]) || head == [false, true, false, true] {
            return (wide(raw, width: 2, isLittle: true), .wideEncoding)
        }
        if raw.starts(with: [0xFE, 0xFF]) || head == [true, false, true, false] {
            return (wide(raw, width: 2, isLittle: false), .wideEncoding)
        }
        return (raw, nil)
    }

    private static func wide(_ raw: [UInt8], width: Int, isLittle: Bool) -> [UInt8] {
        var units: [UInt32] = []
        for start in stride(from: 0, to: raw.count - width + 1, by: width) {
            let unit = raw[start..<(start + width)]
            let ordered = isLittle ? Array(unit.reversed()) : Array(unit)
            units.append(ordered.reduce(0) { $0 << 8 | UInt32($1) })
        }
        if units.first == 0xFEFF { units.removeFirst() }
        guard width == 4 else {
            return Array(String(decoding: units.map { UInt16($0) }, as: UTF16.self).utf8)
        }
        return Array(String(decoding: units, as: UTF32.self).utf8)
    }
}
