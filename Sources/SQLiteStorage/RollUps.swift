import Purser

/// What a group of writes adds to the roll-ups, summed in memory.
///
/// Sums are wider than what is stored, so that absurd amounts fail as a value, not as a trap.
struct RollUps {
    /// One row of `spend`.
    struct Slot: Hashable {
        var scope: Scope
        var period: Period
        var window: Window
    }

    /// One row of `usage_day`.
    struct Line: Hashable {
        var day: CivilDate
        var member: ID<Member>
        var team: ID<Team>?
        var key: ID<Key>
        var model: String
    }

    struct Sums {
        var requests: Int64 = 0
        var promptTokens: Int128 = 0
        var completionTokens: Int128 = 0
        var cost: Int128 = 0
        var refused: Int64 = 0
        var downgraded: Int64 = 0
    }

    private(set) var spend: [Slot: Int128] = [:]
    private(set) var usage: [Line: Sums] = [:]

    /// Counts an entry that was really written. A released call was not served and cost nothing.
    mutating func count(_ entry: Entry, of attempt: Attempt) {
        let line = Line(
            day: attempt.day, member: attempt.member, team: attempt.team, key: attempt.key,
            model: attempt.model)
        switch entry.kind {
        case .released:
            return
        case .settled, .kept:
            usage[line, default: Sums()].requests += 1
            if attempt.isDowngraded { usage[line, default: Sums()].downgraded += 1 }
        case .correction:
            break
        }
        usage[line, default: Sums()].promptTokens += Int128(entry.promptTokens)
        usage[line, default: Sums()].completionTokens += Int128(entry.completionTokens)
        usage[line, default: Sums()].cost += Int128(entry.amount.picodollars)
        book(entry.amount, of: attempt)
    }

    mutating func count(_ call: RefusedCall) {
        let line = Line(
            day: call.day, member: call.member, team: call.team, key: call.key, model: call.model)
        usage[line, default: Sums()].refused += 1
    }

    private mutating func book(_ amount: USD, of attempt: Attempt) {
        let windows = attempt.windows
        for scope in attempt.scopes {
            for period in Period.allCases {
                let slot = Slot(scope: scope, period: period, window: windows[period])
                spend[slot, default: 0] += Int128(amount.picodollars)
            }
        }
    }
}
