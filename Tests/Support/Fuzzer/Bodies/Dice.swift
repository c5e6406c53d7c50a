import TestSupport

/// Choices from a seed.
struct Dice {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func below(_ count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }

    /// Whether one of so many things happens.
    mutating func happens(_ chances: Int) -> Bool { below(chances) == 0 }

    mutating func one<Choice>(_ choices: [Choice]) -> Choice { choices[below(choices.count)] }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.reversed() {
            elements.swapAt(index, below(index + 1))
        }
    }
}
