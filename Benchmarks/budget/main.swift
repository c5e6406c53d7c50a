import Foundation
import Purser

/// What one check of every budget and the hold cost the processor, what rates cost it, and how that
/// grows with the team: `budget-bench [--rounds 5]`.
///
/// Each call counts in the organisation, a team, a member and a key, and each of the four has a
/// daily, weekly, monthly and total budget: sixteen are checked, and sixteen slots change. The
/// members come in random order, as they do at a gateway, so that nothing is in the cache by luck.
struct BudgetBench {
    static let calls = 200_000
    /// So many hold money at a time.
    static let inFlight = 1_000
    static let noon = Timestamp(milliseconds: 20_778 * 86_400_000)
    static let sizes = [10, 100, 1_000, 10_000, 100_000]

    let callers: [Caller]
    let zone = Zone.utc
    let now = BudgetBench.noon

    init(members: Int) {
        let teams = max(1, members / 10)
        let now = BudgetBench.noon
        var budgets: [Budget] = []
        func limit(_ scope: Scope) {
            for period in Period.allCases {
                budgets.append(Budget(scope: scope, period: period, limit: .dollars(900_000)))
            }
        }
        limit(.organisation)
        for team in 1...teams { limit(.team(ID(Int64(team)))) }
        for member in 1...members {
            limit(.member(ID(Int64(member))))
            limit(.key(ID(Int64(member))))
        }
        let people = (1...members).map { number in
            Member(
                id: ID(Int64(number)), name: "m\(number)",
                team: ID(Int64(number % teams + 1)), createdAt: now)
        }
        let keys = (1...members).map { number in
            Key(
                id: ID(Int64(number)), digest: KeyDigest(words: (UInt64(number), 0, 0, 0)),
                name: "k", label: "l", member: ID(Int64(number)), createdAt: now)
        }
        let roster = Roster(
            revision: 1, zone: .utc,
            teams: (1...teams).map { Team(id: ID(Int64($0)), name: "t\($0)") }, tiers: [],
            members: people, keys: keys, budgets: budgets, managementDigests: [])
        callers = keys.map { key in
            guard case .caller(let caller) = roster.resolve(key.digest, memberName: nil, at: now)
            else { preconditionFailure("every key has its member") }
            return caller
        }
    }

    /// Nanoseconds of processor time for one check and hold, and for one settlement.
    func round() -> (hold: Int, settle: Int) {
        var random = SystemRandomNumberGenerator()
        let order = (0..<BudgetBench.calls).map { _ in
            Int.random(in: 0..<callers.count, using: &random)
        }
        var book = Book()
        let bound = USD(picodollars: 1_000_000)
        var next: Int64 = 0
        func hold(_ caller: Caller) {
            next += 1
            let day = book.day(notBefore: zone.day(at: now))
            let budgets = caller.budgets(on: day)
            _ = book.headroomAfterFlight(in: budgets, at: Windows(holding: day))
            let claim = Claim(
                scopes: caller.scopes, budgets: budgets, day: day, bound: bound)
            guard book.hold(claim, for: ID(next)) == .held else {
                preconditionFailure("the budgets are wide enough")
            }
        }
        var holding = 0
        var settling = 0
        for batch in stride(from: 0, to: order.count, by: BudgetBench.inFlight) {
            let start = processorTime()
            for index in order[batch..<(batch + BudgetBench.inFlight)] { hold(callers[index]) }
            let middle = processorTime()
            for number in (next - Int64(BudgetBench.inFlight) + 1)...next {
                book.settle(ID(number), cost: bound)
                _ = book.serveWaiters()
            }
            holding += middle - start
            settling += processorTime() - middle
        }
        return (holding / BudgetBench.calls, settling / BudgetBench.calls)
    }
}

/// What this process has used of the processor, in nanoseconds.
func processorTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

let arguments = CommandLine.arguments
let rounds = arguments.firstIndex(of: "--rounds").flatMap { Int(arguments[$0 + 1]) } ?? 5
func summary(_ values: [Int]) -> String {
    let sorted = values.sorted()
    return "\(sorted[sorted.count / 2]) (\(sorted[0])-\(sorted[sorted.count - 1]))"
}

print("members  check and hold, ns (least-most)  settle, ns (least-most)")
for size in BudgetBench.sizes {
    let bench = BudgetBench(members: size)
    _ = bench.round()
    let results = (1...rounds).map { _ in bench.round() }
    print("\(size)  \(summary(results.map(\.hold)))  \(summary(results.map(\.settle)))")
}

print(
    "active members of a tier  take and finish, ns (least-most)  take and finish, all short of it")
for size in RateBench.sizes {
    func results(isShort: Bool) -> [Int] {
        var bench = RateBench(members: size, isShort: isShort)
        return (1...rounds).map { _ in bench.round() }
    }
    print("\(size)  \(summary(results(isShort: false)))  \(summary(results(isShort: true)))")
}
