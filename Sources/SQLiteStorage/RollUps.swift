import Purser

/// What a group of writes adds to the roll-ups, summed in memory.
///
/// Sums are wider than what is stored, so that absurd amounts fail as a value, not as a trap.
struct RollUps {
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
        var shadowed: Int64 = 0
        /// Whether there is an entry among them, not only refusals.
        var isServed = false
    }

    /// One row of `spend_month`.
    struct Month: Hashable {
        var firstDay: Int32
        var member: ID<Member>
        var team: ID<Team>?
        var key: ID<Key>
    }

    private(set) var usage: [Line: Sums] = [:]

    /// Counts an entry that was really written. A released call was not served and cost nothing.
    mutating func count(_ entry: Entry, of attempt: Attempt) {
        if entry.kind == .released { return }
        let line = Line(
            day: attempt.day, member: attempt.member, team: attempt.team, key: attempt.key,
            model: attempt.model)
        usage[line, default: Sums()].count(entry, of: attempt)
    }

    mutating func count(_ call: RefusedCall) {
        let line = Line(
            day: call.day, member: call.member, team: call.team, key: call.key, model: call.model)
        usage[line, default: Sums()].refused += 1
    }

    /// What each key has spent, by month and by the team it was spent in. A month without a
    /// served call has none.
    var spend: [Month: Int128] {
        var spend: [Month: Int128] = [:]
        for (line, sums) in usage where sums.isServed {
            let month = Month(
                firstDay: Period.monthly.window(holding: line.day).firstDay, member: line.member,
                team: line.team, key: line.key)
            spend[month, default: 0] += sums.cost
        }
        return spend
    }
}

extension RollUps.Sums {
    /// The tokens of a correction are those that were not known before.
    fileprivate mutating func count(_ entry: Entry, of attempt: Attempt) {
        isServed = true
        if entry.kind != .correction {
            requests += 1
            downgraded += attempt.isDowngraded ? 1 : 0
            shadowed += attempt.shadowed.isEmpty ? 0 : 1
        }
        promptTokens += Int128(entry.tokens.prompt)
        completionTokens += Int128(entry.tokens.completion)
        cost += Int128(entry.amount.picodollars)
    }
}
