import Metering
import OpenRouterWire
import Purser
import TestSupport
import Testing

/// Transcripts: each line feeds one event and names the action expected.
struct PassageTests {
    private func run(_ script: [(Passage.Event, Passage.Action)]) -> Passage {
        var passage = Passage()
        for (step, (event, expected)) in script.enumerated() {
            let action = passage.take(event)
            #expect(action == expected, "step \(step): \(event)")
        }
        return passage
    }

    private let usage = Usage(
        cost: USD("0.000005"), costLiteral: "5e-06", tokens: TokenCounts(prompt: 3, completion: 2))

    private let none = Passage.Evidence()
    private let whole = Passage.Evidence(generationID: "gen-1", status: 200)

    private func answer(_ usage: Usage? = nil, id: String? = "gen-1", error: Bool = false)
        -> ChatAnswer
    {
        var answer = ChatAnswer()
        answer.id = id
        answer.usage = usage
        answer.hasError = error
        answer.hasChoices = !error
        return answer
    }

    private let start: [(Passage.Event, Passage.Action)] = [
        (.held, .record), (.recorded, .forward),
        (.headReceived(status: 200, generationID: "gen-1"), .relay),
    ]

    @Test func `an answer: recorded, forwarded, settled, then let go`() {
        let end = run(
            start + [
                (.reportSeen(answer(usage)), .holdBack),
                (.upstreamEnded, .write(.settle(usage, whole))),
                (.entryWritten, .finish(.complete)),
            ])
        #expect(end.isDone)
    }

    @Test func `a stream settles at its end mark, and the upstream's end is no news`() {
        _ = run(
            start + [
                (.reportSeen(answer(usage)), .holdBack),
                (.streamDone, .write(.settle(usage, whole))),
                (.upstreamEnded, .wait), (.entryWritten, .finish(.complete)),
            ])
    }

    /// An upstream that changed the protocol ended the answer without a head: the call hung, held
    /// its money for ever and kept the gateway from stopping.
    @Test func `an end without a head is a loss`() {
        let end = run([
            (.held, .record), (.recorded, .forward), (.upstreamEnded, .write(.keep(none))),
            (.entryWritten, .finish(.refusal(.upstreamCutOff))),
        ])
        #expect(end.isDone)
    }

