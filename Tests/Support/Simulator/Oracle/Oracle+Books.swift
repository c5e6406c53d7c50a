/// From the upstream's answer to books at rest.
extension Oracle {
    mutating func name(_ id: String, _ generation: String) {
        let index = index(id)
        found.require(
            calls[index].stage == .durable, .nothingInvented,
            "generation \(generation) is written for \(id), which is not durable")
        own(index, generation)
        calls[index].hasDurableGeneration = true
    }

    mutating func bill(_ id: String, _ generation: String, _ picodollars: Int64) {
        let index = index(id)
        found.require(
            calls[index].isForwarded, .nothingLost, "\(id) is billed but was never forwarded")
        found.require(calls[index].bill == nil, .nothingLost, "\(id) is billed twice")
        own(index, generation)
        calls[index].bill = (calls[index].bill ?? 0) + picodollars
        billed += Int128(picodollars)
        judgeTruth(index)
    }

    mutating func book(_ entry: Observation.Entry) {
        let index = index(entry.attempt)
        let call = calls[index]
        guard call.stage == .durable else {
            return found.require(false, .nothingLost, "\(entry) has no durable attempt")
        }
        if call.entries.indices.contains(entry.sequence) {
            found.require(
                call.entries[entry.sequence] == entry, .idempotent,
                "\(call.entries[entry.sequence]) was written again as \(entry)")
            return write(entry, index)
        }
        found.require(
            entry.sequence == call.entries.count, .lateTruth,
            "\(entry) follows \(call.entries.count) entries")
        guard entry.sequence == call.entries.count else { return }
        judgeForm(entry, call)
        // An outcome takes the place of the hold; what it adds to it nobody could foresee.
        let freed = entry.sequence == 0 ? bound(index) : 0
        sums.add(
            .init(spent: Int128(entry.picodollars), held: -freed), place: call.place,
            step: found.step, isForeseen: false)
        write(entry, index)
        calls[index].entries.append(entry)
        calls[index].booked += Int128(entry.picodollars)
        booked += Int128(entry.picodollars)
        if entry.kind != .released {
            latestSpentDay = max(latestSpentDay, call.attempt.day)
            latestAdmittedDay = max(latestAdmittedDay, call.attempt.day)
        }
        judgeTruth(index)
    }

    mutating func finishReply(_ id: String, _ reported: Int64?) {
        let call = calls[index(id)]
        found.require(
            !call.entries.isEmpty, .nothingLost, "the client has all of \(id) before its entry")
        guard let reported, !call.entries.isEmpty else { return }
        found.require(
            call.booked == Int128(reported), .nothingLost,
            "the client was told \(reported) for \(id), booked is \(call.booked)")
    }

    mutating func compare(
        _ scope: String, _ period: Observation.Period, _ day: Int, _ picodollars: Int64
    ) {
        let begins = sums.firstDay(of: period, containing: max(day, 0))
        found.require(
            period == .total || begins == day, .windows, "no \(period) window begins on day \(day)")
        let spent = sums.amount(in: .init(scope: scope, period: period, firstDay: begins)).spent
        found.require(
            spent == Int128(picodollars), .windows,
            "the store has \(picodollars) for \(scope) \(period) from day \(day), "
                + "its entries make \(spent)")
    }

    mutating func compare(
        _ scope: String, _ period: Observation.Period, _ day: Int, spent: Int64, held: Int64
    ) {
        let begins = sums.firstDay(of: period, containing: max(day, 0))
        let amount = sums.amount(in: .init(scope: scope, period: period, firstDay: begins))
        found.require(
            (period == .total || begins == day) && amount.spent == Int128(spent)
                && amount.held == Int128(held), .windows,
            "the process believes that \(scope) \(period) from day \(day) spent \(spent) and "
                + "holds \(held), its entries make \(amount.spent) and \(amount.held)")
    }

    mutating func compare(_ attempts: [Observation.Attempt], _ entries: [Observation.Entry]) {
        let durable = calls.filter { $0.stage == .durable }
        judgeRead(attempts, written: durable.map(\.attempt))
        judgeRead(entries, written: durable.flatMap(\.entries))
    }

