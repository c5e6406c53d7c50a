import Credentials
import OpenRouterWire
package import Purser

/// OpenRouter as far as a team needs it, as one value: requests go in, answers come out.
///
/// It reads no clock and opens no socket; ``SandboxServer`` puts it on the network. What it does
/// depends on its seed, the requests so far and the instants it is given, on nothing else.
package struct Sandbox: Sendable {
    let seed: UInt64
    var behaviour: Behaviour
    var account: Account
    var faults: [Fault] = []
    var generations = Generations()
    var activity = Activity()
    /// Completions under way: each is billed once, when it ends.
    var openRuns: Set<String> = []
    /// Chat completions that arrived, whatever came of them.
    var requestCount: Int64 = 0
    /// How often each model really ran.
    var modelsRun: [String: Int64] = [:]
    /// What arrived to be run.
    var witness = Witness()
    var generator: SeededGenerator

    /// The secrets to use it with.
    package let key: String
    package let managementKey: String

    package init(_ settings: SandboxSettings, now: Timestamp) {
        seed = settings.seed
        behaviour = Behaviour(settings)
        generator = SeededGenerator(seed: settings.seed)
        let minted = (
            Secret.mint(.openRouter, using: &generator), Secret.mint(.openRouter, using: &generator)
        )
        let ordinary = settings.key.map { Secret($0) } ?? minted.0
        let management = settings.managementKey.map { Secret($0) } ?? minted.1
        key = ordinary.reveal()
        managementKey = management.reveal()
        account = Account(credits: settings.credits, management: management, now: now)
        account.add(SandboxKey(secret: ordinary, name: "sandbox", createdAt: now))
    }

    /// The exact total the account was charged.
    package var bill: USD { account.charged }

    /// Answers one request.
    package mutating func answer(_ request: SandboxRequest, now: Timestamp) -> SandboxReply {
        do throws(Refusal) {
            let segments = request.path.split(separator: "/").map(String.init)
            switch segments.first {
            case "sandbox":
                return .whole(try control(segments.dropFirst(), request))
            case "api" where segments.dropFirst().first == "v1":
                // Whatever could run, by whatever path.
                if request.method == "POST", segments.last != "keys" { witness.record(request) }
                return try route(segments.dropFirst(2), request, now: now)
            default:
                throw .noSuchPath(request.path)
            }
        } catch {
            return .whole(error.reply)
        }
    }

    /// Bills a completion that has ended; a second call for the same one does nothing.
    package mutating func settle(_ run: Run, _ ending: Run.Ending, now: Timestamp) {
        guard openRuns.remove(run.id) != nil else { return }
        let generation = Generation(run, ending, now: now)
        account.charge(generation.bill.cost.charge, to: run.key, at: now)
        activity.add(generation, key: run.key)
        generations.add(generation)
    }
}
