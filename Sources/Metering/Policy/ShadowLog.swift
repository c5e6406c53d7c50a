package import Purser

/// Which shadows were told of: each rule once a day for each member, so that a rule that is tried
/// out does not fill the log.
package struct ShadowLog: Sendable {
    private struct Told: Hashable {
        var member: ID<Member>
        var rule: Rule
    }

    private var day: CivilDate?
    private var told: Set<Told> = []

    package init() {}

    /// The rules that would have stopped the call, and that nobody was told of on its day.
    package mutating func news(of attempt: Attempt) -> [Rule] {
        if attempt.shadowed.isEmpty { return [] }
        if day != attempt.day {
            day = attempt.day
            told = []
        }
        return attempt.shadowed.filter {
            told.insert(Told(member: attempt.member, rule: $0)).inserted
        }
    }
}
