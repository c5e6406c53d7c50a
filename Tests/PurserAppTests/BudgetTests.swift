import ArgumentParser
import Management
import Purser
import Storage
import Testing

@testable import PurserApp

/// alice of team platform with a laptop's key, bob who has left, and a shared key.
struct BudgetTests {
    private let alice = Scope.member(ID(1))
    private let platform = Scope.team(ID(1))
    private let laptop = Scope.key(ID(1))

    private func spending(
        _ budgets: [Budget], soft: [SoftLimit] = [], spent: [(Scope, Period, USD)] = [],
        held: USD = .zero
    ) throws -> Spending {
        let start = Timestamp(milliseconds: 0)
        let today = try readDay("2026-11-21")
        func key(_ id: Int64, _ name: String, isShared: Bool = false) throws -> Key {
            Key(
                id: ID(id),
                digest: try #require(KeyDigest(hex: String(repeating: "\(id)", count: 64))),
                name: name, label: "", member: ID(1), isShared: isShared, createdAt: start,
                revokedAt: name == "old" ? start : nil)
        }
        let roster = Roster(
            revision: 1, zone: try readZone("Europe/Berlin"),
            teams: [Team(id: ID(1), name: "platform"), Team(id: ID(2), name: "data")], tiers: [],
            members: [
                Member(id: ID(1), name: "alice", team: ID(1), createdAt: start),
                Member(id: ID(2), name: "bob", createdAt: start, removedAt: start),
            ],
            keys: [
                try key(1, "laptop"), try key(2, "old"), try key(3, "shared", isShared: true),
            ],
            budgets: budgets, softLimits: soft, managementDigests: [])
        let attempt = Attempt(
            id: ID(1), requestID: "", at: start, key: ID(1), member: ID(1), team: ID(1),
            requestedModel: "m", model: "m", app: "", isStreamed: false, bound: held, day: today)
        return Spending(
            roster: roster, notBefore: today,
            balances: spent.map { scope, period, amount in
                SpendRow(
                    scope: scope, period: period, window: period.window(holding: today),
                    spent: amount)
            },
            openAttempts: held == .zero ? [] : [OpenAttempt(attempt)])
    }

    private func raised(_ limit: Int64, to raise: Int64, until day: String) throws -> Budget {
        Budget(
            scope: alice, period: .daily, limit: .dollars(limit),
            raise: Budget.Raise(limit: .dollars(raise), lastDay: try readDay(day)))
    }

    private func request(
        _ amounts: [(Period, USD?)], until day: String = "2026-11-21"
    ) throws -> RaiseRequest {
        RaiseRequest(
            amounts: amounts.map { (period: $0, limit: $1) }, lastDay: try readDay(day),
            budgets: [
                Budget(scope: alice, period: .daily, limit: .dollars(5)),
                Budget(scope: alice, period: .total, limit: .dollars(50)),
            ],
            owner: "member alice", today: try readDay("2026-11-21"), zone: "Europe/Berlin")
    }

    @Test func `a raise may begin and end today`() throws {
        let request = try request([(.daily, .dollars(6)), (.total, nil)])
        let raise = Budget.Raise(limit: .dollars(6), lastDay: try readDay("2026-11-21"))
        #expect(try request.changes() == [.raise(.daily, raise), .raise(.total, nil)])
    }

