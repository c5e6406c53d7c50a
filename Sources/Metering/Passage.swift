package import OpenRouterWire
package import Purser

/// One request's way from its hold to its entry, as a pure state machine.
///
/// The shell feeds events and carries out the one action each returns; it decides nothing. The
/// order that everything rests on is here: an attempt is on disk before the upstream sees a byte,
/// and the entry is on disk before the client sees the last one.
package struct Passage: Sendable {
    package enum Event: Sendable {
        /// The bound is held in every budget.
        case held
        /// The attempt is on disk.
        case recorded
        /// The directory changed meanwhile; nothing was written.
        case stale
        case recordingFailed
        /// No connection; the upstream has seen nothing.
        case upstreamUnreachable
        case headReceived(status: Int, generationID: String?)
        /// A whole answer, or a chunk with usage or an error in it.
        case reportSeen(ChatAnswer)
        /// The stream said `[DONE]`.
        case streamDone
        /// The answer is complete.
        case upstreamEnded
        /// The connection broke after the request was handed over.
        case upstreamLost
        case deadlinePassed
        case clientLeft
        /// The entry is on disk.
        case entryWritten
        case entryFailed
    }

    package enum Action: Hashable, Sendable {
        /// Nothing to do but wait for the next event.
        case wait
        /// Write the attempt.
        case record
        /// Give the hold back and judge the request again.
        case judgeAnew
        /// Give the hold back and refuse; nothing is on disk.
        case abandon(Refusal)
        /// Send the request upstream.
        case forward
        /// Let the answer through, up to the event that reports usage.
        case relay
        /// Collect the upstream's error.
        case collectError
        /// Keep back everything from this event on until the entry is on disk.
        case holdBack
        /// Book the outcome and write the entry.
        case write(Outcome)
        /// Let go what was kept back, and end the answer as `ending` says.
        case finish(Ending)
    }

    /// How the attempt is booked.
    package enum Outcome: Hashable, Sendable {
        case settle(Usage, Evidence)
        case release(Evidence)
        /// The hold counts as spent; with an id, the upstream can be asked for the truth.
        case keep(Evidence)
    }

    /// What is known of the upstream's answer.
    package struct Evidence: Hashable, Sendable {
        /// `nil` if the upstream never named the generation.
        package var generationID: String?
        /// `nil` if no head came.
        package var status: Int?

        package init(generationID: String? = nil, status: Int? = nil) {
            self.generationID = generationID
            self.status = status
        }
    }

    /// How the client's answer ends.
    package enum Ending: Hashable, Sendable {
        /// As the upstream's did.
        case complete
        /// With the upstream's error.
        case upstreamError(status: Int)
        /// With a refusal: as the whole answer, or as an event in a stream that has begun.
        case refusal(Refusal)
        /// Without an end, so that nobody takes it for whole.
        case broken
    }

    enum State: Hashable, Sendable {
        case idle, recording, forwarding, relaying, collectingError, writing, done
    }

    private(set) var state = State.idle
    private var hasClientLeft = false
    private var evidence = Evidence()
    private var usage: Usage?
    private var hasError = false
    private var hasChoices = false
    private var ending = Ending.complete

    package init() {}

    /// Whether nothing more will be asked of the shell.
    package var isDone: Bool { state == .done }

    /// Takes one event. Events that no longer matter are answered with `wait`.
    package mutating func take(_ event: Event) -> Action {
        switch event {
        case .clientLeft:
            hasClientLeft = true
            return .wait
        case .held where state == .idle:
            state = .recording
            return .record
        case .recorded, .stale, .recordingFailed:
            return state == .recording ? takeRecording(event) : .wait
        case .upstreamUnreachable, .headReceived:
            return state == .forwarding ? takeForwarding(event) : .wait
        case .reportSeen(let answer):
            return state == .relaying ? takeReport(answer) : .wait
        case .streamDone:
            return state == .relaying ? write() : .wait
        case .upstreamEnded:
            return takeEnd()
        case .upstreamLost:
            return takeLoss(.upstreamCutOff)
        case .deadlinePassed:
            return takeLoss(.upstreamTimedOut)
        case .entryWritten, .entryFailed:
            guard state == .writing else { return .wait }
            state = .done
            if case .entryWritten = event { return .finish(ending) }
            return .finish(.broken)
        case .held:
            return .wait
        }
    }

    private mutating func takeRecording(_ event: Event) -> Action {
        switch event {
        case .recorded where hasClientLeft:
            return write(.release(evidence))
        case .recorded:
            state = .forwarding
            return .forward
        case .stale:
            state = .idle
            return .judgeAnew
        default:
            state = .done
            return .abandon(.ledgerUnavailable)
        }
    }

    private mutating func takeForwarding(_ event: Event) -> Action {
        guard case .headReceived(let status, let generationID) = event else {
            ending = .refusal(.upstreamUnreachable)
            return write(.release(evidence))
        }
        // What is no status of HTTP's is no fact to keep.
        let isStatus = (100..<600).contains(status)
        evidence = Evidence(generationID: generationID, status: isStatus ? status : nil)
        if (200..<300).contains(status) {
            state = .relaying
            return .relay
        }
        switch status {
        // The gateway's own key is bad; a member can do nothing about that.
        case 401: ending = .refusal(.upstreamKeyRejected)
        // Nobody follows a redirection with a body that costs money.
        case ..<400, 600...: ending = .upstreamError(status: 502)
        default: ending = .upstreamError(status: status)
        }
        state = .collectingError
        return .collectError
    }

    private mutating func takeReport(_ answer: ChatAnswer) -> Action {
        evidence.generationID = evidence.generationID ?? answer.id
        hasError = hasError || answer.hasError
        hasChoices = hasChoices || answer.hasChoices
        if let seen = answer.usage, seen.cost != nil || usage == nil { usage = seen }
        // Some upstreams count along in every chunk; only what a call cost is worth waiting for.
        return answer.usage?.cost != nil || answer.hasError ? .holdBack : .wait
    }

    private mutating func takeEnd() -> Action {
        switch state {
        case .relaying: write()
        case .collectingError: write(errorOutcome)
        // An end without a head, as after a change of protocol that nobody asked for.
        case .forwarding: takeLoss(.upstreamCutOff)
        case .idle, .recording, .writing, .done: .wait
        }
    }

    /// The connection broke or took too long.
    private mutating func takeLoss(_ refusal: Refusal) -> Action {
        switch state {
        case .forwarding:
            // The request was handed over: whether it was billed is not known.
            ending = .refusal(refusal)
            return write(.keep(evidence))
        case .relaying:
            // With usage in hand only the end mark is missing; without, the answer is not whole.
            if usage?.cost == nil { ending = .refusal(refusal) }
            return write()
        case .collectingError:
            return write(errorOutcome)
        case .idle, .recording, .writing, .done:
            return .wait
        }
    }

    /// An error answer bills nothing – unless it only says that somebody on the way stopped
    /// waiting for a generation that has a name and may have run on.
    private var errorOutcome: Outcome {
        let isTimeout = [408, 504, 524].contains(evidence.status)
        return isTimeout && evidence.generationID != nil ? .keep(evidence) : .release(evidence)
    }

    /// The outcome of an answer that was let through.
    private mutating func write() -> Action {
        if let usage, usage.cost != nil {
            return write(.settle(usage, evidence))
        }
        // An error in place of an answer, with no generation to ask for: nothing ran.
        if hasError, !hasChoices, evidence.generationID == nil { return write(.release(evidence)) }
        return write(.keep(evidence))
    }

    private mutating func write(_ outcome: Outcome) -> Action {
        state = .writing
        return .write(outcome)
    }
}
