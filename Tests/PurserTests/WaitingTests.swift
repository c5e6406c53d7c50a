import Purser
import TestSupport
import Testing

/// Who waits for calls in flight, and in what order they are served.
struct WaitingTests {
    private let day = CivilDate(daysSinceEpoch: 20_778)

    private func member(_ number: Int64) -> Scope { .member(ID(number)) }

    private func claim(_ bound: Int64, _ limits: [(Scope, Int64)]) -> Claim {
        Claim(
            scopes: [.organisation] + limits.map(\.0).filter { $0 != .organisation },
            budgets: limits.map { Budget(scope: $0, period: .daily, limit: .dollars($1)) },
            day: day, bound: .dollars(bound))
    }

    /// Holds, or waits behind the scope that is short.
    private func ask(_ book: inout Book, _ claim: Claim, _ ticket: Int64) -> Bool {
        switch book.hold(claim, for: ID(ticket)) {
        case .held: return true
        case .short(let budget, _):
            book.wait(claim, ticket: ID(ticket), behind: budget.scope)
            return false
        case .outdated, .full, .exceeded: return false
        }
    }

    @Test func `money that moves in one scope serves those who wait there, and nobody else`() {
        var book = Book()
        let first = [ask(&book, claim(5, [(member(1), 5)]), 1)]
        let second = [ask(&book, claim(5, [(member(2), 5)]), 2)]
        #expect(first + second == [true, true])
        let waits = [
            ask(&book, claim(5, [(member(1), 5)]), 3), ask(&book, claim(5, [(member(2), 5)]), 4),
        ]
        #expect(waits == [false, false])
        book.release(ID(2))
        let turns = book.serveWaiters()
        #expect(turns == [Book.Turn(ticket: ID(4), outcome: .held)])
        #expect(book.waiterCount == 1)
    }

