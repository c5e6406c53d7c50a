import Metering
import OpenRouterWire
import Purser

/// What is in the memory of the gateway's process: all of it is gone with a crash.
struct SimulatedGateway {
    var treasury: Treasury
    var roster: Roster
    var exchanges: [Int: SimulatedExchange] = [:]
    /// Which exchange waits under which ticket.
    var waiting: [ID<Attempt>: Int] = [:]
    var nextAttempt: Int64
    /// How many writes have not been answered.
    var unheard = 0
    var newest: Int64 = 0
    /// How often the disk was found broken in a row.
    var failedProbes = 0
}

/// One completion on its way, as the gateway's own exchange has it.
struct SimulatedExchange {
    var request: ChatRequest
    var identity: Identity
    var passage = Passage()
    var admitted: Admitted?
    var isClientHere = true
    /// What it is told if calls in flight keep the money; `nil` when it does not wait.
    var shortfall: Refusal?
    /// Whether the bytes of the answer stay here.
    var isHeldBack = false
    /// Whether its entry is on its way.
    var isBooked = false
    var judgements = 0
    /// The call at the upstream; `nil` without a connection.
    var run: ID<Attempt>?
    /// What the answer told the client that it cost.
    var reported: USD?
}
