import Purser
import Storage
import TestSupport
import Testing

extension StorageCheck {
    /// Random journals, with everything repeated now and then, against sums made in memory.
    static let randomHistories: [StorageCheck] = (1...6).map { seed in
        StorageCheck("every roll-up is the sum over its entries, seed \(seed)") { engine in
            let office = try Office(engine)
            var journal = RandomJournal(office, seed: UInt64(seed))
            for _ in 0..<12 {
                let writes = journal.next(25)
                let results = await engine.ledger.write(writes)
                #expect(results.allSatisfy { $0 == .success(.written) })
                try journal.check()
            }
            // The whole journal again, corrections apart: the same state.
            _ = await engine.ledger.write(journal.idempotentWrites)
            try journal.check()
        }
    }

    /// I4: whoever lost count writes from the beginning again, and nothing is counted twice.
    static let replays: [StorageCheck] = (1...3).map { seed in
        StorageCheck("replaying any prefix of the journal changes nothing, seed \(seed)") {
            engine in
            let office = try Office(engine)
            var journal = RandomJournal(office, seed: UInt64(100 + seed))
            for _ in 0..<40 {
                let results = await engine.ledger.write(journal.next(1))
                #expect(results == [.success(.written)])
                let before = try Books(engine.history)
                let replayed = await engine.ledger.write(journal.idempotentWrites)
                #expect(replayed.allSatisfy { $0 == .success(.written) })
                #expect(try Books(engine.history) == before)
            }
            try journal.check()
        }
    }
}

/// All that a store says of what was written.
private struct Books: Equatable {
    private let calls: [Attempt]
    private let entries: [[Entry]]
    private let open: [OpenAttempt]
    private let unresolved: [Entry]
    private let balances: Set<SpendRow>
    private let usage: [[UsageRow]]
    private let total: USD

    init(_ history: any History) throws {
        var read: [RecordedCall] = []
        try history.calls { read.append($0) }
        calls = read.map(\.attempt)
        entries = read.map(\.entries)
        open = try history.openAttempts()
        unresolved = try history.unresolvedAttempts().map(\.entry)
        balances = Set(try history.balances(from: Windows(holding: .saturday)))
        usage = try ReportAxis.allCases.map {
            try history.usage(by: $0, from: .saturday, to: .saturday.adding(days: 60))
        }
        total = try history.total()
    }
}

/// A journal that makes itself up, and what must follow from it.
private struct RandomJournal {
    private let office: Office
    private var random: SeededGenerator
    private var lastID: Int64 = 0
    private var attempts: [Attempt] = []
    private var outcomes: [ID<Attempt>: Entry] = [:]
    private var generations: [ID<Attempt>: String] = [:]
    private var written: [(entry: Entry, attempt: Attempt)] = []
    private var refusals: [RefusedCall] = []
    private(set) var idempotentWrites: [LedgerWrite] = []

    init(_ office: Office, seed: UInt64) {
        self.office = office
        random = SeededGenerator(seed: seed)
    }

    mutating func next(_ count: Int) -> [LedgerWrite] {
        (0..<count).map { _ in
            let write = step()
            switch write {
            case .attempt, .entry, .generation: idempotentWrites.append(write)
            case .refusal, .confirm: break
            }
            return write
        }
    }

    private mutating func step() -> LedgerWrite {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            return .attempt(begin(), revision: office.revision)
        case 4..<8:
            guard let attempt = attempts.randomElement(using: &random) else { fallthrough }
            return .entry(end(attempt), of: attempt)
        case 8:
            guard let attempt = attempts.randomElement(using: &random), Bool.random(using: &random)
            else { return .refusal(refuse()) }
            return .generation("gen-\(lastID)", of: name(attempt, "gen-\(lastID)"))
        default:
            guard let attempt = attempts.randomElement(using: &random) else {
                return .confirm(revision: office.revision)
            }
            return .attempt(attempt, revision: office.revision)
        }
    }

    /// Remembers what an open attempt is called, and returns its id.
    private mutating func name(_ attempt: Attempt, _ generation: String) -> ID<Attempt> {
        if outcomes[attempt.id] == nil { generations[attempt.id] = generation }
        return attempt.id
    }

    private mutating func begin() -> Attempt {
        lastID += Int64.random(in: 1...3, using: &random)
        var attempt = office.attempt(
            lastID, bob: Bool.random(using: &random), on: day(),
            model: ["a/small", "b/large"].randomElement(using: &random) ?? "",
            requested: Bool.random(using: &random) ? "c/other" : nil)
        if Bool.random(using: &random) { attempt.alias = "fast" }
        attempt.shadowed = Rule.allCases.filter { _ in Int.random(in: 0..<20, using: &random) == 0 }
        attempts.append(attempt)
        return attempt
    }

    /// An outcome, which counts if it is the first, or a correction of what was kept.
    private mutating func end(_ attempt: Attempt) -> Entry {
        let amount = USD.pico(Int64.random(in: 0...5_000, using: &random))
        if let outcome = outcomes[attempt.id], outcome.kind == .kept, Bool.random(using: &random) {
            let count = written.count { $0.entry.attempt == attempt.id }
            let correction = attempt.correction(
                amount - .pico(1_000), sequence: Int64(count), prompt: 3, completion: 1)
            written.append((correction, attempt))
            return correction
        }
        let entry =
            [
                attempt.settled(amount, prompt: amount.picodollars % 97), attempt.kept(),
                attempt.released,
            ].randomElement(using: &random) ?? attempt.released
        if outcomes[attempt.id] == nil {
            outcomes[attempt.id] = entry
            written.append((entry, attempt))
        }
        return entry
    }

    private mutating func refuse() -> RefusedCall {
        let model = office.attempt(1, bob: Bool.random(using: &random), on: day())
        let call = RefusedCall(
            at: .noon, day: model.day, key: model.key, member: model.member, team: model.team,
            model: "d/refused", code: "model_not_allowed")
        refusals.append(call)
        return call
    }

    /// One of 60 days, so that weeks and months begin and end within.
    private mutating func day() -> CivilDate {
        .saturday.adding(days: Int.random(in: 0..<60, using: &random))
    }
}

