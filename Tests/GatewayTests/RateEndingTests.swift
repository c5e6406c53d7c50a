import Credentials
import Logging
import Metering
import OpenRouterWire
import Purser
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// However a call ends, its place in the rates ends with it.
struct RateEndingTests {
    @Test(arguments: UInt64(0)..<60)
    func `a call has one place from its judgement to its end, whatever the end`(
        seed: UInt64
    ) throws {
        var office = try RateOffice(seed: seed)
        for _ in 0..<300 {
            try office.step()
            #expect(office.core.limitedCallCount == office.liveCount)
        }
        office.endAll()
        #expect(office.core.limitedCallCount == 0)
        #expect(office.core.holdCount == 0)
    }

    @Test func `the mixture has every ending in it`() throws {
        var seen: Set<RateOffice.Ending> = []
        for seed in UInt64(0)..<60 {
            var office = try RateOffice(seed: seed)
            for _ in 0..<300 { try office.step() }
            seen.formUnion(office.endings)
        }
        #expect(seen == Set(RateOffice.Ending.allCases))
    }

    @Test func `a call that no budget pays for leaves its place to the next`() throws {
        var office = try RateOffice(seed: 1, budget: .zero)
        for _ in 0..<50 {
            guard case .refused(.overBudget, _) = try office.judge() else {
                Issue.record("a budget of nothing paid for a call")
                return
            }
        }
        #expect(office.core.limitedCallCount == 0)
    }

    @Test func `a call that never reached the upstream is not counted, and an error is`() throws {
        var office = try RateOffice(seed: 1, requestsPerMinute: 2)
        for _ in 0..<20 { try office.callAndEnd(with: .release(Passage.Evidence())) }
        try office.callAndEnd(with: .release(Passage.Evidence(status: 500)))
        try office.callAndEnd(with: .release(Passage.Evidence(status: 429)))
        guard case .refused(.rateLimited(let shortfall), _) = try office.judge(member: 1) else {
            Issue.record("two calls were answered, and two are allowed")
            return
        }
        #expect(shortfall.rule == .requestsPerMinute && shortfall.used == 2)
    }
}

/// A gateway's core with a ledger that answers when it is told to, and calls in every state.
struct RateOffice {
    enum Ending: CaseIterable {
        case givenBack, settled, released, kept, impossible, unwritten
        case leftTheLine, turnCame, judgedAnew, refusedByRate, refusedByBudget
    }

    let core: GatewayCore
    private(set) var endings: Set<Ending> = []
    private let ledger = PatientLedger()
    private let turns = TurnBox()
    private var random: SeededGenerator
    private var admitted: [Admitted] = []
    private var waiting: [ID<Attempt>: Admitted] = [:]
    private var revision: Int64 = 1
    private let request: ChatRequest
    private let rates: RateLimits
    private let budget: USD

