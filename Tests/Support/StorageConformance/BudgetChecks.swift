import Purser
import Storage
import Testing

extension StorageCheck {
    static let budgets: [StorageCheck] = [
        StorageCheck("a budget is set, replaced and removed for every scope and period") {
            engine in
            let office = try Office(engine)
            let team = try #require(office.alice.team)
            let scopes: [Scope] = [
                .organisation, .team(team), .member(office.alice.id), .key(office.aliceKey.id),
            ]
            for scope in scopes {
                for period in Period.allCases {
                    try engine.directory.setBudget(scope, period, limit: .dollars(1))
                    try engine.directory.setBudget(scope, period, limit: .dollars(2))
                }
            }
            let roster = try engine.directory.roster()
            #expect(roster.budgets.count == 16)
            #expect(roster.budgets.allSatisfy { $0.limit == .dollars(2) })
            for scope in scopes {
                try engine.directory.setBudget(scope, .daily, limit: nil)
                try engine.directory.setBudget(scope, .daily, limit: nil)
                #expect(
                    try engine.directory.roster().budgets(of: scope).map(\.period)
                        == [.weekly, .monthly, .total])
            }
        },
        StorageCheck("a budget belongs to somebody who exists") { engine in
            for scope in [Scope.team(ID(1)), .member(ID(1)), .key(ID(1))] {
                expectFailure(.notFound) {
                    try engine.directory.setBudget(scope, .daily, limit: .dollars(1))
                }
            }
            let roster = try engine.directory.roster()
            #expect(roster.revision == 0)
        },
    ]

    static let raises: [StorageCheck] = [
        StorageCheck("a raise is kept with its last day, replaced and ended") { engine in
            let office = try Office(engine)
            let scope = Scope.member(office.alice.id)
            try engine.directory.setBudget(scope, .daily, limit: .dollars(5))
            try engine.directory.setBudget(scope, .weekly, limit: .dollars(5))
            let raises = {
                try engine.directory.roster().budgets(of: scope).map(\.raise)
            }
            #expect(try raises() == [nil, nil])
            for raise in [
                Budget.Raise(limit: .dollars(9), lastDay: .saturday),
                Budget.Raise(limit: .dollars(5) + .pico(1), lastDay: .saturday.adding(days: 1)),
                Budget.Raise(limit: Budget.limitMax, lastDay: .saturday),
            ] {
                try engine.directory.raiseBudget(scope, .daily, to: raise)
                #expect(try raises() == [raise, nil])
            }
            try engine.directory.raiseBudget(scope, .daily, to: nil)
            try engine.directory.raiseBudget(scope, .daily, to: nil)
            #expect(try raises() == [nil, nil])
            #expect(
                try engine.directory.roster().budgets(of: scope).map(\.limit)
                    == [.dollars(5), .dollars(5)])
        },
        StorageCheck("only a budget that is there can be raised, and only upwards") { engine in
            _ = try Office(engine)
            let raise = Budget.Raise(limit: .dollars(2), lastDay: .saturday)
            expectFailure(.notFound) {
                try engine.directory.raiseBudget(.organisation, .daily, to: raise)
            }
            expectFailure(.notFound) {
                try engine.directory.raiseBudget(.organisation, .daily, to: nil)
            }
            try engine.directory.setBudget(.organisation, .daily, limit: .dollars(2))
            let revision = try engine.directory.roster().revision
            for limit in [
                USD.dollars(2), .dollars(1), .zero, .pico(-1), Budget.limitMax + .pico(1),
            ] {
                expectFailure(.invalid) {
                    try engine.directory.raiseBudget(
                        .organisation, .daily,
                        to: Budget.Raise(limit: limit, lastDay: .saturday))
                }
            }
            let roster = try engine.directory.roster()
            #expect(roster.revision == revision)
            #expect(roster.budgets.map(\.raise) == [nil])
        },
        StorageCheck("a raise outlives a new limit below it, and no other") { engine in
            let scope = Scope.organisation
            let raise = Budget.Raise(limit: .dollars(9), lastDay: .saturday)
            let budgets = { try engine.directory.roster().budgets }
            try engine.directory.setBudget(scope, .daily, limit: .dollars(5))
            try engine.directory.raiseBudget(scope, .daily, to: raise)
            try engine.directory.setBudget(scope, .daily, limit: .dollars(9) - .pico(1))
            #expect(try budgets().map(\.raise) == [raise])
            try engine.directory.setBudget(scope, .daily, limit: .dollars(9))
            #expect(try budgets().map(\.raise) == [nil])

            try engine.directory.raiseBudget(
                scope, .daily, to: Budget.Raise(limit: .dollars(10), lastDay: .saturday))
            try engine.directory.setBudget(scope, .daily, limit: nil)
            try engine.directory.setBudget(scope, .daily, limit: .dollars(1))
            #expect(
                try budgets() == [Budget(scope: scope, period: .daily, limit: .dollars(1))])
        },
    ]

    static let softLimits: [StorageCheck] = [
        StorageCheck("a soft limit is set, replaced and removed, beside the budget") { engine in
            let office = try Office(engine)
            let team = try #require(office.alice.team)
            let scopes: [Scope] = [
                .organisation, .team(team), .member(office.alice.id), .key(office.aliceKey.id),
            ]
            try engine.directory.setBudget(.organisation, .daily, limit: .dollars(3))
            for scope in scopes {
                for period in Period.allCases {
                    try engine.directory.setSoftLimit(scope, period, amount: .dollars(1))
                    try engine.directory.setSoftLimit(scope, period, amount: .pico(7))
                }
                try engine.directory.setSoftLimit(scope, .weekly, amount: nil)
                try engine.directory.setSoftLimit(scope, .weekly, amount: nil)
            }
            let roster = try engine.directory.roster()
            let expected = scopes.flatMap { scope in
                [Period.daily, .monthly, .total].map {
                    SoftLimit(scope: scope, period: $0, amount: .pico(7))
                }
            }
            #expect(Set(roster.softLimits) == Set(expected))
            #expect(roster.softLimits.count == expected.count)
            #expect(roster.budgets.map(\.limit) == [.dollars(3)])
        },
        StorageCheck("a soft limit lies within what a limit may be, and belongs to somebody") {
            engine in
            for amount in [USD.zero, Budget.limitMax] {
                try engine.directory.setSoftLimit(.organisation, .total, amount: amount)
                #expect(try engine.directory.roster().softLimits.map(\.amount) == [amount])
            }
            let revision = try engine.directory.roster().revision
            for amount in [USD.pico(-1), Budget.limitMax + .pico(1)] {
                expectFailure(.invalid) {
                    try engine.directory.setSoftLimit(.organisation, .total, amount: amount)
                }
            }
            for scope in [Scope.team(ID(1)), .member(ID(1)), .key(ID(1))] {
                expectFailure(.notFound) {
                    try engine.directory.setSoftLimit(scope, .daily, amount: .dollars(1))
                }
            }
            #expect(try engine.directory.roster().revision == revision)
        },
    ]
}
