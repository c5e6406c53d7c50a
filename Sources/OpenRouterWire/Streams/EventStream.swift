/// Server-sent events, as bytes: where one ends, what data it carries.
///
/// Lines may end in LF, CRLF or CR; comments and events without data are events too.
package enum EventStream {
    /// The index just behind the blank line that ends the first event, or `nil` if it is not
    /// there yet. `scanned` remembers how far an earlier look came, so that a slow event is not
    /// read again from its beginning.
    package static func endOfEvent(_ bytes: Span<UInt8>, scanned: inout Int) -> Int? {
        var index = scanned
        while index < bytes.count {
            let byte = bytes[index]
            guard byte == 0x0A || byte == 0x0D else {
                index += 1
                continue
            }
            let isEmptyLine = index == 0 || bytes[index - 1] == 0x0A || bytes[index - 1] == 0x0D
            var next = index + 1
            if byte == 0x0D {
                // A CR at the very end may be half of a CRLF.
                guard next < bytes.count else {
                    scanned = index
                    return nil
                }
                if bytes[next] == 0x0A { next += 1 }
            }
            if isEmptyLine, !isSecondHalf(bytes, index) {
                scanned = 0
                return next
            }
            index = next
        }
        scanned = index
        return nil
    }

    /// Whether the LF at `index` belongs to the CR before it, which the walk never visits alone.
    private static func isSecondHalf(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
        index > 0 && bytes[index] == 0x0A && bytes[index - 1] == 0x0D
    }

    /// What an event carries.
    package enum Payload: Hashable, Sendable {
        /// Only comments, or fields other than data.
        case nothing
        /// One line of data, there in the bytes.
        case line(Range<Int>)
        /// Several lines of data, joined as the standard says.
        case joined([UInt8])
    }

    /// The data of the event that is exactly `range`.
    package static func payload(_ bytes: Span<UInt8>, in range: Range<Int>) -> Payload {
        var payload = Payload.nothing
        var index = range.lowerBound
        while index < range.upperBound {
            var end = index
            while end < range.upperBound, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
            if let data = dataLine(bytes, index..<end) {
                payload = appending(data, to: payload, bytes)
            }
            index = end + 1
        }
        return payload
    }

    /// The value of a `data` line, without the one space that may follow the colon.
    private static func dataLine(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Range<Int>? {
        let name: StaticString = "data"
        guard line.count >= 4 else { return nil }
        for offset in 0..<4 where bytes[line.lowerBound + offset] != name.utf8Start[offset] {
            return nil
        }
        let colon = line.lowerBound + 4
        guard colon < line.upperBound else { return colon..<colon }
        guard bytes[colon] == UInt8(ascii: ":") else { return nil }
        let start = colon + 1
        let hasSpace = start < line.upperBound && bytes[start] == 0x20
        return (hasSpace ? start + 1 : start)..<line.upperBound
    }

    private static func appending(
        _ line: Range<Int>, to payload: Payload, _ bytes: Span<UInt8>
    ) -> Payload {
        switch payload {
        case .nothing: return .line(line)
        case .line(let first):
            return .joined(copy(bytes, first) + [0x0A] + copy(bytes, line))
        case .joined(let lines):
            return .joined(lines + [0x0A] + copy(bytes, line))
        }
    }

    private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        range.map { bytes[$0] }
    }
}

/// What one event of a completion's stream means for the books.
package enum StreamEvent: Hashable, Sendable {
    /// A comment, or something that says nothing about money.
    case plain
    /// A chunk with usage, an error or both.
    case report(ChatAnswer)
    /// `[DONE]`.
    case done

    /// Reads the event that is exactly `range`.
    package static func read(_ bytes: Span<UInt8>, in range: Range<Int>) -> StreamEvent {
        switch EventStream.payload(bytes, in: range) {
        case .nothing: .plain
        case .line(let data): read(bytes.extracting(data))
        case .joined(let data): read(data.span)
        }
    }

    private static func read(_ data: Span<UInt8>) -> StreamEvent {
        if equals(data, "[DONE]") { return .done }
        // Most chunks are plain text; looking for the two words is much cheaper than parsing.
        guard contains(data, "\"usage\"") || contains(data, "\"error\"") else { return .plain }
        guard let answer = ChatAnswer.read(data) else { return .plain }
        return answer.usage != nil || answer.hasError ? .report(answer) : .plain
    }

    private static func equals(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0x20 { end -= 1 }
        guard end == word.utf8CodeUnitCount else { return false }
        for offset in 0..<end where bytes[offset] != word.utf8Start[offset] { return false }
        return true
    }

    private static func contains(_ bytes: Span<UInt8>, _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count >= count else { return false }
        let first = word.utf8Start[0]
        let second = word.utf8Start[1]
        for start in 0...(bytes.count - count) {
            guard bytes[start] == first, bytes[start + 1] == second else { continue }
            var offset = 2
            while offset < count, bytes[start + offset] == word.utf8Start[offset] { offset += 1 }
            if offset == count { return true }
        }
        return false
    }
}