    private mutating func judgeRead<Line: Hashable>(_ read: [Line], written: [Line]) {
        let (before, now) = (Set(written), Set(read))
        for line in read where !before.contains(line) {
            found.require(false, .lateTruth, "\(line) was never written so")
        }
        for line in written where !now.contains(line) {
            found.require(false, .lateTruth, "\(line) was durable and is gone")
        }
        found.require(
            now.count == read.count, .idempotent,
            "\(read.count - now.count) of \(read.count) lines are in the store again")
    }

    /// Nothing is under way: each attempt is closed, and the books are the bill.
    mutating func judgeRest() {
        unresolved = Unresolved()
        for index in inMemory.sorted() {
            found.require(
                false, .neverOver, "\(calls[index].attempt.id) is held although nothing runs")
        }
        for id in waiting.keys.sorted() {
            found.require(false, .nothingLost, "\(id) waits although nothing runs")
        }
        for index in calls.indices where calls[index].stage == .durable {
            let call = calls[index]
            found.require(!call.entries.isEmpty, .nothingLost, "\(call.attempt.id) has no outcome")
            guard call.entries.last?.kind == .kept, !call.hasDurableGeneration else {
                judgeTruth(index, isFinal: true)
                continue
            }
            let bill = Int128(call.bill ?? 0)
            // A bill above the bound is a defect of the bound, which a kept hold cannot know.
            found.require(
                call.booked >= min(bill, bound(index)), .nothingLost,
                "\(call.attempt.id) was kept with \(call.booked), billed are \(bill)")
            unresolved.attempts += 1
            unresolved.booked += call.booked
            unresolved.billed += bill
        }
        found.require(
            booked - unresolved.booked == billed - unresolved.billed, .nothingLost,
            "booked are \(booked), of which \(unresolved.booked) unresolved; "
                + "billed are \(billed), of which \(unresolved.billed) unresolved")
    }

    private mutating func write(_ entry: Observation.Entry, _ index: Int) {
        sums.log.append(
            .entry(attempt: index, sequence: entry.sequence, picodollars: entry.picodollars))
    }

    /// A generation is one call's, and a call has one generation.
    private mutating func own(_ index: Int, _ generation: String) {
        let id = calls[index].attempt.id
        let owner = ownersOfGenerations[generation] ?? index
        found.require(
            owner == index, .nothingInvented,
            "generation \(generation) is that of \(calls[owner].attempt.id) and of \(id)")
        let known = calls[index].generation ?? generation
        found.require(
            known == generation, .nothingInvented,
            "\(id) has the generations \(known) and \(generation)")
        ownersOfGenerations[generation] = owner
        calls[index].generation = known
    }

    /// Whether the line says what a line of its kind may say.
    private mutating func judgeForm(_ entry: Observation.Entry, _ call: Call) {
        found.require(
            (entry.kind == .correction) == (entry.sequence > 0), .nothingLost,
            "\(entry) is a second outcome, or a correction of none")
        let sources: Set<Observation.Entry.Source>
        switch entry.kind {
        case .settled, .correction: sources = [.upstream, .generation]
        case .kept: sources = [.hold]
        case .released: sources = [.none]
        }
        found.require(
            sources.contains(entry.source), .nothingInvented, "\(entry) has no fitting source")
        found.require(
            entry.kind != .kept || entry.picodollars == call.attempt.bound, .nothingInvented,
            "\(entry) keeps another amount than the bound \(call.attempt.bound)")
        found.require(
            entry.kind != .released || entry.picodollars == 0, .nothingInvented,
            "\(entry) releases, and books money")
    }

    /// Whether what is booked as known is the bill. Without a bill there is nothing to compare with
    /// until the end; then no bill means that nothing was charged.
    private mutating func judgeTruth(_ index: Int, isFinal: Bool = false) {
        let call = calls[index]
        guard let last = call.entries.last, isFinal || last.kind != .kept else { return }
        guard let bill = call.bill ?? (isFinal ? 0 : nil) else { return }
        found.require(
            call.booked == Int128(bill),
            last.kind == .settled || last.kind == .released ? .nothingInvented : .lateTruth,
            "\(call.attempt.id) ends as \(last.kind) with \(call.booked), billed are \(bill)")
    }
}
