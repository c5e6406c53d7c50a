/// A second pair of eyes on the money: told every fact that can be seen from outside, it says after
/// each one which promise is broken. It shares no code with the product.
///
/// - **I1** When an attempt becomes durable, what is spent and held, its own bound included, is
///   within the limit of each window of its day and scopes, as the newest rules set it for that
///   day. Spent is every durable entry; held is every durable attempt without an outcome, also
///   those that a crash left open, or that turned up although the store had disowned them: their
///   money may be gone. A hold in memory is no fact of the books yet: what frees money stands
///   before it in the queue to the disk. A window may be over only because of what no admission
///   could foresee (a correction, an outcome above its own bound, an attempt that turned up, a
///   lowered limit, an ended raise), and then takes only what was admitted before that. An attempt
///   becomes durable as it was admitted, judged under the newest rules. Whoever is turned away for
///   money is told the limit in force, and has no room under it.
/// - **I2** What the upstream sees has a durable attempt of the running process. An attempt has one
///   outcome; at rest none lacks it, and nobody waits. A whole answer was booked before, with the
///   cost it told.
/// - **I3** An amount has a source that fits its kind. What is settled is what was billed; what is
///   kept is the bound; what is released was never billed. A generation belongs to one attempt.
/// - **I4** An attempt, and each sequence number of it, is written once; to write it again with the
///   same words changes nothing, with other words is an error.
/// - **I5** The store's sums of every day, week, month and all are the sums of the entries of the
///   attempts whose days lie in it, and so are the process's when nothing is under way. A call's
///   day is the calendar's when it asks, and never goes back, not even behind a day on which the
///   process before spent money.
/// - **I6** What was durable stays as it was. Corrections are entries 1, 2, … and make the
///   attempt's sum the truth; at rest each attempt whose generation is on disk has the truth.
package struct Oracle: Sendable {
    /// All that is known of one call.
    struct Call: Sendable {
        enum Stage { case absent, admitted, durable }

        var attempt: Observation.Attempt
        var stage = Stage.absent
        var place = 0
        var admittedAt = 0
        /// Which process admitted it; the first is 0.
        var process = 0
        var isForwarded = false
        var generation: String?
        var hasDurableGeneration = false
        var bill: Int64?
        var entries: [Observation.Entry] = []
        var booked: Int128 = 0
    }

    /// What rests on kept holds whose truth nobody can look up.
    package struct Unresolved: Hashable, Sendable {
        package var attempts = 0
        package var booked: Int128 = 0
        package var billed: Int128 = 0
    }

    /// As of the last `quiescent`.
    package internal(set) var unresolved = Unresolved()
    /// How many calls were admitted, and how many turned away for which reason: a run that admits
    /// nothing proves nothing.
    package internal(set) var admissions = 0
    package internal(set) var refusals: [String: Int] = [:]

    var budgets = Budgets()
    var sums = Sums()
    var calls: [Call] = []
    var indices: [String: Int] = [:]
    var ownersOfGenerations: [String: Int] = [:]
    var inMemory: Set<Int> = []
    /// Who waits, by name, as what.
    var waiting: [String: Observation.Attempt] = [:]
    var process = 0
    var today: Int
    var latestClockDay: Int
    var latestAdmittedDay = 0
    var latestSpentDay = 0
    var booked: Int128 = 0
    var billed: Int128 = 0
    var found = Findings()

    /// An oracle for an empty store, on that day.
    package init(day: Int) {
        today = day
        latestClockDay = day
    }

    /// Takes in a fact and says what it breaks.
    package mutating func observe(_ observation: Observation) -> [Violation] {
        found.begin()
        switch observation {
        case .limit(let scope, let period, let picodollars, let revision):
            rulesChange(to: revision)
            budgets.set(
                .init(scope: scope, period: period), limit: picodollars, revision: revision)
        case .raise(let scope, let period, let picodollars, let lastDay, let revision):
            rulesChange(to: revision)
            budgets.set(
                .init(scope: scope, period: period), raise: picodollars, lastDay: lastDay,
                revision: revision)
        case .clockDay(let day):
            today = day
            latestClockDay = max(latestClockDay, day)
        case .admitted(let attempt, let revision): admit(attempt, revision)
        case .heldReturned(let id): giveBack(id)
        case .waits(let attempt): queue(attempt)
        case .waitEnded(let id): unqueue(id)
        case .refused(let reason): refusals[reason, default: 0] += 1
        case .shortfall(let shortfall, let revision): turnAway(shortfall, revision)
        case .attemptDurable(let attempt, let revision): makeDurable(attempt, revision)
        case .attemptResurfaced(let attempt): resurface(attempt)
        case .forwarded(let id): forward(id)
        case .generationDurable(let id, let generation): name(id, generation)
        case .billed(let id, let generation, let picodollars): bill(id, generation, picodollars)
        case .entryDurable(let entry): book(entry)
        case .replyWhole(let id, let cost): finishReply(id, cost)
        case .crash: die()
        case .restarted: audit()
        case .quiescent: judgeRest()
        case .durableBalance(let scope, let period, let day, let picodollars):
            compare(scope, period, day, picodollars)
        case .believedBalance(let scope, let period, let day, let spent, let held):
            compare(scope, period, day, spent: spent, held: held)
        case .ledgerRead(let attempts, let entries): compare(attempts, entries)
        }
        if found.step.isMultiple(of: 1_000) { audit() }
        return found.violations
    }

    /// The call's place in the list, made when its name is new.
    mutating func index(_ id: String) -> Int {
        if let index = indices[id] { return index }
        indices[id] = calls.count
        calls.append(Call(attempt: .init(id: id, scopes: [], bound: 0, day: 0)))
        return calls.count - 1
    }

    private mutating func rulesChange(to revision: Int) {
        found.require(
            revision >= budgets.revision, .neverOver,
            "the rules went back from revision \(budgets.revision) to \(revision)")
    }

    private mutating func die() {
        for index in inMemory { calls[index].stage = .absent }
        inMemory.removeAll()
        waiting.removeAll()
        process += 1
        // What only the dead process knew is no measure for the next one.
        latestAdmittedDay = latestSpentDay
    }

    private mutating func audit() {
        for sentence in sums.disagreements() { found.require(false, .oracle, sentence) }
    }
}
