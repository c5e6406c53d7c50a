package import Purser

extension JSON {
    /// An amount of money as a JSON number with every digit.
    package init(_ amount: USD) { self = .number(amount.description) }

    package init(_ amount: USD?) { self = amount.map { JSON($0) } ?? .null }

    package init(_ text: String?) { self = text.map(JSON.string) ?? .null }

    package init(_ count: Int64) { self = .number(String(count)) }

    package init(_ instant: Timestamp?) { self = instant.map { .string($0.description) } ?? .null }

    /// The exact amount a number, or a string of digits, stands for.
    package var usd: USD? {
        switch self {
        case .number(let literal): USD(literal)
        case .string(let text): USD(text)
        case .null, .bool, .array, .object: nil
        }
    }

    /// Beyond anything one answer can have, and small enough that sums stay countable.
    private static let countMax: Int64 = 1_000_000_000_000

    /// A count of things; 0 where it is missing or makes no sense.
    static func count(_ json: JSON?) -> Int64 {
        let count = json?.integer ?? 0
        return (0...countMax).contains(count) ? count : 0
    }

    /// The integer behind a literal with a point or an exponent; `nil` if a fraction remains.
    static func integerWithPoint(_ literal: String) -> Int64? {
        // Eighteen places are more than a binary float can tell from an integer.
        guard let fine = DecimalText.scaled(literal, places: 18, rounding: .up) else { return nil }
        let (whole, fraction) = fine.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
        return fraction == 0 ? Int64(exactly: whole) : nil
    }
}
