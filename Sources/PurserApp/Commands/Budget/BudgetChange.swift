import Purser
import Storage

/// One change that `purser budget set` makes.
enum BudgetChange: Hashable, Sendable {
    /// `nil` removes the budget, and any raise of it.
    case limit(Period, USD?)
    /// `nil` ends the raise.
    case raise(Period, Budget.Raise?)
    /// `nil` removes the soft limit.
    case softLimit(Period, USD?)

    func make(for scope: Scope, in directory: any Directory) throws(StorageFailure) {
        switch self {
        case .limit(let period, let limit):
            try directory.setBudget(scope, period, limit: limit)
        case .raise(let period, let raise):
            try directory.raiseBudget(scope, period, to: raise)
        case .softLimit(let period, let amount):
            try directory.setSoftLimit(scope, period, amount: amount)
        }
    }
}

/// Temporary raises as they were asked for, and what they would raise.
struct RaiseRequest: Sendable {
    /// `nil` ends a raise.
    var amounts: [(period: Period, limit: USD?)]
    var lastDay: CivilDate
    /// The budgets of the scope as they were set.
    var budgets: [Budget]
    /// Whose they are, in words: `member alice`.
    var owner: String
    var today: CivilDate
    /// The name of the zone that `today` is in.
    var zone: String

    /// The changes, all of them possible.
    func changes() throws(CommandFailure) -> [BudgetChange] {
        var changes: [BudgetChange] = []
        for (period, amount) in amounts {
            guard let budget = budgets.first(where: { $0.period == period }) else {
                throw CommandFailure(
                    .failed, "\(owner) has no \(period.name) budget to raise",
                    hint: "set one first with --\(period.name) and without --until")
            }
            guard let amount else {
                changes.append(.raise(period, nil))
                continue
            }
            guard lastDay >= today else {
                throw CommandFailure(
                    .usage, "--until \(lastDay) is in the past",
                    hint: "today is \(today) in \(zone)")
            }
            guard amount > budget.limit else {
                throw CommandFailure(
                    .failed,
                    "\(owner) may spend \(budget.limit.dollars) \(period.phrase) already; "
                        + "--\(period.name) \(amount) would raise nothing",
                    hint: "leave out --until to set a lower budget")
            }
            changes.append(.raise(period, Budget.Raise(limit: amount, lastDay: lastDay)))
        }
        return changes
    }
}
