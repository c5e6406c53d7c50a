/// Reads JSON as all readers together would: what any of them understands is in the result.
///
/// It shares no code with the gateway's own scan, on purpose: two that make one mistake are one.
struct LooseReader {
    /// Deeper than the gateway forwards; what is deeper still is said to be unreadable.
    static let depthMax = 256

    private let bytes: [UInt8]
    private var index = 0
    /// What a strict reader would have refused.
    private(set) var liberties: Set<Liberty> = []

    enum Liberty: String, CaseIterable, Hashable, Sendable {
        case byteOrderMark = "byte order mark"
        case wideEncoding = "UTF-16 or UTF-32"
        case invalidUTF8 = "invalid UTF-8"
        case comment
        case bareWord = "word without quotes"
        case quote = "another quote"
        case escape = "unknown escape"
        case control = "control character in a string"
        case comma = "comma that divides nothing"
        case closing = "wrong or missing bracket"
        case end = "more behind the end"
        case depth = "too deep to read"
        case space = "unusual space"
        case number = "unusual number"
    }

    init(_ raw: [UInt8]) {
        let (decoded, liberty) = WideText.decode(raw)
        bytes = decoded
        if let liberty { liberties.insert(liberty) }
        if liberty != .wideEncoding, String(validating: raw, as: UTF8.self) == nil {
            liberties.insert(.invalidUTF8)
        }
    }

    /// Every value of the text, one behind the other.
    mutating func documents() -> [Reading] {
        var documents: [Reading] = []
        while true {
            skipSpace()
            guard index < bytes.count else { return documents }
            switch bytes[index] {
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"):
                liberties.insert(.closing)
                index += 1
            default:
                if !documents.isEmpty { liberties.insert(.end) }
                documents.append(value(depth: 0))
            }
        }
    }

    private mutating func value(depth: Int) -> Reading {
        guard depth < LooseReader.depthMax else {
            liberties.insert(.depth)
            index = bytes.count
            return .null
        }
        guard index < bytes.count else {
            liberties.insert(.closing)
            return .null
        }
        switch bytes[index] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return .text(string())
        default: return bareWord()
        }
    }

    private mutating func object(depth: Int) -> Reading {
        index += 1
        var members: [Reading.Member] = []
        while let byte = nextInside(UInt8(ascii: "}"), after: members.isEmpty) {
            let name: String
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): name = string()
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"):
                liberties.insert(.bareWord)
                name = ""
            default:
                liberties.insert(.bareWord)
                name = bareWord().word ?? ""
            }
            skipSpace()
            var reading = Reading.null
            if index < bytes.count, [UInt8(ascii: ":"), UInt8(ascii: "=")].contains(bytes[index]) {
                index += 1
                skipSpace()
                if index < bytes.count, bytes[index] != UInt8(ascii: "}") {
                    reading = value(depth: depth + 1)
                }
            } else if name.isEmpty {
                reading = value(depth: depth + 1)
            } else {
                liberties.insert(.comma)
            }
            members.append(Reading.Member(name: name, value: reading))
        }
        return .object(members)
    }

    private mutating func list(depth: Int) -> Reading {
        index += 1
        var elements: [Reading] = []
        while nextInside(UInt8(ascii: "]"), after: elements.isEmpty) != nil {
            elements.append(value(depth: depth + 1))
        }
        return .list(elements)
    }

    /// The byte that the next member or element begins with; `nil` behind the end.
    private mutating func nextInside(_ end: UInt8, after isFirst: Bool) -> UInt8? {
        var commas = 0
        while true {
            skipSpace()
            guard index < bytes.count else {
                liberties.insert(.closing)
                return nil
            }
            let byte = bytes[index]
            if byte == end {
                if commas > 0 { liberties.insert(.comma) }
                index += 1
                return nil
            }
            switch byte {
            case UInt8(ascii: ","):
                commas += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                liberties.insert(.closing)
                index += 1
            case UInt8(ascii: ":") where end == UInt8(ascii: "]"):
                liberties.insert(.comma)
                index += 1
            default:
                if commas != (isFirst ? 0 : 1) { liberties.insert(.comma) }
                return byte
            }
        }
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case 0x00, 0x0B, 0x0C, 0x1A:
                liberties.insert(.space)
                index += 1
            case UInt8(ascii: "#"): skipLine()
            case UInt8(ascii: "/"):
                guard index + 1 < bytes.count else { return }
                if bytes[index + 1] == UInt8(ascii: "/") {
                    skipLine()
                } else if bytes[index + 1] == UInt8(ascii: "*") {
                    skipBlock()
                } else {
                    return
                }
            case 0xEF where starts(with: [0xEF, 0xBB, 0xBF]):
                liberties.insert(.space)
                index += 3
            case 0xC2 where starts(with: [0xC2, 0xA0]):
                liberties.insert(.space)
                index += 2
            default: return
            }
        }
    }

    private func starts(with prefix: [UInt8]) -> Bool {
        bytes[index...].starts(with: prefix)
    }

    private mutating func skipLine() {
        liberties.insert(.comment)
        while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D { index += 1 }
    }

    private mutating func skipBlock() {
        liberties.insert(.comment)
        index += 2
        while index < bytes.count, !starts(with: [UInt8(ascii: "*"), UInt8(ascii: "/")]) {
            index += 1
        }
        index = min(bytes.count, index + 2)
    }
}

