import Metering
import Purser
import TestSupport

/// Changes of the directory, as commands and the management API make them.
extension Simulation {
    mutating func change() {
        if isClosing { return }
        plan(.change, in: 500 + chance(5_000))
        store.revision += 1
        switch Int.random(in: 0..<16, using: &random) {
        case 0...3: setBudget()
        case 4: removeBudget()
        case 5, 6: raiseBudget()
        case 7, 8: lowerBudget()
        case 9...11: topUp()
        case 12: changeKey()
        case 13: changeMember()
        case 14: changeTier()
        default:
            town.softLimits = [
                SoftLimit(
                    scope: town.scope(using: &random), period: .daily,
                    amount: .dollars(1 + chance(3)))
            ]
        }
    }

    private mutating func setBudget() {
        var budget = Town.budget(town.scope(using: &random), using: &random)
        // What was spent for ever is gone; the budget is for what comes.
        if budget.period == .total { budget.limit = budget.limit + spent(of: budget) }
        count(.budgetSet)
        replace(budget)
    }

    private mutating func replace(_ budget: Budget) {
        town.budgets.removeAll { $0.scope == budget.scope && $0.period == budget.period }
        town.budgets.append(budget)
        observeLimit(of: budget)
    }

    private mutating func removeBudget() {
        guard town.budgets.count > Town.budgetsMin else { return }
        let budget = town.budgets.remove(at: Int(chance(Int64(town.budgets.count))))
        count(.budgetRemoved)
        observeNoLimit(budget.scope, budget.period)
    }

    private mutating func raiseBudget() {
        guard var budget = tightest() else { return }
        budget.raise = Budget.Raise(
            limit: max(budget.limit, spent(of: budget)) + .dollars(1 + chance(20)),
            lastDay: town.zone.day(at: wall).adding(days: Int(chance(3))))
        count(.raiseSet)
        replace(budget)
    }

    /// To somewhere between what is spent and what is held as well.
    private mutating func lowerBudget() {
        guard let book = gateway?.treasury.book else { return }
        let windows = Windows(holding: book.day(notBefore: town.zone.day(at: wall)))
        let busy = town.budgets.filter {
            book.balance($0.scope, $0.period, at: windows).held > .zero
        }
        guard var budget = busy.randomElement(using: &random) else { return }
        let slot = book.balance(budget.scope, budget.period, at: windows)
        let part = Int64.random(in: 0...slot.held.picodollars, using: &random)
        let limit = slot.spent + USD(picodollars: part)
        guard limit < budget.limit else { return }
        budget.limit = limit
        budget.raise = nil
        count(.budgetLowered)
        replace(budget)
    }

    /// Somebody asks for more and gets it.
    private mutating func topUp() {
        guard var budget = tightest() else { return }
        budget.limit = max(budget.limit, spent(of: budget)) + .dollars(5 + chance(40))
        replace(budget)
    }

    private mutating func changeKey() {
        count(.keyChanged)
        if let index = town.keys.firstIndex(where: \.isDisabled) {
            town.keys[index].isDisabled = false
            return
        }
        let index = Int(chance(Int64(town.keys.count)))
        switch Int.random(in: 0..<3, using: &random) {
        case 0: town.keys[index].isDisabled = true
        case 1: town.keys[index].tier = town.keys[index].tier == nil ? ID(2) : nil
        default: town.keys[index].isShared.toggle()
        }
    }

    private mutating func changeMember() {
        count(.memberChanged)
        if let index = town.members.firstIndex(where: { $0.removedAt != nil }) {
            town.members[index].removedAt = nil
            return
        }
        let index = Int(chance(Int64(town.members.count)))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: town.members[index].removedAt = wall
        case 1: town.members[index].team = nil
        case 2: town.members[index].team = ID(1)
        default: town.members[index].team = ID(2)
        }
    }

    private mutating func changeTier() {
        let index = Int(chance(Int64(town.members.count)))
        town.members[index].tier = [ID(1), ID(2), nil].randomElement(using: &random) ?? nil
        count(.memberChanged)
    }

    /// The budget with the least left of those that some money was spent of, now and then another.
    private mutating func tightest() -> Budget? {
        if happens(oneIn: 3) { return town.budgets.randomElement(using: &random) }
        return town.budgets.min { left, right in
            left.limit - spent(of: left) < right.limit - spent(of: right)
        }
    }

    private func spent(of budget: Budget) -> USD {
        let window = budget.period.window(holding: town.zone.day(at: wall))
        let key = SimulatedStore.SpendKey(
            scope: budget.scope, period: budget.period, window: window)
        return store.spend[key] ?? .zero
    }
}
