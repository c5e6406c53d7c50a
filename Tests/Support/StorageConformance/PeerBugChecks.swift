import Purser
import Storage
import Testing

extension StorageCheck {
    /// What other gateways got wrong in their stores; each comment begins with the thread of the
    /// other project in which somebody described it.
    static let peerBugs: [StorageCheck] = [
        // LiteLLM 29568: the days of a week, asked for one by one, came to half as much again as
        // the same days asked for at once, because each question was widened at both ends.
        StorageCheck("days asked for one by one add up to the days asked for at once") { engine in
            let office = try Office(engine)
            let zone = Zone(name: "Test/West", firstOffsetSeconds: -28_800, transitions: [])
            let first = CivilDate.saturday
            let start = zone.start(of: first)
            // Every six hours for five days, one minute before and at each midnight too.
            var instants = (0..<20).map { start.adding(seconds: Int64($0) * 21_600) }
            instants += (1...5).map { start.adding(seconds: Int64($0) * 86_400 - 60) }
            for (index, instant) in instants.enumerated() {
                var attempt = office.attempt(Int64(index + 1), on: zone.day(at: instant))
                attempt.at = instant
                await office.begin(attempt)
                await office.end(attempt, attempt.settled(.pico(1 << index)))
            }
            for axis in ReportAxis.allCases {
                let whole = try sum(engine, axis, first, first.adding(days: 4))
                #expect(whole.requests == 25 && whole.cost == .pico(1 << 25 - 1))
                var single = UsageRow(name: "")
                for day in 0..<5 {
                    let date = first.adding(days: day)
                    let one = try sum(engine, axis, date, date)
                    #expect(one.requests == 5)
                    single.add(one)
                }
                #expect(single == whole)
            }
        },
        // LiteLLM 29576, LiteLLM 34238: after a reset the database said one thing and the copies
        // of it said another.
        StorageCheck("what is loaded at a start is what the living book says") { engine in
            let office = try Office(engine)
            var living = Book()
            let days = [0, 8, 9, 10, 40].map(CivilDate.saturday.adding(days:))
            for (index, day) in days.enumerated() {
                let attempt = office.attempt(Int64(index + 1), on: day)
                let claim = Claim(
                    scopes: attempt.scopes, budgets: [], day: attempt.day,
                    bound: attempt.bound)
                #expect(living.hold(claim, for: attempt.id) == .held)
                living.settle(attempt.id, cost: .pico(1 << index))
                await office.begin(attempt)
                await office.end(attempt, attempt.settled(.pico(1 << index)))
                var loaded = Book()
                for row in try engine.history.balances(from: attempt.windows) {
                    loaded.load(
                        row.spent, scope: row.scope, period: row.period, window: row.window)
                }
                for scope in attempt.scopes {
                    for period in Period.allCases {
                        #expect(
                            loaded.balance(scope, period, at: attempt.windows)
                                == living.balance(scope, period, at: attempt.windows))
                    }
                }
            }
        },
    ]

    private static func sum(
        _ engine: Engine, _ axis: ReportAxis, _ from: CivilDate, _ to: CivilDate
    ) throws -> UsageRow {
        var sum = UsageRow(name: "")
        for row in try engine.history.usage(by: axis, from: from, to: to) { sum.add(row) }
        return sum
    }
}
