/// The facts about money in their order, and the sums that follow from them and from nothing else.
struct Log: Sendable {
    /// What happened to an attempt; attempts and places are told by number.
    enum Fact: Sendable {
        case durable(attempt: Int, place: Int, bound: Int64)
        case entry(attempt: Int, sequence: Int, picodollars: Int64)
    }

    struct Amount: Hashable, Sendable {
        var spent: Int128 = 0
        var held: Int128 = 0

        static func += (sum: inout Amount, other: Amount) {
            sum.spent += other.spent
            sum.held += other.held
        }
    }

    private struct Book {
        var place: Int
        var bound: Int64
        var count = 0
        var sum: Int128 = 0
    }

    private var facts: [Fact] = []

    mutating func append(_ fact: Fact) { facts.append(fact) }

    /// Replays all facts, attempt by attempt, and sums what each place spent and holds at the end.
    func amounts(places: Int) -> [Amount] {
        var books: [Int: Book] = [:]
        for fact in facts {
            switch fact {
            case .durable(let attempt, let place, let bound):
                books[attempt] = Book(place: place, bound: bound)
            case .entry(let attempt, let sequence, let picodollars):
                guard let book = books[attempt], sequence == book.count else { continue }
                books[attempt]?.count += 1
                books[attempt]?.sum += Int128(picodollars)
            }
        }
        var result = [Amount](repeating: Amount(), count: places)
        for book in books.values {
            result[book.place].spent += book.sum
            if book.count == 0 { result[book.place].held += Int128(book.bound) }
        }
        return result
    }
}
