extension JSON {
    /// Whether an object may name a member twice.
    package enum Duplicates: Sendable {
        /// A fault: what we judge must be what the next reader sees.
        case refused
        /// The last one counts, as most readers have it.
        case lastWins
    }

    /// Reads one whole document.
    package static func parse(
        _ bytes: Span<UInt8>, duplicates: Duplicates = .lastWins
    ) throws(JSONGrammar.Fault) -> JSON {
        var index = 0
        JSONGrammar.skipSpace(bytes, &index)
        let range = try JSONGrammar.skipValue(bytes, &index)
        JSONGrammar.skipSpace(bytes, &index)
        guard index == bytes.count else {
            throw JSONGrammar.Fault("goes on after its end", at: index)
        }
        return try value(bytes, in: range, duplicates: duplicates)
    }

    /// Reads one whole document; see the span form.
    package static func parse(
        _ bytes: [UInt8], duplicates: Duplicates = .lastWins
    ) throws(JSONGrammar.Fault) -> JSON {
        try parse(bytes.span, duplicates: duplicates)
    }

    /// Reads one whole document; see the span form.
    package static func parse(
        _ text: String, duplicates: Duplicates = .lastWins
    ) throws(JSONGrammar.Fault) -> JSON {
        try parse(Array(text.utf8).span, duplicates: duplicates)
    }

    /// The value that a walk of the grammar found at `range`.
    package static func value(
        _ bytes: Span<UInt8>, in range: Range<Int>, duplicates: Duplicates = .lastWins,
        depth: Int = 0
    ) throws(JSONGrammar.Fault) -> JSON {
        var index = range.lowerBound
        switch bytes[index] {
        case UInt8(ascii: "{"):
            var members: [(String, JSON)] = []
            var names: Set<String> = []
            try JSONGrammar.forEachMember(bytes, &index, depth: depth) {
                name, inner throws(JSONGrammar.Fault) in
                let name = try string(bytes, in: name)
                if duplicates == .refused, !names.insert(name).inserted {
                    throw JSONGrammar.Fault("names \"\(name)\" twice", at: inner.lowerBound)
                }
                members.append(
                    (name, try value(bytes, in: inner, duplicates: duplicates, depth: depth + 1)))
            }
            return .object(JSONObject(members))
        case UInt8(ascii: "["):
            var elements: [JSON] = []
            try JSONGrammar.forEachElement(bytes, &index, depth: depth) {
                inner throws(JSONGrammar.Fault) in
                elements.append(
                    try value(bytes, in: inner, duplicates: duplicates, depth: depth + 1))
            }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string(bytes, in: range))
        case UInt8(ascii: "t"): return .bool(true)
        case UInt8(ascii: "f"): return .bool(false)
        case UInt8(ascii: "n"): return .null
        default: return .number(literal(bytes, in: range))
        }
    }

    /// The digits of the number at `range`.
    package static func literal(_ bytes: Span<UInt8>, in range: Range<Int>) -> String {
        String(unsafeUninitializedCapacity: range.count) { buffer in
            for offset in 0..<range.count { buffer[offset] = bytes[range.lowerBound + offset] }
            return range.count
        }
    }

    /// The text of the string at `range`, quotes and escapes resolved.
    package static func string(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(JSONGrammar.Fault) -> String {
        var units: [UInt8] = []
        units.reserveCapacity(range.count)
        var index = range.lowerBound + 1
        let end = range.upperBound - 1
        while index < end {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 1
                try unescape(bytes, &index, into: &units)
            } else {
                units.append(bytes[index])
                index += 1
            }
        }
        guard let text = String(validating: units, as: UTF8.self) else {
            throw JSONGrammar.Fault("is not valid UTF-8", at: range.lowerBound)
        }
        return text
    }

    private static func unescape(
        _ bytes: Span<UInt8>, _ index: inout Int, into units: inout [UInt8]
    ) throws(JSONGrammar.Fault) {
        let mark = bytes[index]
        index += 1
        switch mark {
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"):
            let start = index
            var code = hexCode(bytes, &index)
            if (0xD800..<0xDC00).contains(code), index + 6 <= bytes.count,
                bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
            {
                index += 2
                let low = hexCode(bytes, &index)
                guard (0xDC00..<0xE000).contains(low) else {
                    throw JSONGrammar.Fault("has half a surrogate pair", at: start)
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw JSONGrammar.Fault("has half a surrogate pair", at: start)
            }
            units.append(contentsOf: String(Character(scalar)).utf8)
        default: units.append(mark)
        }
    }

    /// Four hexadecimal digits; the grammar has already vouched for them.
    private static func hexCode(_ bytes: Span<UInt8>, _ index: inout Int) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[index]
            let digit = byte <= UInt8(ascii: "9") ? byte - 0x30 : (byte | 0x20) - 0x61 + 10
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }
}
