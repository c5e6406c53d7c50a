import Purser
import TestSupport
import Testing

struct BookTests {
    private let member = Scope.member(ID(1))
    private let key = Scope.key(ID(1))

    private func windows(_ day: String) throws -> Windows {
        Windows(holding: try #require(CivilDate(day)))
    }

    private func claim(
        _ bound: USD, limit: USD, _ period: Period = .daily, on day: String = "2026-11-21"
    ) throws -> Claim {
        Claim(
            scopes: [.organisation, member, key],
            budgets: [Budget(scope: member, period: period, limit: limit)],
            day: try #require(CivilDate(day)), bound: bound)
    }

    @Test func `a bound that just fits is held, one picodollar more is not`() throws {
        var book = Book()
        #expect(try book.hold(claim(.dollars(3), limit: .dollars(5)), for: ID(1)) == .held)
        #expect(try book.hold(claim(.dollars(2), limit: .dollars(5)), for: ID(2)) == .held)
        let more = try claim(USD(picodollars: 1), limit: .dollars(5))
        guard case .short = book.hold(more, for: ID(3)) else {
            Issue.record("held more than the budget has")
            return
        }
    }

    @Test func `what is spent is gone, what is held may come back`() throws {
        var book = Book()
        _ = try book.hold(claim(.dollars(3), limit: .dollars(5)), for: ID(1))
        book.settle(ID(1), cost: .dollars(1))
        #expect(try book.hold(claim(.dollars(4), limit: .dollars(5)), for: ID(2)) == .held)
        book.keep(ID(2))
        let any = try claim(USD(picodollars: 1), limit: .dollars(5))
        guard case .exceeded(_, let slot) = book.hold(any, for: ID(3)) else {
            Issue.record("a kept hold counts as spent")
            return
        }
        #expect(slot.spent == .dollars(5))
        #expect(slot.held == .zero)
    }

    @Test func `of several budgets that are exceeded the tightest is named`() throws {
        let budgets = [
            Budget(scope: .organisation, period: .total, limit: .dollars(4)),
            Budget(scope: member, period: .daily, limit: .dollars(2)),
            Budget(scope: member, period: .total, limit: .dollars(9)),
            Budget(scope: key, period: .weekly, limit: .dollars(3)),
        ]
        for order in [budgets, budgets.reversed()] {
            var book = Book()
            let claim = Claim(
                scopes: [.organisation, member, key], budgets: order,
                day: try #require(CivilDate("2026-11-21")), bound: .dollars(5))
            guard case .exceeded(let budget, _) = book.hold(claim, for: ID(1)) else {
                Issue.record("five dollars were held in a budget of two")
                return
            }
            #expect(budget == budgets[1])
            #expect(book.holdCount == 0)
        }
    }

    @Test func `settling, releasing or keeping twice is the same as once`() throws {
        var book = Book()
        let windows = try windows("2026-11-21")
        _ = try book.hold(claim(.dollars(3), limit: .dollars(5)), for: ID(1))
        book.settle(ID(1), cost: .dollars(1))
        book.settle(ID(1), cost: .dollars(1))
        book.release(ID(1))
        book.keep(ID(1))
        #expect(book.balance(member, .daily, at: windows).spent == .dollars(1))
        #expect(book.balance(.organisation, .total, at: windows).spent == .dollars(1))
    }

    @Test func `a new day is a new row, and late settlements count in the old one`() throws {
        var book = Book()
        _ = try book.hold(claim(.dollars(5), limit: .dollars(5)), for: ID(1))
        let tomorrow = try claim(.dollars(5), limit: .dollars(5), on: "2026-11-22")
        #expect(book.hold(tomorrow, for: ID(2)) == .held)
        book.settle(ID(1), cost: .dollars(4))
        let windows = try windows("2026-11-22")
        #expect(book.balance(member, .daily, at: windows).spent == .zero)
        #expect(book.balance(member, .monthly, at: windows).spent == .dollars(4))
        #expect(book.balance(member, .weekly, at: windows).spent == .dollars(4))
    }

    @Test func `a clock that jumps back does not move the window back`() throws {
        var book = Book()
        _ = try book.hold(claim(.dollars(5), limit: .dollars(5), on: "2026-11-22"), for: ID(1))
        book.keep(ID(1))
        let yesterday = try claim(.dollars(1), limit: .dollars(5), on: "2026-11-21")
        #expect(book.hold(yesterday, for: ID(2)) == .outdated)
    }

    /// A machine starts with a clock that is ahead, and sets it right before the first call: of the
    /// days between, the book has loaded nothing.
    @Test func `a book that was loaded from a day on knows no day before it`() throws {
        let today = try #require(CivilDate("2026-11-22"))
        var book = Book(from: today)
        let yesterday = try claim(.dollars(1), limit: .dollars(5), on: "2026-11-21")
        #expect(book.hold(yesterday, for: ID(1)) == .outdated)
        #expect(book.day(notBefore: yesterday.day) == today)
    }

    @Test func `who waits over midnight is judged anew, not held in the wrong day`() throws {
        var book = Book()
        _ = try book.hold(claim(.dollars(5), limit: .dollars(5)), for: ID(1))
        book.wait(try claim(.dollars(1), limit: .dollars(5)), ticket: ID(2), behind: member)
        _ = try book.hold(
            Claim(
                scopes: [.organisation], budgets: [], day: #require(CivilDate("2026-11-22")),
                bound: .dollars(1)), for: ID(3))
        #expect(book.serveWaiters().map(\.outcome) == [.judgeAnew])
    }

    @Test func `who comes later stands behind who waits`() throws {
        var book = Book()
        _ = try book.hold(claim(.dollars(4), limit: .dollars(5)), for: ID(1))
        book.wait(try claim(.dollars(3), limit: .dollars(5)), ticket: ID(2), behind: member)
        let small = try claim(USD(picodollars: 1), limit: .dollars(5))
        guard case .short = book.hold(small, for: ID(3)) else {
            Issue.record("a small call overtook a large one")
            return
        }
        let hasLeft = book.stopWaiting(ID(2))
        #expect(hasLeft)
        #expect(book.hold(small, for: ID(3)) == .held)
    }

    @Test func `a thousand enormous calls are turned away, not added up beyond all numbers`() throws
    {
        var book = Book()
        let outcomes = try (1...1_000).map { id in
            book.hold(
                Claim(
                    scopes: [.organisation, member], budgets: [],
                    day: try #require(CivilDate("2026-11-21")),
                    bound: USD.callCostMax), for: ID(Int64(id)))
        }
        #expect(outcomes.filter { $0 == .held }.count == 90)
        #expect(outcomes.last == .full)
    }

    @Test func `who waits is served in order, and nobody overtakes in a budget that is short`()
        throws
    {
        var book = Book()
        _ = try book.hold(claim(.dollars(5), limit: .dollars(5)), for: ID(1))
        book.wait(try claim(.dollars(4), limit: .dollars(5)), ticket: ID(2), behind: member)
        book.wait(try claim(.dollars(1), limit: .dollars(5)), ticket: ID(3), behind: member)
        #expect(book.serveWaiters().isEmpty)
        book.settle(ID(1), cost: .dollars(1))
        let served = book.serveWaiters()
        #expect(served.map(\.ticket) == [ID(2)])
        #expect(served.map(\.outcome) == [.held])
        book.settle(ID(2), cost: .dollars(4))
        #expect(book.serveWaiters().map(\.outcome) == [.judgeAnew])
    }

    @Test func `who stops waiting holds nothing`() throws {
        var book = Book()
        _ = try book.hold(claim(.dollars(5), limit: .dollars(5)), for: ID(1))
        book.wait(try claim(.dollars(4), limit: .dollars(5)), ticket: ID(2), behind: member)
        let stops = [book.stopWaiting(ID(2)), book.stopWaiting(ID(2))]
        #expect(stops == [true, false])
        book.release(ID(1))
        #expect(book.serveWaiters().isEmpty)
        #expect(book.holdCount == 0)
    }

    /// I1, against a ledger written the long way round: lists and sums, no slots.
    @Test(arguments: 1...40)
    func `I1 no interleaving of moves passes any budget`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var book = Book()
        var oracle = Oracle()
        var day = try #require(CivilDate("2026-12-28"))
        var nextID: Int64 = 1
        let budgets = [
            Budget(scope: .organisation, period: .weekly, limit: .dollars(40)),
            Budget(scope: member, period: .daily, limit: .dollars(9)),
            Budget(scope: member, period: .total, limit: .dollars(60)),
            Budget(scope: key, period: .monthly, limit: .dollars(30)),
        ]
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: day = day.adding(days: 1)
            case 1...5:
                let bound = USD(
                    picodollars: Int64.random(in: 0...4_000_000_000_000, using: &generator))
                let claim = Claim(
                    scopes: [.organisation, member, key], budgets: budgets,
                    day: day, bound: bound)
                let fits = oracle.fits(bound, day, budgets)
                #expect((book.hold(claim, for: ID(nextID)) == .held) == fits)
                if fits { oracle.open[nextID] = (day, bound) }
                nextID += 1
            default:
                guard let id = oracle.open.keys.sorted().randomElement(using: &generator),
                    let (heldDay, bound) = oracle.open.removeValue(forKey: id)
                else { continue }
                let cost = USD(
                    picodollars: Int64.random(in: 0...bound.picodollars, using: &generator))
                oracle.spent.append((heldDay, cost))
                book.settle(ID(id), cost: cost)
            }
            for budget in budgets {
                let slot = book.balance(budget.scope, budget.period, at: Windows(holding: day))
                #expect(slot.spent + slot.held <= budget.limit)
                #expect(slot.spent == oracle.sum(oracle.spent, budget.period, day))
            }
        }
    }

    private struct Oracle {
        var open: [Int64: (CivilDate, USD)] = [:]
        var spent: [(CivilDate, USD)] = []

        func sum(_ rows: [(CivilDate, USD)], _ period: Period, _ day: CivilDate) -> USD {
            rows.filter { period.window(holding: $0.0) == period.window(holding: day) }
                .map(\.1).reduce(.zero, +)
        }

        func fits(_ bound: USD, _ day: CivilDate, _ budgets: [Budget]) -> Bool {
            budgets.allSatisfy { budget in
                let used =
                    sum(spent, budget.period, day)
                    + sum(Array(open.values), budget.period, day)
                return used + bound <= budget.limit
            }
        }
    }
}