    /// The ledger refused a status that HTTP does not have, and the attempt stood open for ever.
    @Test(arguments: [600, 999, 99_999])
    func `a status that HTTP does not have is an upstream's error and no fact`(status: Int) {
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.headReceived(status: status, generationID: nil), .collectError),
            (.upstreamEnded, .write(.release(none))),
            (.entryWritten, .finish(.upstreamError(status: 502))),
        ])
    }

    @Test func `nothing is forwarded before the attempt is on disk`() {
        _ = run([(.held, .record), (.recordingFailed, .abandon(.ledgerUnavailable))])
    }

    @Test func `a directory that changed meanwhile means judging anew`() {
        _ = run([(.held, .record), (.stale, .judgeAnew), (.held, .record), (.recorded, .forward)])
    }

    @Test func `a client that leaves before forwarding costs nothing`() {
        _ = run([
            (.held, .record), (.clientLeft, .wait), (.recorded, .write(.release(none))),
            (.entryWritten, .finish(.complete)),
        ])
    }

    @Test func `a client that leaves in the middle still settles at what it cost`() {
        _ = run(
            start + [
                (.clientLeft, .wait), (.reportSeen(answer(usage)), .holdBack),
                (.streamDone, .write(.settle(usage, whole))),
            ])
    }

    @Test func `an upstream that cannot be reached billed nothing`() {
        _ = run([
            (.held, .record), (.recorded, .forward), (.upstreamUnreachable, .write(.release(none))),
            (.entryWritten, .finish(.refusal(.upstreamUnreachable))),
        ])
    }

    @Test func `an upstream lost after the request was handed over may have billed it`() {
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.upstreamLost, .write(.keep(none))),
            (.entryWritten, .finish(.refusal(.upstreamCutOff))),
        ])
    }

    @Test func `an upstream's error costs nothing and is passed on`() {
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.headReceived(status: 429, generationID: nil), .collectError),
            (.upstreamEnded, .write(.release(.init(status: 429)))),
            (.entryWritten, .finish(.upstreamError(status: 429))),
        ])
    }

    @Test func `the gateway's own bad key is not the member's 401`() {
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.headReceived(status: 401, generationID: nil), .collectError),
            (.upstreamEnded, .write(.release(.init(status: 401)))),
            (.entryWritten, .finish(.refusal(.upstreamKeyRejected))),
        ])
    }

    @Test(arguments: [(524, "gen-9", true), (524, nil, false), (500, "gen-9", false)])
    func `a time-out on the way is kept if the generation has a name`(
        status: Int, id: String?, isKept: Bool
    ) {
        let evidence = Passage.Evidence(generationID: id, status: status)
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.headReceived(status: status, generationID: id), .collectError),
            (.upstreamEnded, .write(isKept ? .keep(evidence) : .release(evidence))),
            (.entryWritten, .finish(.upstreamError(status: status))),
        ])
    }

    @Test func `a redirection is an upstream's error, not the client's`() {
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.headReceived(status: 307, generationID: nil), .collectError),
            (.upstreamEnded, .write(.release(.init(status: 307)))),
            (.entryWritten, .finish(.upstreamError(status: 502))),
        ])
    }

    @Test func `a stream cut before its usage is kept, and does not look whole`() {
        _ = run(
            start + [
                (.upstreamLost, .write(.keep(whole))),
                (.entryWritten, .finish(.refusal(.upstreamCutOff))),
            ])
    }

    @Test func `a stream cut after its usage is settled`() {
        _ = run(
            start + [
                (.reportSeen(answer(usage)), .holdBack),
                (.upstreamLost, .write(.settle(usage, whole))),
                (.entryWritten, .finish(.complete)),
            ])
    }

    @Test func `an answer without usage is kept, an explicit zero is settled at zero`() {
        _ = run(start + [(.upstreamEnded, .write(.keep(whole)))])
        let zero = Usage(cost: .zero, costLiteral: "0")
        _ = run(
            start + [
                (.reportSeen(answer(zero)), .holdBack),
                (.upstreamEnded, .write(.settle(zero, whole))),
            ])
    }

    @Test func `an error in place of an answer, with nothing generated, costs nothing`() {
        _ = run([
            (.held, .record), (.recorded, .forward),
            (.headReceived(status: 200, generationID: nil), .relay),
            (.reportSeen(answer(id: nil, error: true)), .holdBack),
            (.upstreamEnded, .write(.release(.init(status: 200)))),
        ])
    }

    @Test func `usage twice is booked once, the last one with a cost`() {
        let empty = Usage(cost: nil, costLiteral: nil)
        _ = run(
            start + [
                (.reportSeen(answer(empty)), .wait), (.reportSeen(answer(usage)), .holdBack),
                (.reportSeen(answer(empty)), .wait),
                (.streamDone, .write(.settle(usage, whole))),
                (.reportSeen(answer(usage)), .wait),
            ])
    }

    @Test func `an entry that cannot be written breaks the answer off`() {
        _ = run(
            start + [
                (.upstreamEnded, .write(.keep(whole))),
                (.entryFailed, .finish(.broken)),
            ])
    }

    /// I2: whatever happens in whatever order, what was forwarded ends in exactly one outcome.
    @Test(arguments: 1...200)
    func `I2 every passage that recorded an attempt writes exactly one outcome`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let events: [Passage.Event] = [
            .held, .recorded, .stale, .recordingFailed, .upstreamUnreachable,
            .headReceived(status: 200, generationID: nil),
            .headReceived(status: 500, generationID: nil), .reportSeen(answer(usage)), .streamDone,
            .upstreamEnded, .upstreamLost, .deadlinePassed, .clientLeft, .entryWritten,
            .entryFailed,
        ]
        var passage = Passage()
        var forwarded = 0
        var outcomes = 0
        var finished = 0
        for _ in 0..<300 {
            switch passage.take(events.randomElement(using: &generator)!) {
            case .forward: forwarded += 1
            case .write: outcomes += 1
            case .finish: finished += 1
            default: break
            }
        }
        #expect(forwarded <= 1)
        #expect(outcomes <= 1)
        #expect(outcomes >= forwarded)
        #expect(finished <= outcomes)
    }
}
