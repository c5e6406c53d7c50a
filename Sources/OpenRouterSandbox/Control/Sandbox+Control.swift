import OpenRouterWire
import Purser

extension Sandbox {
    /// `GET /sandbox/state`.
    var state: JSON {
        [
            "seed": .number(String(seed)),
            "requests": JSON(requestCount),
            "bill": JSON(account.charged),
            "running": JSON(Int64(openRuns.count)),
            "generations": JSON(generations.total),
            "models_run": .object(
                JSONObject(modelsRun.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })),
            "faults": .array(faults.map(\.json)),
            "settings": behaviour.json,
        ]
    }

    /// `PUT /sandbox/settings`.
    mutating func changeSettings(_ request: SandboxRequest) throws(Refusal) -> JSON {
        try behaviour.merge(try request.json())
        return behaviour.json
    }

    /// `POST /sandbox/faults`.
    mutating func addFault(_ request: SandboxRequest) throws(Refusal) -> SandboxReply.Whole {
        let fault = try Fault(try request.json())
        faults.append(fault)
        return SandboxReply.Whole(status: 201, json: fault.json)
    }

    /// `DELETE /sandbox/faults`.
    mutating func clearFaults() -> JSON {
        let count = faults.count
        faults = []
        return ["cleared": JSON(Int64(count))]
    }

    /// `POST /sandbox/reset`: forgets generations, spend and faults; keys and settings stay.
    ///
    /// Completions that are under way end unbilled.
    mutating func reset() -> JSON {
        requestCount = 0
        modelsRun = [:]
        openRuns = []
        faults = []
        generations = Generations()
        activity = Activity()
        account.forgetSpend()
        return state
    }
}