extension LooseReader {
    /// What stands without quotes: a number, a constant of some language, or text.
    private mutating func bareWord() -> Reading {
        let start = index
        while index < bytes.count, !LooseReader.divides(bytes[index]) { index += 1 }
        // Whatever it is, the reader goes on behind it.
        if index == start { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        switch text {
        case "null": return .null
        case "true": return .flag(true)
        case "false": return .flag(false)
        default: break
        }
        let first = bytes[start]
        if (0x30...0x39).contains(first) || [0x2B, 0x2D, 0x2E].contains(first) {
            if !LooseReader.isNumber(text) { liberties.insert(.number) }
            return .number(text)
        }
        liberties.insert(.bareWord)
        switch text.lowercased() {
        case "null", "none", "nil", "undefined": return .null
        case "true", "yes", "on": return .flag(true)
        case "false", "no", "off": return .flag(false)
        case "nan", "infinity", "inf": return .number(text)
        default: return .text(text)
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+\-]?[0-9]+)?/) != nil
    }

    private static func divides(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "\""),
            UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    private mutating func string() -> String {
        let quote = bytes[index]
        if quote != UInt8(ascii: "\"") { liberties.insert(.quote) }
        index += 1
        var text = String.UnicodeScalarView()
        var start = index
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] < 0x20 { liberties.insert(.control) }
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            text += String(decoding: bytes[start..<index], as: UTF8.self).unicodeScalars
            index += 1
            escape(into: &text)
            start = index
        }
        if index >= bytes.count { liberties.insert(.closing) }
        text +=
            String(decoding: bytes[start..<min(index, bytes.count)], as: UTF8.self)
            .unicodeScalars
        index = min(bytes.count, index + 1)
        return String(text)
    }

    private mutating func escape(into text: inout String.UnicodeScalarView) {
        guard index < bytes.count else { return }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "n"): text.append("\n")
        case UInt8(ascii: "t"): text.append("\t")
        case UInt8(ascii: "r"): text.append("\r")
        case UInt8(ascii: "b"): text.append("\u{8}")
        case UInt8(ascii: "f"): text.append("\u{C}")
        case UInt8(ascii: "u"): text.append(unicodeEscape())
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            text.append(Unicode.Scalar(byte))
        case UInt8(ascii: "x"):
            liberties.insert(.escape)
            text.append(hexadecimal(digits: 2).flatMap { Unicode.Scalar($0) } ?? "x")
        default:
            liberties.insert(.escape)
            // The whole character stands for itself.
            if byte < 0x80 { text.append(Unicode.Scalar(byte)) } else { index -= 1 }
        }
    }

    /// Behind `\u`: four digits, with a partner where they are half of a pair, or in braces.
    private mutating func unicodeEscape() -> Unicode.Scalar {
        if index < bytes.count, bytes[index] == UInt8(ascii: "{") {
            liberties.insert(.escape)
            let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) ?? bytes.count
            let digits = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
            index = min(bytes.count, end + 1)
            return UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
        }
        guard let unit = hexadecimal(digits: 4) else {
            liberties.insert(.escape)
            return "u"
        }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
        let here = index
        if starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
            index += 2
            if let low = hexadecimal(digits: 4), (0xDC00..<0xE000).contains(low) {
                return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
                    ?? "\u{FFFD}"
            }
        }
        index = here
        return "\u{FFFD}"
    }

    private mutating func hexadecimal(digits: Int) -> UInt32? {
        guard index + digits <= bytes.count else { return nil }
        let text = String(decoding: bytes[index..<(index + digits)], as: UTF8.self)
        guard let value = UInt32(text, radix: 16), !text.hasPrefix("+"), !text.hasPrefix("-")
        else { return nil }
        index += digits
        return value
    }
}
