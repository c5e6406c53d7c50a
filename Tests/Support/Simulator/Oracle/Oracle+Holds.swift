/// From the wish to spend to the upstream's first byte.
extension Oracle {
    mutating func admit(_ attempt: Observation.Attempt, _ revision: Int) {
        let index = index(attempt.id)
        guard calls[index].stage == .absent else {
            return found.require(false, .neverOver, "\(attempt.id) is admitted again")
        }
        judgeDay(attempt, hasWaited: waiting[attempt.id] == attempt)
        waiting[attempt.id] = nil
        found.require(
            attempt.bound >= 0, .neverOver, "\(attempt.id) has the bound \(attempt.bound)")
        admissions += 1
        calls[index].attempt = attempt
        calls[index].stage = .admitted
        calls[index].admittedAt = found.step
        calls[index].process = process
        inMemory.insert(index)
    }

    mutating func queue(_ attempt: Observation.Attempt) {
        found.require(
            waiting[attempt.id] == nil && indices[attempt.id].map { calls[$0].stage } != .admitted,
            .nothingLost, "\(attempt.id) waits, and waits or holds already")
        judgeDay(attempt, hasWaited: false)
        waiting[attempt.id] = attempt
    }

    mutating func unqueue(_ id: String) {
        found.require(
            waiting.removeValue(forKey: id) != nil, .nothingLost,
            "the waiting of \(id) ends, which does not wait")
    }

    /// Whether the numbers that somebody was refused with are true, and reason enough.
    mutating func turnAway(_ shortfall: Observation.Shortfall, _ revision: Int) {
        refusals["budget", default: 0] += 1
        let name = Budgets.Name(scope: shortfall.scope, period: shortfall.period)
        let limit = budgets.limit(name, under: revision, day: shortfall.day)
        found.require(
            limit == Int128(shortfall.limit), .neverOver,
            "\(shortfall) names a limit that is \(limit.map { "\($0)" } ?? "none")")
        found.require(
            Int128(shortfall.spent) + Int128(shortfall.bound) > Int128(shortfall.limit),
            .neverOver, "\(shortfall) would have fitted")
    }

    mutating func giveBack(_ id: String) {
        let index = index(id)
        found.require(
            calls[index].stage == .admitted, .neverOver,
            "the hold of \(id) is returned, which is not a hold in memory alone")
        guard calls[index].stage == .admitted else { return }
        inMemory.remove(index)
        calls[index].stage = .absent
    }

    mutating func makeDurable(_ attempt: Observation.Attempt, _ revision: Int) {
        let index = index(attempt.id)
        let known = calls[index]
        if known.stage == .durable {
            return found.require(
                known.attempt == attempt, .idempotent,
                "\(known.attempt) was written again as \(attempt)")
        }
        found.require(
            revision >= budgets.revision, .neverOver,
            "\(attempt.id) is durable as judged under revision \(revision), "
                + "but \(budgets.revision) is durable too")
        found.require(
            known.stage == .admitted && known.attempt == attempt, .neverOver,
            "\(attempt) is durable, but not admitted so")
        hold(index, attempt, isForeseen: true)
        judgeRoom(index, revision, "is durable")
    }

    mutating func forward(_ id: String) {
        let index = index(id)
        let call = calls[index]
        found.require(
            call.stage == .durable, .nothingLost, "\(id) is forwarded before it is durable")
        found.require(!call.isForwarded, .nothingLost, "\(id) is forwarded twice")
        found.require(call.entries.isEmpty, .nothingLost, "\(id) is forwarded after its outcome")
        found.require(
            call.stage != .durable || call.process == process, .nothingLost,
            "\(id) is forwarded, but the process that admitted it is dead")
        calls[index].isForwarded = true
    }

    func bound(_ index: Int) -> Int128 { Int128(calls[index].attempt.bound) }

    /// The store had said that it did not take the attempt, and has it after all: nobody forwards
    /// it, and its hold is one that no admission could foresee.
    mutating func resurface(_ attempt: Observation.Attempt) {
        let index = index(attempt.id)
        found.require(
            calls[index].stage != .durable && !calls[index].isForwarded, .nothingLost,
            "\(attempt.id) turns up again, but it was never gone")
        guard calls[index].stage != .durable else { return }
        hold(index, attempt, isForeseen: false)
    }

    private mutating func hold(
        _ index: Int, _ attempt: Observation.Attempt, isForeseen: Bool
    ) {
        let place = sums.place(scopes: attempt.scopes, day: attempt.day)
        calls[index].attempt = attempt
        calls[index].place = place
        calls[index].stage = .durable
        inMemory.remove(index)
        sums.log.append(.durable(attempt: index, place: place, bound: attempt.bound))
        sums.add(
            .init(held: Int128(attempt.bound)), place: place, step: found.step,
            isForeseen: isForeseen)
    }

    /// The calendar may go back, the days that are used may not. A process may remember the latest
    /// day that the calendar showed, or only the latest day that it used. Who has waited comes with
    /// the day on which it asked.
    private mutating func judgeDay(_ attempt: Observation.Attempt, hasWaited: Bool) {
        found.require(
            attempt.day >= latestAdmittedDay, .windows,
            "\(attempt.id) is admitted on day \(attempt.day), after day \(latestAdmittedDay)")
        if hasWaited { return latestAdmittedDay = max(latestAdmittedDay, attempt.day) }
        found.require(
            attempt.day >= today && attempt.day <= max(latestClockDay, latestAdmittedDay), .windows,
            "\(attempt.id) is admitted on day \(attempt.day), but it is day \(today)")
        latestAdmittedDay = max(latestAdmittedDay, attempt.day)
    }

    /// Whether the call's windows hold no more than their limits, its own bound included. After its
    /// admission only growth that nobody could foresee may have filled them.
    private mutating func judgeRoom(_ index: Int, _ revision: Int, _ event: String) {
        let call = calls[index]
        for window in sums.windows(ofPlace: call.place) {
            let balance = sums.balances[window]
            let name = Budgets.Name(scope: balance.window.scope, period: balance.window.period)
            let limit = budgets.limit(name, under: revision, day: call.attempt.day)
            guard let limit, balance.sum > limit, balance.grewAt <= call.admittedAt else {
                continue
            }
            let bound = bound(index)
            found.require(
                false, .neverOver,
                "\(call.attempt.id) \(event) with \(bound) on \(balance.window): spent "
                    + "\(balance.amount.spent), held by others \(balance.amount.held - bound), "
                    + "limit \(limit)")
        }
    }
}