    @Test func `a raise in the past is a mistake, and ending one is not`() throws {
        let failure = #expect(throws: CommandFailure.self) {
            try request([(.daily, .dollars(6))], until: "2026-11-20").changes()
        }
        #expect(failure?.code == .usage)
        #expect(
            failure?.text == """
                purser: --until 2026-11-20 is in the past
                hint: today is 2026-11-21 in Europe/Berlin

                """)
        let end = try request([(.daily, nil)], until: "2026-11-20").changes()
        #expect(end == [.raise(.daily, nil)])
    }

    @Test(arguments: [Period.weekly, .monthly])
    func `what is not limited cannot be raised`(period: Period) throws {
        for amount in [USD.dollars(6), nil] {
            let failure = #expect(throws: CommandFailure.self) {
                try request([(.daily, .dollars(6)), (period, amount)]).changes()
            }
            #expect(failure?.code == .failed)
            #expect(
                failure?.text == """
                    purser: member alice has no \(period.name) budget to raise
                    hint: set one first with --\(period.name) and without --until

                    """)
        }
    }

    @Test(arguments: [USD.zero, .dollars(5) - USD(picodollars: 1), .dollars(5)])
    func `a raise is higher than the budget`(amount: USD) throws {
        let failure = #expect(throws: CommandFailure.self) {
            try request([(.total, .dollars(60)), (.daily, amount)]).changes()
        }
        #expect(failure?.code == .failed)
        #expect(failure?.message.hasPrefix("member alice may spend $5.00 a day already") == true)
        let more = try request([(.daily, .dollars(5) + USD(picodollars: 1))]).changes()
        #expect(more.count == 1)
    }

    @Test func `the list has what can still concern a call, the organisation first`() throws {
        let spending = try spending(
            [
                Budget(scope: .key(ID(2)), period: .total, limit: .dollars(1)),
                Budget(scope: laptop, period: .total, limit: .dollars(1)),
                Budget(scope: .member(ID(2)), period: .daily, limit: .dollars(1)),
                Budget(scope: alice, period: .total, limit: .dollars(1)),
                Budget(scope: alice, period: .daily, limit: .dollars(1)),
                Budget(scope: platform, period: .weekly, limit: .dollars(1)),
                Budget(scope: .team(ID(2)), period: .weekly, limit: .dollars(1)),
            ],
            soft: [SoftLimit(scope: .organisation, period: .monthly, amount: .dollars(9))])
        let windows = BudgetListCommand.windows(in: spending)
        #expect(
            windows.map { "\($0.scope.word) \($0.owner ?? "-") \($0.period.name)" } == [
                "organisation - monthly", "team data weekly", "team platform weekly",
                "member alice daily", "member alice total", "key laptop total",
            ])
    }

    @Test func `the list shows raises and soft limits where there are any`() throws {
        let plain = try spending([Budget(scope: alice, period: .daily, limit: .dollars(5))])
        #expect(
            BudgetListing(of: plain.budgets(of: alice)).text(.table) == """
                of      name   period  spent   held  limit   left  resets at
                ------  -----  ------  -----  -----  -----  -----  --------------------
                member  alice  daily   $0.00  $0.00  $5.00  $5.00  2026-11-21T23:00:00Z

                """)
        let spending = try spending(
            [try raised(5, to: 20, until: "2026-12-24")],
            soft: [
                SoftLimit(scope: alice, period: .daily, amount: .dollars(4)),
                SoftLimit(scope: alice, period: .total, amount: .dollars(9)),
            ], spent: [(alice, .daily, .dollars(7)), (alice, .total, .dollars(8))])
        let listing = BudgetListing(of: spending.budgets(of: alice))
        let lines = listing.text(.table).split(separator: "\n")
        #expect(lines[0].hasSuffix("without raise  raised until  soft limit  warned"))
        #expect(lines[2].hasSuffix("$5.00  2026-12-24         $4.00  yes"))
        #expect(lines[3].hasSuffix("-  -                  $9.00  no"))
        #expect(
            listing.text(.csv) == """
                scope,name,period,spent,held,limit,left,resets_at,standing_limit,raised_until,\
                soft_limit,warned
                member,alice,daily,7,0,20,13,2026-11-21T23:00:00Z,5,2026-12-24,4,true
                member,alice,total,8,0,,,,,,9,false

                """)
        #expect(
            listing.text(.json).hasPrefix(
                #"{"budgets":[{"scope":"member","name":"alice","period":"daily","spent":7,"#
                    + #""held":0,"limit":20,"left":13,"resets_at":"2026-11-21T23:00:00Z","#
                    + #""standing_limit":5,"raised_until":"2026-12-24","soft_limit":4,"#
                    + #""warned":true},"#))
    }

    @Test func `a raise that is over is shown no more`() throws {
        let over = try spending([try raised(5, to: 20, until: "2026-11-20")])
        let window = over.window(alice, .daily)
        #expect(window.limit == .dollars(5) && window.raisedUntil == nil)
        let last = try spending([try raised(5, to: 20, until: "2026-11-21")])
        #expect(last.window(alice, .daily).limit == .dollars(20))
    }

    @Test func `a member's overview has every period and what else binds`() throws {
        let spending = try spending(
            [
                Budget(scope: .organisation, period: .monthly, limit: .dollars(100)),
                Budget(scope: platform, period: .weekly, limit: .dollars(10)),
                Budget(scope: .team(ID(2)), period: .weekly, limit: .dollars(1)),
                Budget(scope: alice, period: .daily, limit: .dollars(4)),
                Budget(scope: laptop, period: .total, limit: .zero),
                Budget(scope: .key(ID(2)), period: .total, limit: .dollars(1)),
            ],
            spent: [
                (alice, .daily, .dollars(2)), (alice, .total, .dollars(2)),
                (platform, .weekly, .dollars(99)),
            ], held: .dollars(1))
        #expect(
            BudgetOverview(of: alice, spending).text(.table) == """
                of            name      period    spent   held      limit     left  \
                full                resets at
                ------------  --------  -------  ------  -----  ---------  -------  \
                ------------------  --------------------
                member        alice     daily     $2.00  $1.00      $4.00    $1.00  \
                [#####++...]   75%  2026-11-21T23:00:00Z
                member        alice     weekly    $0.00  $1.00  unlimited        -  \
                -                   2026-11-22T23:00:00Z
                member        alice     monthly   $0.00  $1.00  unlimited        -  \
                -                   2026-11-30T23:00:00Z
                member        alice     total     $2.00  $1.00  unlimited        -  \
                -                   never
                organisation  -         monthly   $0.00  $1.00    $100.00   $99.00  \
                [..........]    1%  2026-11-30T23:00:00Z
                team          platform  weekly   $99.00  $1.00     $10.00  -$90.00  \
                [##########] >999%  2026-11-22T23:00:00Z
                key           laptop    total     $0.00  $1.00      $0.00   -$1.00  \
                [##########]  100%  never

                """)
    }

    @Test func `what else binds depends on who is asked about`() throws {
        let everywhere = [Scope.organisation, platform, alice, laptop, .key(ID(3))].map {
            Budget(scope: $0, period: .daily, limit: .dollars(1))
        }
        let spending = try spending(everywhere)
        func others(_ scope: Scope) -> [String] {
            BudgetOverview(of: scope, spending).text(.csv).split(separator: "\n")
                .dropFirst(1 + Period.allCases.count)
                .map { String($0.prefix { $0 != "," }) }
        }
        #expect(others(.organisation) == [])
        #expect(others(platform) == ["organisation"])
        #expect(others(alice) == ["organisation", "team", "key", "key"])
        #expect(others(laptop) == ["organisation", "team", "member"])
        #expect(others(.key(ID(3))) == ["organisation"])
    }

    @Test func `an overview for programs has the names that me has`() throws {
        let spending = try spending([
            Budget(scope: .organisation, period: .daily, limit: .dollars(1))
        ])
        let text = BudgetOverview(of: platform, spending).text(.json)
        #expect(text.hasPrefix(#"{"scope":"team","name":"platform","windows":[{"scope":"team","#))
        #expect(text.contains(#""budgets":[{"scope":"organisation","name":null,"period":"daily","#))
    }

    @Test(arguments: [
        (0, 0, 100, "[..........]    0%"), (99, 0, 1_000, "[..........]    9%"),
        (100, 0, 1_000, "[#.........]   10%"), (500, 249, 1_000, "[#####++...]   74%"),
        (999, 0, 1_000, "[#########.]   99%"), (900, 100, 1_000, "[#########+]  100%"),
        (2_000, 0, 1_000, "[##########]  200%"), (9_999, 5, 1_000, "[##########] >999%"),
        (0, 0, 0, "[##########]  100%"), (-5, 0, 10, "[..........]    0%"),
        (1_000_000_000_000_000_000, 0, 1_000_000_000_000_000_000, "[##########]  100%"),
    ])
    func `a bar is full when nothing is left`(
        spent: Int64, held: Int64, limit: Int64, text: String
    ) {
        let bar = Bar(
            spent: USD(picodollars: spent), held: USD(picodollars: held),
            limit: USD(picodollars: limit))
        #expect(bar.text == text)
    }
}
