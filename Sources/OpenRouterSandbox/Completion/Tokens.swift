import OpenRouterWire

/// A tokenizer that anybody can do in their head: four bytes of UTF-8 make a token.
enum Tokens {
    static let bytesEach = 4

    static func count(bytes: Int) -> Int64 {
        Int64((bytes + bytesEach - 1) / bytesEach)
    }

    static func count(_ text: String) -> Int64 {
        count(bytes: text.utf8.count)
    }
}