extension RandomJournal {
    func check() throws {
        let history = office.engine.history
        #expect(try history.total() == written.map(\.entry.amount).reduce(.zero, +))
        #expect(try history.lastAttempt() == ID(lastID))
        #expect(
            try history.openAttempts()
                == attempts.filter { outcomes[$0.id] == nil }.map {
                    OpenAttempt($0, generationID: generations[$0.id])
                })
        let corrected = Set(written.map(\.entry).filter { $0.sequence == 1 }.map(\.attempt))
        #expect(
            try history.unresolvedAttempts().map(\.attempt)
                == attempts.filter {
                    outcomes[$0.id]?.kind == .kept && !corrected.contains($0.id)
                })
        var calls: [RecordedCall] = []
        try history.calls { calls.append($0) }
        #expect(calls.map(\.attempt) == attempts)
        for call in calls {
            #expect(
                call.entries
                    == written.filter { $0.attempt.id == call.attempt.id }.map(\.entry))
        }
        try checkSpend()
        let audit = try history.audit(progress: { _ in }, report: { Issue.record("\($0)") })
        #expect(audit.attempts == Int64(attempts.count))
        #expect(audit.entries == Int64(written.count) && audit.findings == 0)
        for axis in ReportAxis.allCases { try checkUsage(by: axis) }
    }

    private func checkSpend() throws {
        var expected: [SpendRow: USD] = [:]
        for (entry, attempt) in written where entry.kind != .released {
            for scope in attempt.scopes {
                for period in Period.allCases {
                    let row = SpendRow(
                        scope: scope, period: period, window: attempt.windows[period],
                        spent: .zero)
                    expected[row, default: .zero] += entry.amount
                }
            }
        }
        let rows = try office.engine.history.balances(from: Windows(holding: .saturday))
        let stored = rows.map { row in
            (
                SpendRow(scope: row.scope, period: row.period, window: row.window, spent: .zero),
                row.spent
            )
        }
        #expect(Dictionary(uniqueKeysWithValues: stored) == expected)
    }

    private func checkUsage(by axis: ReportAxis) throws {
        var expected: [String: UsageRow] = [:]
        for (entry, attempt) in written where entry.kind != .released {
            let name = name(axis, attempt)
            var line = UsageRow(name: name)
            if entry.kind != .correction {
                line.requests = 1
                line.downgraded = attempt.isDowngraded ? 1 : 0
                line.shadowed = attempt.shadowed.isEmpty ? 0 : 1
            }
            line.promptTokens = entry.tokens.prompt
            line.completionTokens = entry.tokens.completion
            line.cost = entry.amount
            expected[name, default: row(axis, name)].add(line)
        }
        for call in refusals {
            var attempt = office.attempt(1, bob: call.member == office.bob.id, on: call.day)
            attempt.model = call.model
            let name = name(axis, attempt)
            expected[name, default: row(axis, name)].refused += 1
        }
        let rows = try office.engine.history.usage(
            by: axis, from: .saturday, to: .saturday.adding(days: 60))
        #expect(Set(rows) == Set(expected.values))
        #expect(rows.count == expected.count)
    }

    private func row(_ axis: ReportAxis, _ name: String) -> UsageRow {
        guard axis == .key else { return UsageRow(name: name) }
        let number: UInt64 = name == "key 1" ? 1 : 2
        return UsageRow(name: name, keyHash: KeyDigest.sample(number).hex)
    }

    private func name(_ axis: ReportAxis, _ attempt: Attempt) -> String {
        let isBob = attempt.member == office.bob.id
        return switch axis {
        case .member: isBob ? "bob" : "alice"
        case .team: isBob ? "" : "backend"
        case .key: isBob ? office.bobKey.name : office.aliceKey.name
        case .model: attempt.model
        case .day: attempt.day.description
        case .week: attempt.day.weekStart.description
        }
    }
}
