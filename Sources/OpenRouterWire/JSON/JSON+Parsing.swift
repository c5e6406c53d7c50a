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
        let value = try value(bytes, &index, duplicates, depth: 0)
        JSONGrammar.skipSpace(bytes, &index)
        guard index == bytes.count else {
            throw JSONGrammar.Fault("goes on after its end", at: index)
        }
        return value
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
        _ bytes: Span<UInt8>, in range: Range<Int>, duplicates: Duplicates = .lastWins
    ) throws(JSONGrammar.Fault) -> JSON {
        var index = range.lowerBound
        return try value(bytes, &index, duplicates, depth: 0)
    }

    /// Reads the value at `index`.
    private static func value(
        _ bytes: Span<UInt8>, _ index: inout Int, _ duplicates: Duplicates, depth: Int
    ) throws(JSONGrammar.Fault) -> JSON {
        guard depth <= JSONGrammar.depthMax else {
            throw JSONGrammar.Fault("is nested too deeply", at: index)
        }
        guard index < bytes.count else {
            throw JSONGrammar.Fault("ends where a value should be", at: index)
        }
        switch bytes[index] {
        case UInt8(ascii: "{"):
            return .object(try object(bytes, &index, duplicates, depth: depth))
        case UInt8(ascii: "["):
            var elements: [JSON] = []
            var hasElement = try JSONGrammar.enterArray(bytes, &index)
            while hasElement {
                elements.append(try value(bytes, &index, duplicates, depth: depth + 1))
                hasElement = try JSONGrammar.hasNextElement(bytes, &index)
            }
            return .array(elements)
        default:
            return try scalar(bytes, in: try JSONGrammar.skipValue(bytes, &index, depth: depth))
        }
    }

    private static func scalar(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(JSONGrammar.Fault) -> JSON {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "\""): .string(try string(bytes, in: range))
        case UInt8(ascii: "t"): .bool(true)
        case UInt8(ascii: "f"): .bool(false)
        case UInt8(ascii: "n"): .null
        default: .number(literal(bytes, in: range))
        }
    }

    private static func object(
        _ bytes: Span<UInt8>, _ index: inout Int, _ duplicates: Duplicates, depth: Int
    ) throws(JSONGrammar.Fault) -> JSONObject {
        var members: [(String, JSON)] = []
        // Kept only where comparing each with each would cost more than the set.
        var names: Set<String> = []
        var hasMember = try JSONGrammar.enterObject(bytes, &index)
        while hasMember {
            let start = index
            let name = try text(bytes, in: try JSONGrammar.readName(bytes, &index))
            if duplicates == .refused {
                if members.count == objectSizeForSet { names = Set(members.map(\.0)) }
                let isNew =
                    members.count < objectSizeForSet
                    ? !members.contains { $0.0 == name } : names.insert(name).inserted
                guard isNew else {
                    throw JSONGrammar.Fault("names \"\(name)\" twice", at: start)
                }
            }
            members.append((name, try value(bytes, &index, duplicates, depth: depth + 1)))
            hasMember = try JSONGrammar.hasNextMember(bytes, &index)
        }
        return JSONObject(members)
    }

    private static let objectSizeForSet = 8

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
        try text(bytes, in: range.lowerBound + 1..<range.upperBound - 1)
    }

    /// The text of the string whose inside is at `range`, escapes resolved.
    static func text(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(JSONGrammar.Fault) -> String {
        let end = range.upperBound
        var index = range.lowerBound
        while index < end, bytes[index] != UInt8(ascii: "\\") { index += 1 }
        if index == end {
            do {
                return String(copying: try UTF8Span(validating: bytes.extracting(range)))
            } catch {
                throw JSONGrammar.Fault("is not valid UTF-8", at: range.lowerBound)
            }
        }
        var units: [UInt8] = []
        units.reserveCapacity(range.count)
        index = range.lowerBound
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
