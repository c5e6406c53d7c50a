package import Purser

/// What a body brings or buys beside text, counted by kind.
package struct ChatExtras: Hashable, Sendable {
    /// One kind of thing, as often as the body has it.
    package struct Use: Hashable, Sendable {
        package var count: Int64
        /// The first of them, as a refusal names it.
        package var words: String
    }

    private var uses: [Extra: Use] = [:]
    /// The first thing that lets other models run, or cannot be told; no ceiling allows it.
    package private(set) var forbidden: String?
    /// The fees of a search whose engine has a known price; `nil` if there is none, or another.
    package private(set) var searchFee: UnitPrice?

    package subscript(kind: Extra) -> Use? { uses[kind] }

    package func count(_ kind: Extra) -> Int64 { uses[kind]?.count ?? 0 }

    /// Whether there is nothing but text.
    package var isEmpty: Bool { uses.isEmpty && forbidden == nil }

    mutating func add(_ kind: Extra, count: Int64 = 1, _ words: @autoclosure () -> String) {
        guard count > 0 else { return }
        let so = uses[kind]
        uses[kind] = Use(count: (so?.count ?? 0) + count, words: so?.words ?? words())
        // A second search may be one whose price nobody knows.
        if kind == .webSearch { searchFee = nil }
    }

    package mutating func addSearch(fee: UnitPrice?, _ words: String) {
        let isFirst = uses[.webSearch] == nil
        add(.webSearch, words)
        if isFirst { searchFee = fee }
    }

    mutating func forbid(_ words: String) { forbidden = forbidden ?? words }
}
