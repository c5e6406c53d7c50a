import Purser
package import Storage
import Testing

extension StorageCheck {
    static let attempts: [StorageCheck] = [
        StorageCheck("an attempt is open until it has an outcome") { engine in
            let office = try Office(engine)
            #expect(try engine.history.lastAttempt() == ID(0))
            let attempts = [
                office.attempt(7, requested: "openai/gpt-5.4"), office.attempt(8, bob: true),
                office.attempt(9),
            ]
            await office.begin(attempts[0], attempts[1], attempts[2])
            #expect(try engine.history.openAttempts().map(\.attempt) == attempts)
            await office.end(attempts[0], attempts[0].settled(.pico(1)))
            #expect(try engine.history.openAttempts().map(\.attempt) == [attempts[1], attempts[2]])
            await office.end(attempts[1], attempts[1].released)
            await office.end(attempts[2], attempts[2].kept())
            #expect(try engine.history.openAttempts().isEmpty)
            #expect(try engine.history.lastAttempt() == ID(9))
        },
        StorageCheck("an attempt of another revision is not written") { engine in
            let office = try Office(engine)
            for revision in [office.revision - 1, office.revision + 1] {
                let result = await engine.ledger.write(
                    .attempt(office.attempt(1), revision: revision))
                #expect(result == .success(.stale))
            }
            #expect(try engine.history.openAttempts().isEmpty)
            #expect(try engine.history.lastAttempt() == ID(0))
            #expect(engine.staleCallCount() == 2)
        },
        StorageCheck("a change of the directory holds for the next attempt") { engine in
            let office = try Office(engine)
            await office.begin(office.attempt(1))
            try engine.directory.revokeKey(.sample(1), at: .noon)
            let late = await engine.ledger.write(
                .attempt(office.attempt(2), revision: office.revision))
            #expect(late == .success(.stale))
            #expect(try engine.history.openAttempts().map(\.attempt.id) == [ID(1)])
        },
        StorageCheck("a revision can be confirmed without writing") { engine in
            let office = try Office(engine)
            #expect(
                await engine.ledger.write(.confirm(revision: office.revision))
                    == .success(.written))
            #expect(engine.staleCallCount() == 0)
            #expect(
                await engine.ledger.write(.confirm(revision: office.revision - 1))
                    == .success(.stale))
            #expect(engine.staleCallCount() == 1)
        },
        StorageCheck("an attempt written twice is one attempt") { engine in
            let office = try Office(engine)
            await office.begin(office.attempt(1), office.attempt(1))
            await office.begin(office.attempt(1))
            #expect(try engine.history.openAttempts().map(\.attempt) == [office.attempt(1)])
            await office.end(office.attempt(1), office.attempt(1).released)
            await office.begin(office.attempt(1))
            #expect(try engine.history.openAttempts().isEmpty)
        },
        StorageCheck("two calls cannot have one id") { engine in
            let office = try Office(engine)
            await office.begin(office.attempt(1))
            var other = office.attempt(1)
            other.requestID = "another request"
            let result = await engine.ledger.write(.attempt(other, revision: office.revision))
            #expect(result.failureCode == .alreadyExists)
            #expect(try engine.history.openAttempts().map(\.attempt) == [office.attempt(1)])
        },
        StorageCheck("an attempt needs a key and a member that exist, and a positive id") {
            engine in
            let office = try Office(engine)
            var attempt = office.attempt(1)
            attempt.key = ID(404)
            #expect(
                await engine.ledger.write(.attempt(attempt, revision: office.revision))
                    .failureCode == .notFound)
            attempt = office.attempt(1)
            attempt.member = ID(404)
            #expect(
                await engine.ledger.write(.attempt(attempt, revision: office.revision))
                    .failureCode == .notFound)
            #expect(
                await engine.ledger.write(.attempt(office.attempt(0), revision: office.revision))
                    .failureCode == .invalid)
            #expect(try engine.history.lastAttempt() == ID(0))
        },
    ]

    static let entries: [StorageCheck] = [
        StorageCheck("attempts and entries keep every fact they came with") { engine in
            let office = try Office(engine)
            var attempts = [
                office.attempt(2, requested: "openai/gpt-5.4"), office.attempt(3, bob: true),
                office.attempt(5),
            ]
            attempts[1].endpoint = "/messages"
            attempts[1].app = "Ann's app, №3"
            let entry = attempts[0].settled(.pico(3_150_000), literal: "3.15e-06", prompt: 4)
            let correction = attempts[0].correction(.pico(-1), prompt: 0, completion: 2)
            let kept = attempts[1].kept(generation: nil)
            await office.begin(attempts[1], attempts[0], attempts[2])
            await office.end(attempts[0], entry)
            await office.end(attempts[1], kept)
            await office.end(attempts[0], correction)
            var calls: [RecordedCall] = []
            try engine.history.calls { calls.append($0) }
            #expect(calls.map(\.attempt) == attempts)
            #expect(calls.map(\.entries) == [[entry, correction], [kept], []])
            #expect(calls.map(\.member) == ["alice", "bob", "alice"])
            #expect(calls.map(\.team) == ["backend", nil, "backend"])
            #expect(calls.map(\.keyHash) == [1, 2, 1].map { KeyDigest.sample($0).hex })
        },
        StorageCheck("an entry of nonsense is refused") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            for change in [
                { $0.tokens.prompt = -1 }, { $0.tokens.completion = -1 },
                { $0.tokens.cached = -1 }, { $0.tokens.reasoning = -1 },
                { $0.upstreamStatus = 0 }, { $0.kind = .released },
            ] as [(inout Entry) -> Void] {
                var entry = attempt.settled(.pico(1))
                change(&entry)
                let result = await engine.ledger.write(.entry(entry, of: attempt))
                #expect(result.failureCode == .invalid)
            }
            #expect(try engine.history.openAttempts().map(\.attempt) == [attempt])
        },
        StorageCheck("a second outcome is nothing, in the journal and in every sum") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            await office.end(attempt, attempt.settled(.pico(10)))
            await office.end(
                attempt, attempt.settled(.pico(10)), attempt.kept(), attempt.released,
                attempt.settled(.pico(99)))
            #expect(try engine.history.total() == .pico(10))
            #expect(try office.spent(.organisation, .total) == .pico(10))
            let line = try #require(try office.line(of: "alice"))
            #expect(line.requests == 1 && line.cost == .pico(10) && line.promptTokens == 10)
        },
        StorageCheck("an entry without its attempt is refused and counts nowhere") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            let result = await engine.ledger.write(.entry(attempt.settled(.pico(1)), of: attempt))
            #expect(result.failureCode == .notFound)
            #expect(try engine.history.total() == .zero)
            #expect(try office.spent(.organisation, .total) == nil)
            #expect(try office.line(of: "alice") == nil)
        },
        StorageCheck("late truth is a correction, and every one of them counts") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            await office.end(
                attempt, attempt.kept(),
                attempt.correction(.pico(40) - attempt.bound, prompt: 7, completion: 3),
                attempt.correction(.pico(2), sequence: 2),
                attempt.correction(.pico(2), sequence: 3))
            #expect(try engine.history.total() == .pico(44))
            #expect(try office.spent(.key(office.aliceKey.id), .daily) == .pico(44))
            let line = try #require(try office.line(of: "alice"))
            #expect(line.requests == 1 && line.cost == .pico(44))
            #expect(line.promptTokens == 7 && line.completionTokens == 3)
        },
        StorageCheck("a correction written twice is one, in the journal and in every sum") {
            engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            await office.end(
                attempt, attempt.kept(), attempt.correction(.pico(-7)),
                attempt.correction(.pico(-7)))
            await office.end(attempt, attempt.correction(.pico(-9)))
            let left = attempt.bound - .pico(7)
            #expect(try engine.history.total() == left)
            #expect(try office.spent(.member(office.alice.id), .monthly) == left)
            #expect(try office.line(of: "alice")?.cost == left)
        },
        StorageCheck("what the upstream calls an attempt is kept until it has an outcome") {
            engine in
            let office = try Office(engine)
            let attempts = [office.attempt(1), office.attempt(2)]
            await office.begin(attempts[0], attempts[1])
            let results = await engine.ledger.write([
                .generation("gen-1", of: attempts[0].id), .generation("gen-9", of: ID(9)),
            ])
            #expect(results == [.success(.written), .success(.written)])
            #expect(
                try engine.history.openAttempts() == [
                    OpenAttempt(attempts[0], generationID: "gen-1"), OpenAttempt(attempts[1]),
                ])
            await office.end(attempts[0], attempts[0].released)
            #expect(
                await engine.ledger.write(.generation("gen-1", of: attempts[0].id))
                    == .success(.written))
            #expect(try engine.history.openAttempts() == [OpenAttempt(attempts[1])])
        },
        StorageCheck("nobody's spend is ever below nothing") { engine in
            let office = try Office(engine)
            let attempt = office.attempt(1)
            await office.begin(attempt)
            await office.end(attempt, attempt.settled(.pico(5)))
            let result = await engine.ledger.write(
                .entry(attempt.correction(.pico(-6)), of: attempt))
            #expect(result.failureCode == .invalid)
            #expect(try engine.history.total() == .pico(5))
            await office.end(attempt, attempt.correction(.pico(-5)))
            #expect(try engine.history.total() == .zero)
            #expect(try office.spent(.member(office.alice.id), .weekly) == .zero)
        },
        StorageCheck("a sum that would pass the largest amount is refused, not wrapped") {
            engine in
            let office = try Office(engine)
            let attempts = [office.attempt(1), office.attempt(2)]
            await office.begin(attempts[0], attempts[1])
            await office.end(attempts[0], attempts[0].settled(.pico(.max)))
            let result = await engine.ledger.write(
                .entry(attempts[1].settled(.pico(1)), of: attempts[1]))
            #expect(result.failureCode == .invalid)
            #expect(try engine.history.total() == .pico(.max))
            #expect(try engine.history.openAttempts().map(\.attempt) == [attempts[1]])
        },
        StorageCheck("what is kept and known by its generation waits for the truth") { engine in
            let office = try Office(engine)
            let attempts = (1...4).map { office.attempt($0) }
            await office.begin(attempts[0], attempts[1], attempts[2], attempts[3])
            await office.end(attempts[0], attempts[0].kept(generation: "gen-1"))
            await office.end(attempts[1], attempts[1].kept(generation: nil))
            await office.end(attempts[2], attempts[2].settled(.pico(1)))
            await office.end(attempts[3], attempts[3].kept(generation: "gen-4"))
            let waiting = try engine.history.unresolvedAttempts()
            #expect(waiting.map(\.attempt) == [attempts[0], attempts[3]])
            #expect(waiting.map(\.entry.generationID) == ["gen-1", "gen-4"])
            await office.end(attempts[0], attempts[0].correction(.zero))
            #expect(try engine.history.unresolvedAttempts().map(\.attempt) == [attempts[3]])
        },
        StorageCheck("reading calls stops when the reader throws, with the reader's error") {
            engine in
            struct Enough: Error {}
            let office = try Office(engine)
            await office.begin(office.attempt(1), office.attempt(2), office.attempt(3))
            for stop in 1...3 {
                var seen = 0
                #expect(throws: Enough.self) {
                    try engine.history.calls { _ in
                        seen += 1
                        if seen == stop { throw Enough() }
                    }
                }
                #expect(seen == stop)
            }
            // The reader let go of the database.
            #expect(try engine.history.total() == .zero)
        },
    ]
}

extension LedgerResult {
    /// `nil` if it did not fail.
    package var failureCode: StorageFailure.Code? {
        switch self {
        case .success: nil
        case .failure(let failure): failure.code
        }
    }
}
