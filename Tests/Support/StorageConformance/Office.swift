package import Purser
package import Storage
package import Testing

/// A small team to check with: alice in the team backend with a key, and bob in none with one.
package struct Office: Sendable {
    package let engine: Engine
    package let alice: Member
    package let aliceKey: Key
    package let bob: Member
    package let bobKey: Key
    package let revision: Int64

    package init(_ engine: Engine) throws {
        let directory = engine.directory
        self.engine = engine
        alice = try directory.addMember("alice", team: "backend", tier: nil, at: .morning)
        bob = try directory.addMember("bob", team: nil, tier: nil, at: .morning)
        aliceKey = try directory.addKey(.sample(1, member: "alice"), at: .morning)
        bobKey = try directory.addKey(.sample(2, member: "bob"), at: .morning)
        revision = try directory.roster().revision
    }

    /// A call of alice's, or of bob's.
    package func attempt(
        _ id: Int64, bob isBob: Bool = false, on day: CivilDate = .saturday,
        model: String = "openai/gpt-4o", requested: String? = nil
    ) -> Attempt {
        let member = isBob ? bob : alice
        return Attempt(
            id: ID(id), requestID: "request-\(id)", at: .noon,
            key: isBob ? bobKey.id : aliceKey.id, member: member.id, team: member.team,
            requestedModel: requested ?? model, model: model, app: "tests",
            isStreamed: id % 2 == 0, bound: .dollars(1), day: day)
    }

    /// Writes attempts and fails the check if one is not written.
    package func begin(_ attempts: Attempt...) async {
        let results = await engine.ledger.write(
            attempts.map { .attempt($0, revision: revision) })
        #expect(results.allSatisfy { $0 == .success(.written) })
    }

    /// Writes entries of one attempt and fails the check if one is not written.
    package func end(_ attempt: Attempt, _ entries: Entry...) async {
        let results = await engine.ledger.write(entries.map { .entry($0, of: attempt) })
        #expect(results.allSatisfy { $0 == .success(.written) })
    }

    /// What the books say a scope has spent in the window that holds `day`.
    package func spent(
        _ scope: Scope, _ period: Period, on day: CivilDate = .saturday
    ) throws -> USD? {
        let rows = try engine.history.balances(from: Windows(holding: day))
        let window = period.window(holding: day)
        return rows.first {
            $0.scope == scope && $0.period == period && $0.window == window
        }?.spent
    }

    /// One line of the day's report by member.
    package func line(of name: String, on day: CivilDate = .saturday) throws -> UsageRow? {
        try engine.history.usage(by: .member, from: day, to: day).first { $0.name == name }
    }
}

extension Attempt {
    package func settled(
        _ amount: USD, literal: String? = nil, prompt: Int64 = 10, completion: Int64 = 5
    ) -> Entry {
        Entry(
            attempt: id, at: .evening, kind: .settled, amount: amount, literal: literal,
            source: .upstream, generationID: "gen-\(id.rawValue)",
            tokens: TokenCounts(prompt: prompt, completion: completion, cached: 3, reasoning: 1),
            upstreamStatus: 200)
    }

    package func kept(generation: String? = "gen-kept") -> Entry {
        Entry(
            attempt: id, at: .evening, kind: .kept, amount: bound, source: .hold,
            generationID: generation)
    }

    package var released: Entry {
        Entry(attempt: id, at: .evening, kind: .released, amount: .zero, source: .none)
    }

    package func correction(
        _ amount: USD, sequence: Int64 = 1, prompt: Int64 = 0, completion: Int64 = 0
    ) -> Entry {
        Entry(
            attempt: id, sequence: sequence, at: .evening, kind: .correction, amount: amount,
            source: .generation,
            tokens: TokenCounts(prompt: prompt, completion: completion))
    }
}

extension Timestamp {
    // 2026-11-21, a Saturday, in UTC.
    package static let morning = Timestamp(milliseconds: 1_795_248_000_000)
    package static let noon = morning.adding(seconds: 4 * 3_600)
    package static let evening = morning.adding(seconds: 10 * 3_600)
}

extension CivilDate {
    package static let saturday = CivilDate(daysSinceEpoch: 20_778)
}

extension USD {
    package static func pico(_ count: Int64) -> USD { USD(picodollars: count) }
}

extension KeyDigest {
    /// A digest that differs for each number.
    package static func sample(_ number: UInt64) -> KeyDigest {
        KeyDigest(words: (number, 0, 0xFFFF_FFFF_FFFF_FFFF, ~number))
    }
}

extension NewKey {
    static func sample(
        _ number: UInt64, member: String, limit: USD? = nil, limitReset: Period = .total
    ) -> NewKey {
        NewKey(
            digest: .sample(number), label: "sk-purser-…\(number)", name: "key \(number)",
            member: member, limit: limit, limitReset: limitReset)
    }
}

/// Expects a failure with that code.
package func expectFailure(
    _ code: StorageFailure.Code, at place: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let failure = #expect(throws: StorageFailure.self, sourceLocation: place) { try body() }
    if let failure { #expect(failure.code == code, sourceLocation: place) }
}