    /// A call waited its full time although nothing stood in its way: who had stood before it was
    /// turned away for another budget's sake.
    @Test func `who stood behind somebody who is turned away is served at once`() {
        var book = Book()
        let isHeld = [
            ask(&book, claim(4, [(member(1), 5)]), 1),
            ask(&book, claim(5, [(member(1), 7)]), 2),
            ask(&book, claim(1, [(member(1), 7)]), 3),
        ]
        #expect(isHeld == [true, false, false])
        book.settle(ID(1), cost: .dollars(4))
        let turns = book.serveWaiters()
        #expect(
            turns == [
                Book.Turn(ticket: ID(2), outcome: .judgeAnew),
                Book.Turn(ticket: ID(3), outcome: .held),
            ])
    }

    @Test func `who is short of another budget next waits there, by the order of arrival`() {
        var book = Book()
        let both = [(member(1), Int64(5)), (Scope.organisation, 8)]
        _ = ask(&book, claim(5, [(member(1), 5), (.organisation, 8)]), 1)
        _ = ask(&book, claim(3, [(member(2), 5), (.organisation, 8)]), 2)
        // Short of member 1's budget first, then of the organisation's.
        let isHeld = [
            ask(&book, claim(5, both), 3),
            ask(&book, claim(1, [(member(2), 5), (.organisation, 8)]), 4),
        ]
        #expect(isHeld == [false, false])
        book.settle(ID(1), cost: .zero)
        let turns = book.serveWaiters()
        #expect(turns == [Book.Turn(ticket: ID(3), outcome: .held)])
        book.settle(ID(3), cost: .zero)
        #expect(book.serveWaiters() == [Book.Turn(ticket: ID(4), outcome: .held)])
    }

    @Test func `who waits for a budget of their own is in nobody else's way`() {
        var book = Book()
        _ = ask(&book, claim(4, [(member(1), 5), (.organisation, 900)]), 1)
        let waits = !ask(&book, claim(4, [(member(1), 5), (.organisation, 900)]), 2)
        #expect(waits)
        #expect(book.scopeWaitedFor(by: ID(2)) == member(1))
        let isHeld = ask(&book, claim(4, [(member(2), 5), (.organisation, 900)]), 3)
        #expect(isHeld)
        let overtakes = ask(&book, claim(1, [(member(1), 5), (.organisation, 900)]), 4)
        #expect(!overtakes)
    }

    @Test func `a new day wakes those who waited for the old one`() {
        var book = Book()
        _ = ask(&book, claim(5, [(member(1), 5)]), 1)
        _ = ask(&book, claim(5, [(member(1), 5)]), 2)
        var tomorrow = claim(1, [(member(2), 5)])
        tomorrow = Claim(
            scopes: tomorrow.scopes, budgets: tomorrow.budgets, day: day.adding(days: 1),
            bound: tomorrow.bound)
        let isHeld = ask(&book, tomorrow, 3)
        #expect(isHeld)
        #expect(book.serveWaiters() == [Book.Turn(ticket: ID(2), outcome: .judgeAnew)])
    }

    @Test func `a call that leaves the line lets those behind it through`() {
        var book = Book()
        _ = ask(&book, claim(4, [(member(1), 5)]), 1)
        _ = ask(&book, claim(5, [(member(1), 5)]), 2)
        let isHeld = ask(&book, claim(1, [(member(1), 5)]), 3)
        #expect(!isHeld)
        let hasLeft = book.stopWaiting(ID(2))
        #expect(hasLeft)
        #expect(book.serveWaiters() == [Book.Turn(ticket: ID(3), outcome: .held)])
    }

    @Test func `when limits change, everybody in line is judged anew, in order`() {
        var book = Book()
        _ = ask(&book, claim(5, [(member(1), 5)]), 1)
        _ = ask(&book, claim(5, [(member(2), 5)]), 2)
        _ = ask(&book, claim(1, [(member(1), 5)]), 3)
        _ = ask(&book, claim(1, [(member(2), 5)]), 4)
        _ = ask(&book, claim(1, [(member(1), 5)]), 5)
        let turns = book.dissolveLine()
        #expect(turns.map(\.ticket) == [ID(3), ID(4), ID(5)])
        #expect(turns.allSatisfy { $0.outcome == .judgeAnew })
        #expect(book.waiterCount == 0)
    }

    /// No deadlock, no loss: whoever waits is served once money has come back, whatever the
    /// pattern of scopes, and at no time does anybody hold more than there is.
    @Test(arguments: 1...60)
    func `everybody who waits gets a turn in the end`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var book = Book()
        var held: Set<Int64> = []
        var waiting: Set<Int64> = []
        func serve() {
            for turn in book.serveWaiters() {
                let wasWaiting = waiting.remove(turn.ticket.rawValue) != nil
                #expect(wasWaiting)
                if turn.outcome == .held { held.insert(turn.ticket.rawValue) }
            }
        }
        for ticket in Int64(1)...300 {
            let people = [member(.random(in: 1...3, using: &random)), .organisation]
            let limits = people.map { ($0, $0 == .organisation ? Int64(12) : 6) }
            if ask(&book, claim(.random(in: 1...6, using: &random), limits), ticket) {
                held.insert(ticket)
            } else {
                waiting.insert(ticket)
            }
            if Int.random(in: 0..<3, using: &random) > 0,
                let one = held.sorted().randomElement(using: &random)
            {
                held.remove(one)
                book.release(ID(one))
                serve()
            }
            if Int.random(in: 0..<9, using: &random) == 0,
                let one = waiting.sorted().randomElement(using: &random)
            {
                let hasLeft = book.stopWaiting(ID(one))
                #expect(hasLeft)
                waiting.remove(one)
                serve()
            }
            #expect(book.waiterCount == waiting.count)
            #expect(book.holdCount == held.count)
            for (scope, limit) in [(member(1), 6), (member(2), 6), (.organisation, Int64(12))] {
                let slot = book.balance(scope, .daily, at: Windows(holding: day))
                #expect(slot.held <= .dollars(limit))
            }
        }
        while let one = held.min() {
            held.remove(one)
            book.release(ID(one))
            serve()
        }
        #expect(waiting.isEmpty)
        #expect(book.waiterCount == 0)
    }
}
