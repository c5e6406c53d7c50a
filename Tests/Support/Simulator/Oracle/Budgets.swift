/// Every limit that was ever in force, by revision of the rules and by day.
struct Budgets: Sendable {
    struct Name: Hashable, Sendable {
        var scope: String
        var period: Observation.Period
    }

    private struct Terms: Sendable {
        var revision: Int
        var limit: Int64?
        var raise: Int64 = 0
        var raiseLastDay = -1
    }

    private var history: [Name: [Terms]] = [:]
    /// The revision of the newest change.
    private(set) var revision = 0

    mutating func set(_ name: Name, limit: Int64?, revision: Int) {
        change(name, revision) { $0.limit = limit }
    }

    mutating func set(_ name: Name, raise: Int64, lastDay: Int, revision: Int) {
        change(name, revision) {
            $0.raise = raise
            $0.raiseLastDay = lastDay
        }
    }

    /// The limit that someone who knew that revision had to keep on that day; `nil` is none.
    func limit(_ name: Name, under revision: Int, day: Int) -> Int128? {
        let known = history[name]?.last { $0.revision <= revision }
        guard let known, let limit = known.limit else { return nil }
        return Int128(limit) + (day <= known.raiseLastDay ? Int128(known.raise) : 0)
    }

    private mutating func change(
        _ name: Name, _ revision: Int, _ apply: (inout Terms) -> Void
    ) {
        var terms = history[name]?.last ?? Terms(revision: revision)
        terms.revision = revision
        apply(&terms)
        history[name, default: []].append(terms)
        self.revision = max(self.revision, revision)
    }
}
