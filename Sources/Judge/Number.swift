/// Counts, as readers make them of numbers and of text.
enum Number {
    /// The count that a word stands for, rounded up; `nil` where a reader may find none: it is
    /// zero, negative, beyond counting or no number.
    static func count(_ word: String) -> Int64? {
        guard let value = Double(Folding.word(word)), value.isFinite, value > 0,
            value < 9e18
        else { return nil }
        return Int64(value.rounded(.up))
    }

    /// The tokens of thinking that a word allows: none is none, and what is no number, or below
    /// zero, may be as many as one likes.
    static func budget(_ word: String) -> Int64 {
        if let value = Double(Folding.word(word)), value == 0 { return 0 }
        return count(word) ?? .max
    }
}