    init(
        seed: UInt64, budget: USD = USD(picodollars: 4_500_000_000), requestsPerMinute: Int64? = nil
    ) throws {
        random = SeededGenerator(seed: seed)
        var rates = RateLimits()
        rates.key.parallel = 4
        rates.member.tokensPerMinute = 2_000
        rates.member.requestsPerMinute = requestsPerMinute
        rates.tier.requestsPerMinute = 1_000
        self.rates = rates
        self.budget = budget
        let body = #"{"model":"a/b","max_tokens":100,"messages":[{"role":"user","content":"x"}]}"#
        request = try ChatRequest.scan(Array(body.utf8).span)
        let row: JSON = [
            "id": "a/b", "context_length": 1_000,
            "pricing": ["prompt": "0.000001", "completion": "0.00001"],
        ]
        let clock = TestClock()
        core = GatewayCore(
            settings: GatewaySettings(
                upstream: UpstreamAddress(isTLS: false, host: "127.0.0.1", port: 1, path: ""),
                upstreamKey: Secret("x")),
            ledger: ledger,
            roster: RateOffice.roster(revision: 1, rates, budget),
            catalogue: Catalogue([try #require(ListedModel(row))]), book: Book(),
            lastAttempt: ID(0), requestPrefix: "t",
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() },
            clock: { Timestamp(milliseconds: 1_800_000_000_000) }, uptime: { clock.tick() },
            onKept: { _, _ in }, onUnwritten: { _, _ in })
    }

    private static func roster(
        revision: Int64, _ rates: RateLimits, _ budget: USD
    ) -> Roster {
        let then = Timestamp(milliseconds: 0)
        var tier = Tier(id: ID(1), name: "t", models: [])
        tier.rates = rates
        let numbers = Int64(1)...3
        return Roster(
            revision: revision, zone: .utc, teams: [], tiers: [tier],
            members: numbers.map {
                Member(id: ID($0), name: "m\($0)", tier: ID(1), createdAt: then)
            },
            keys: numbers.map {
                Key(
                    id: ID($0), digest: digest($0), name: "k", label: "", member: ID($0),
                    createdAt: then)
            },
            budgets: [Budget(scope: .organisation, period: .daily, limit: budget)],
            managementDigests: [])
    }

    private static func digest(_ number: Int64) -> KeyDigest {
        KeyDigest(words: (0, 0, 0, UInt64(number)))
    }

    /// Calls that are let in or wait, by the test's own count.
    var liveCount: Int { admitted.count + waiting.count }

    mutating func judge(member: Int64? = nil) throws -> Judgement {
        let number = member ?? Int64.random(in: 1...3, using: &random)
        let turns = turns
        let attempts = AttemptBox()
        let judgement = core.judge(
            request,
            identity: Identity(digest: RateOffice.digest(number), memberName: nil, app: ""),
            requestID: "r"
        ) { outcome in turns.add(attempts.id, outcome) }
        if case .waiting(let one, _) = judgement { attempts.id = one.attempt.id }
        return judgement
    }

    mutating func callAndEnd(with outcome: Passage.Outcome) throws {
        guard case .admitted(let one) = try judge(member: 1) else {
            Issue.record("the call was not let in")
            return
        }
        core.book(outcome, of: one.attempt) { _ in }
        ledger.answer { _ in .success(.written) }
    }
}

extension RateOffice {
    mutating func step() throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<10: try ask()
        case 10..<17: endOne()
        case 17: leaveLine()
        case 18: changeDirectory()
        default: core.writeUnwritten {}
        }
        answerLedger()
        takeTurns()
    }

    private mutating func ask() throws {
        switch try judge() {
        case .admitted(let one): admitted.append(one)
        case .waiting(let one, _): waiting[one.attempt.id] = one
        case .refused(.rateLimited, _): endings.insert(.refusedByRate)
        case .refused(.overBudget, _): endings.insert(.refusedByBudget)
        case .refused(.ledgerUnavailable, _), .outdated: break
        case .refused, .newcomer: Issue.record("nothing else can happen here")
        }
    }

    private mutating func endOne() {
        guard let index = admitted.indices.randomElement(using: &random) else { return }
        let attempt = admitted.remove(at: index).attempt
        let usage = Usage(
            cost: .zero, costLiteral: "0",
            tokens: TokenCounts(prompt: Int64.random(in: 0...50, using: &random)))
        switch Int.random(in: 0..<8, using: &random) {
        case 0..<2:
            core.giveBack(attempt.id)
            endings.insert(.givenBack)
        case 2..<5:
            core.book(.settle(usage, Passage.Evidence(status: 200)), of: attempt) { _ in }
            endings.insert(.settled)
        case 5..<7:
            let status = Bool.random(using: &random) ? 500 : nil
            core.book(.release(Passage.Evidence(status: status)), of: attempt) { _ in }
            endings.insert(.released)
        default:
            core.book(.keep(Passage.Evidence(generationID: "g")), of: attempt) { _ in }
            endings.insert(.kept)
        }
    }

    private mutating func leaveLine() {
        guard let id = waiting.keys.sorted().randomElement(using: &random) else { return }
        guard core.stopWaiting(id) else { return }
        waiting[id] = nil
        endings.insert(.leftTheLine)
    }

    private mutating func changeDirectory() {
        revision += 1
        core.replaceRoster(
            RateOffice.roster(revision: revision, rates, budget))
    }

    /// Entries are written, or not now, or never.
    private mutating func answerLedger() {
        let choice = Int.random(in: 0..<12, using: &random)
        let isEntry = ledger.answer { _ in
            switch choice {
            case 0: .failure(StorageFailure(.unavailable, "not now"))
            case 1: .failure(StorageFailure(.invalid, "never"))
            default: .success(.written)
            }
        }
        if isEntry, choice == 0 { endings.insert(.unwritten) }
        if isEntry, choice == 1 { endings.insert(.impossible) }
    }

    private mutating func takeTurns() {
        for (id, outcome) in turns.takeAll() {
            guard let one = waiting.removeValue(forKey: id) else {
                Issue.record("somebody's turn came who does not wait")
                continue
            }
            switch outcome {
            case .held:
                endings.insert(.turnCame)
                admitted.append(one)
            case .judgeAnew: endings.insert(.judgedAnew)
            }
        }
    }

    mutating func endAll() {
        while liveCount > 0 {
            for one in admitted { core.giveBack(one.attempt.id) }
            admitted = []
            takeTurns()
            leaveLine()
        }
    }
}

/// Answers writes when it is told to: inside `append` the gateway's mutex is held.
private final class PatientLedger: Ledger {
    typealias Done = @Sendable (Result<LedgerReceipt, StorageFailure>) -> Void

    private let waiting = Mutex<[(LedgerWrite, Done)]>([])

    func append(_ write: LedgerWrite, done: @escaping Done) {
        waiting.withLock { $0.append((write, done)) }
    }

    /// Whether there was an entry among what was answered.
    @discardableResult
    func answer(
        _ result: (LedgerWrite) -> Result<LedgerReceipt, StorageFailure>
    ) -> Bool {
        let taken = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for (write, done) in taken { done(result(write)) }
        return taken.contains { write, _ in if case .entry = write { true } else { false } }
    }
}

private final class TurnBox: Sendable {
    private let turns = Mutex<[(ID<Attempt>, Book.WaitOutcome)]>([])

    func add(_ id: ID<Attempt>, _ outcome: Book.WaitOutcome) {
        turns.withLock { $0.append((id, outcome)) }
    }

    func takeAll() -> [(ID<Attempt>, Book.WaitOutcome)] {
        turns.withLock { turns in
            defer { turns = [] }
            return turns
        }
    }
}

/// The id of an attempt that is known only after it was judged.
private final class AttemptBox: Sendable {
    private let box = Mutex(ID<Attempt>(0))

    var id: ID<Attempt> {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

/// A clock that goes on by a little each time it is read.
private final class TestClock: Sendable {
    private let milliseconds = Atomic<Int64>(5_000_000)

    func tick() -> Timestamp {
        Timestamp(milliseconds: milliseconds.add(37, ordering: .relaxed).newValue)
    }
}
