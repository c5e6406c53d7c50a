import Purser
import Storage
import Testing

extension StorageCheck {
    static let rollUps: [StorageCheck] = [
        StorageCheck("a cost counts in every scope it touches, in every window") { engine in
            let office = try Office(engine)
            let team = try #require(office.alice.team)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            await office.end(attempt, attempt.settled(.pico(3)))
            let rows = try engine.history.balances(from: Windows(holding: .saturday))
            let expected = [
                Scope.organisation, .team(team), .member(office.alice.id),
                .key(office.aliceKey.id),
            ].flatMap { scope in
                Period.allCases.map { period in
                    SpendRow(
                        scope: scope, period: period, window: period.window(holding: .saturday),
                        spent: .pico(3))
                }
            }
            #expect(Set(rows) == Set(expected))
            #expect(rows.count == expected.count)
        },
        StorageCheck("a member of no team counts in no team") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1, bob: true)
            await office.begin(attempt)
            await office.end(attempt, attempt.settled(.pico(3)))
            let rows = try engine.history.balances(from: Windows(holding: .saturday))
            #expect(
                Set(rows.map(\.scope)) == [
                    .organisation, .member(office.bob.id), .key(office.bobKey.id),
                ])
        },
        StorageCheck("balances leave out the windows that have ended") { engine in
            let office = try Office(engine)
            // A Sunday, the Monday after it, and the first of the next month, a Tuesday.
            let days = [20_779, 20_780, 20_788].map(CivilDate.init(daysSinceEpoch:))
            for (index, day) in days.enumerated() {
                let attempt = office.attempt(Int64(index + 1), on: day)
                await office.begin(attempt)
                await office.end(attempt, attempt.settled(.pico(1 << index)))
            }
            #expect(days[2].description == "2026-12-01")
            let now = { try engine.history.balances(from: Windows(holding: $0)) }
            let sum = { (rows: [SpendRow], period: Period) in
                rows.filter { $0.scope == .organisation && $0.period == period }
                    .map(\.spent.picodollars).reduce(0, +)
            }
            for (day, sums) in zip(days, [[7, 7, 7, 7], [6, 6, 7, 7], [4, 4, 4, 7]]) {
                let rows = try now(day)
                #expect(Period.allCases.map { sum(rows, $0) } == sums.map(Int64.init))
            }
        },
        StorageCheck("what is released was not served and cost nothing") { engine in
            let office = try Office(engine)
            await office.begin(office.attempt(1))
            await office.end(office.attempt(1), office.attempt(1).released)
            #expect(try engine.history.total() == .zero)
            #expect(try office.line(of: "alice")?.requests ?? 0 == 0)
            #expect(try office.spent(.organisation, .total) ?? .zero == .zero)
        },
        StorageCheck("a refused call is counted, and is no request") { engine in
            let office = try Office(engine)
            let call = RefusedCall(
                at: .noon, day: .saturday, key: office.bobKey.id, member: office.bob.id,
                team: nil, model: "openai/gpt-4o", code: "model_not_allowed")
            _ = await engine.ledger.write([.refusal(call), .refusal(call)])
            let line = try #require(try office.line(of: "bob"))
            #expect(line.refused == 2 && line.requests == 0 && line.cost == .zero)
        },
        StorageCheck("a call that ran on another model is counted as downgraded") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1, requested: "openai/gpt-5.4")
            await office.begin(attempt)
            await office.end(attempt, attempt.kept(), attempt.correction(.zero))
            let line = try #require(try office.line(of: "alice"))
            #expect(line.downgraded == 1 && line.requests == 1)
        },
        StorageCheck("a call that a rule in shadow would have stopped is counted once") { engine in
            let office = try Office(engine)
            var attempt = office.attempt(1)
            attempt.alias = "fast"
            attempt.shadowed = [.price, .maxTokens]
            await office.begin(attempt, office.attempt(2), office.attempt(3, bob: true))
            await office.end(attempt, attempt.kept(), attempt.correction(.zero))
            await office.end(office.attempt(2), office.attempt(2).settled(.pico(1)))
            var released = office.attempt(4)
            released.shadowed = [.models]
            await office.begin(released)
            await office.end(released, released.released)
            let line = try #require(try office.line(of: "alice"))
            #expect(line.shadowed == 1 && line.requests == 2 && line.downgraded == 0)
            var calls: [RecordedCall] = []
            try engine.history.calls { calls.append($0) }
            #expect(
                calls.map(\.attempt)
                    == [attempt, office.attempt(2), office.attempt(3, bob: true), released])
            #expect(try engine.history.openAttempts().map(\.attempt.shadowed) == [[]])
            // Written again it is the same call; with other rules it is another.
            attempt.shadowed = [.price]
            let results = await engine.ledger.write([
                .attempt(released, revision: office.revision),
                .attempt(attempt, revision: office.revision),
            ])
            #expect(results.first == .success(.written))
            guard case .failure(let failure)? = results.last else {
                Issue.record("two calls have one id")
                return
            }
            #expect(failure.code == .alreadyExists)
        },
        StorageCheck("the spend of those who left, and of revoked keys, stays") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            try engine.directory.removeMember("alice", at: .noon)
            await office.end(attempt, attempt.settled(.pico(8)))
            #expect(try office.spent(.member(office.alice.id), .total) == .pico(8))
            #expect(try office.spent(.key(office.aliceKey.id), .total) == .pico(8))
            #expect(try office.line(of: "alice")?.cost == .pico(8))
        },
    ]

    static let reports: [StorageCheck] = [
        StorageCheck("a report has one line for each value of its axis") { engine in
            let office = try Office(engine)
            try await Self.writeWeek(office)
            let report = { (axis: ReportAxis) in
                try engine.history.usage(
                    by: axis, from: .saturday, to: .saturday.adding(days: 2)
                ).map { "\($0.name) \($0.requests) \($0.cost.picodollars)" }
            }
            #expect(try report(.member) == ["alice 3 26", "bob 1 4"])
            #expect(try report(.team) == ["backend 3 26", " 1 4"])
            #expect(try report(.key) == ["key 1 3 26", "key 2 1 4"])
            #expect(try report(.model) == ["b/large 1 16", "a/small 3 14"])
            #expect(
                try report(.day) == ["2026-11-21 2 6", "2026-11-22 1 8", "2026-11-23 1 16"])
            #expect(try report(.week) == ["2026-11-16 3 14", "2026-11-23 1 16"])
        },
        StorageCheck("a report includes both its first day and its last") { engine in
            let office = try Office(engine)
            try await Self.writeWeek(office)
            let days = { (from: Int, to: Int) in
                try engine.history.usage(
                    by: .day, from: .saturday.adding(days: from), to: .saturday.adding(days: to)
                ).map(\.name)
            }
            #expect(try days(0, 0) == ["2026-11-21"])
            #expect(try days(0, 1) == ["2026-11-21", "2026-11-22"])
            #expect(try days(1, 0) == [])
            #expect(try days(3, 9) == [])
        },
        StorageCheck("the calls of some days are those of both ends and between") { engine in
            let office = try Office(engine)
            try await Self.writeWeek(office)
            let calls = { (days: ClosedRange<CivilDate>?) in
                var ids: [Int64] = []
                try engine.history.calls(on: days) { call in
                    #expect(call.entries.count == 1)
                    ids.append(call.attempt.id.rawValue)
                }
                return ids
            }
            let sunday = CivilDate.saturday.adding(days: 1)
            #expect(try calls(nil) == [1, 2, 3, 4])
            #expect(try calls(.saturday ... .saturday) == [1, 2])
            #expect(try calls(sunday...sunday.adding(days: 1)) == [3, 4])
            #expect(try calls(sunday.adding(days: 2)...sunday.adding(days: 9)) == [])
        },
        StorageCheck("two keys of one name have a line each") { engine in
            let office = try Office(engine)
            var change = KeyChange()
            change.name = .set("laptop")
            for number in [1, 2] as [UInt64] {
                _ = try engine.directory.updateKey(.sample(number), change, at: .noon)
            }
            try await Self.writeWeek(office, revision: office.revision + 2)
            let names = try engine.history.usage(
                by: .key, from: .saturday, to: .saturday
            ).map(\.name)
            #expect(names == ["laptop", "laptop"])
        },
    ]

    /// Four calls: alice and bob on Saturday, alice on Sunday and, with another model, on Monday.
    private static func writeWeek(_ office: Office, revision: Int64? = nil) async throws {
        let attempts = [
            office.attempt(1, model: "a/small"),
            office.attempt(2, bob: true, model: "a/small"),
            office.attempt(3, on: .saturday.adding(days: 1), model: "a/small"),
            office.attempt(4, on: .saturday.adding(days: 2), model: "b/large"),
        ]
        for attempt in attempts {
            let results = await office.engine.ledger.write([
                .attempt(attempt, revision: revision ?? office.revision),
                .entry(attempt.settled(.pico(1 << attempt.id.rawValue)), of: attempt),
            ])
            #expect(results == [.success(.written), .success(.written)])
        }
    }
}
