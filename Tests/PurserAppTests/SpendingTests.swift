import Management
import Purser
import Storage
import Testing

@testable import PurserApp

struct SpendingTests {
    private let alice = Scope.member(ID(1))

    private func row(_ period: Period, _ day: CivilDate, _ dollars: Int64) -> SpendRow {
        SpendRow(
            scope: alice, period: period, window: period.window(holding: day),
            spent: .dollars(dollars))
    }

    private func attempt(_ id: Int64, _ day: CivilDate) -> Attempt {
        Attempt(
            id: ID(id), requestID: "", at: Timestamp(milliseconds: 0), key: ID(1),
            member: ID(1), team: nil, requestedModel: "m", model: "m", app: "",
            isStreamed: false, bound: .dollars(2), day: day)
    }

    private var roster: Roster {
        let member = Member(id: ID(1), name: "alice", createdAt: Timestamp(milliseconds: 0))
        return Roster(
            revision: 1, zone: .utc, teams: [], tiers: [], members: [member], keys: [],
            budgets: [Budget(scope: alice, period: .daily, limit: .dollars(10))],
            managementDigests: [])
    }

    private func spending() throws -> Spending {
        let today = try readDay("2026-11-21")
        let yesterday = today.adding(days: -1)
        return Spending(
            roster: roster, notBefore: today,
            balances: [
                row(.daily, today, 3), row(.daily, yesterday, 100),
                row(.weekly, today, 4), row(.total, today, 50),
            ],
            openAttempts: [attempt(1, today), attempt(2, yesterday)].map { OpenAttempt($0) })
    }

    @Test func `what is held counts in the windows its call began in`() throws {
        let spending = try spending()
        let windows = Period.allCases.map { spending.window(alice, $0) }
        #expect(windows.map(\.spent) == [.dollars(3), .dollars(4), .zero, .dollars(50)])
        #expect(windows.map(\.held) == [.dollars(2), .dollars(4), .dollars(4), .dollars(4)])
        #expect(windows.map(\.left) == [.dollars(5), nil, nil, nil])
        #expect(spending.slot(.organisation, .total).held == .dollars(4))
    }

    @Test func `usage shows every window of every member`() throws {
        let spending = try spending()
        let listing = UsageListing(of: spending.roster.members, spending)
        #expect(
            listing.text(.json).hasPrefix(
                #"{"members":[{"name":"alice","windows":[{"period":"daily","spent":3,"held":2,"#
                    + #""limit":10,"left":5,"resets_at":"2026-11-22T00:00:00Z","#
                    + #""standing_limit":10,"raised_until":null,"soft_limit":null,"#
                    + #""warned":false},"#))
        #expect(
            listing.text(.table) == """
                member  period    spent   held      limit   left  resets at
                ------  -------  ------  -----  ---------  -----  --------------------
                alice   daily     $3.00  $2.00     $10.00  $5.00  2026-11-22T00:00:00Z
                alice   weekly    $4.00  $4.00  unlimited      -  2026-11-23T00:00:00Z
                alice   monthly   $0.00  $4.00  unlimited      -  2026-12-01T00:00:00Z
                alice   total    $50.00  $4.00  unlimited      -  never

                """)
    }

    /// The clock was once ahead: the gateway refused for a day's budget that `budget show` called
    /// untouched.
    @Test func `today is never before a day that has money on it`() throws {
        let today = try readDay("2026-11-21")
        let (yesterday, ahead) = (today.adding(days: -1), today.adding(days: 11))
        func spending(_ balances: [SpendRow], _ open: Attempt...) -> Spending {
            Spending(
                roster: roster, notBefore: today, balances: balances,
                openAttempts: open.map { OpenAttempt($0) })
        }
        #expect(spending([]).today == today)
        #expect(spending([row(.daily, yesterday, 1)], attempt(1, yesterday)).today == today)
        // Only days are days: a week or a month begins whenever it does.
        #expect(spending([row(.weekly, ahead, 1), row(.monthly, ahead, 1)]).today == today)
        #expect(spending([], attempt(1, ahead), attempt(2, today)).today == ahead)
        let rows = [today, ahead, yesterday].flatMap { day in
            [row(.daily, day, 3), row(.monthly, day, 4)]
        }
        let moved = spending(rows, attempt(1, today))
        #expect(moved.today == ahead)
        let windows = [Period.daily, .monthly].map { moved.window(alice, $0) }
        #expect(windows.map(\.spent) == [.dollars(3), .dollars(4)])
        #expect(windows.map(\.held) == [.zero, .zero])
        #expect(windows.map(\.left) == [.dollars(7), nil])
    }
}
