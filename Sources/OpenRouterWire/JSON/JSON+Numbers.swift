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

    static func exactThousandths(_ literal: String) -> Int128? {
        guard let down = DecimalText.scaled(literal, places: 3, rounding: .halfEven),
            DecimalText.scaled(literal, places: 3, rounding: .up) == down
        else { return nil }
        return down
    }
}
