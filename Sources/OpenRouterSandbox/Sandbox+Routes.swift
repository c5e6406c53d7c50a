import OpenRouterWire
import Purser

extension Sandbox {
    /// The API under `/api/v1`.
    mutating func route(
        _ path: ArraySlice<String>, _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> SandboxReply {
        switch Array(path) {
        case ["chat", "completions"]:
            try request.require("POST")
            return try complete(request, now: now)
        case ["models"]:
            return try get(request) { _ throws(Refusal) in try Catalogue.listing(request) }
        case ["models", "count"]:
            return try get(request) { _ throws(Refusal) in Catalogue.count(request) }
        case let names where names.count == 4 && names[0] == "models" && names[3] == "endpoints":
            return try get(request) { _ throws(Refusal) in
                try Catalogue.endpoints(names[1], names[2])
            }
        case ["models", "user"]:
            // Nobody's preferences narrow the list here, but it takes a key.
            return try get(request) { sandbox throws(Refusal) in
                _ = try sandbox.account.caller(of: request, now: now)
                return try Catalogue.listing(request)
            }
        case let names where names.count == 3 && names[0] == "model":
            return try get(request) { _ throws(Refusal) in
                try Catalogue.model(names[1], names[2])
            }
        case ["providers"]:
            return try get(request) { _ throws(Refusal) in Catalogue.providers }
        case ["key"], ["auth", "key"]:
            return try get(request) { sandbox throws(Refusal) in
                try sandbox.currentKey(request, now: now)
            }
        case ["generation"]:
            return try get(request) { sandbox throws(Refusal) in
                try sandbox.generation(request, now: now)
            }
        case ["credits"]:
            return try manage(request, now: now) { sandbox throws(Refusal) in sandbox.credits }
        case ["activity"]:
            return try manage(request, now: now) { sandbox throws(Refusal) in
                try sandbox.listActivity(request, now: now)
            }
        case ["keys"]:
            return .whole(try keys(request, now: now))
        case let names where names.count == 2 && names[0] == "keys":
            return .whole(try key(names[1], request, now: now))
        default:
            throw .noSuchPath(request.path)
        }
    }

    private func get(
        _ request: SandboxRequest, _ read: (Sandbox) throws(Refusal) -> JSON
    ) throws(Refusal) -> SandboxReply {
        try request.require("GET")
        return .whole(SandboxReply.Whole(json: try read(self)))
    }

    private func manage(
        _ request: SandboxRequest, now: Timestamp, _ read: (Sandbox) throws(Refusal) -> JSON
    ) throws(Refusal) -> SandboxReply {
        try request.require("GET")
        try account.requireManagement(request, now: now)
        return .whole(SandboxReply.Whole(json: try read(self)))
    }

    private mutating func keys(
        _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> SandboxReply.Whole {
        try request.require("GET", "POST")
        try account.requireManagement(request, now: now)
        if request.method == "POST" { return try createKey(request, now: now) }
        return SandboxReply.Whole(json: try listKeys(request, now: now))
    }

    private mutating func key(
        _ hash: String, _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> SandboxReply.Whole {
        try request.require("GET", "PATCH", "DELETE")
        try account.requireManagement(request, now: now)
        switch request.method {
        case "PATCH":
            return SandboxReply.Whole(json: try changeKey(hash, request, now: now))
        case "DELETE":
            return SandboxReply.Whole(json: try deleteKey(hash))
        default:
            return SandboxReply.Whole(json: ["data": try key(hash).json(at: now)])
        }
    }

    /// `GET /generation`: any key of the account may ask, once the record is there.
    private func generation(
        _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> JSON {
        _ = try account.caller(of: request, now: now)
        guard let id = request.parameter("id") else { throw .invalid("id is required") }
        let lag = behaviour.generationLag.milliseconds
        guard let generation = generations[id],
            generation.endedAt.milliseconds + lag <= now.milliseconds
        else { throw Refusal(404, "Generation \(id) not found") }
        return generation.json
    }

    /// The controls under `/sandbox`, which need no key.
    mutating func control(
        _ path: ArraySlice<String>, _ request: SandboxRequest
    ) throws(Refusal) -> SandboxReply.Whole {
        switch Array(path) {
        case ["state"]:
            try request.require("GET")
            return SandboxReply.Whole(json: state)
        case ["settings"]:
            try request.require("GET", "PUT")
            return SandboxReply.Whole(
                json: request.method == "PUT" ? try changeSettings(request) : behaviour.json)
        case ["faults"]:
            try request.require("GET", "POST", "DELETE")
            switch request.method {
            case "POST": return try addFault(request)
            case "DELETE": return SandboxReply.Whole(json: clearFaults())
            default: return SandboxReply.Whole(json: .array(faults.map(\.json)))
            }
        case ["verdicts"]:
            try request.require("GET")
            let number = try request.integer("after", in: 0...Int.max) ?? 0
            return SandboxReply.Whole(json: witness.verdicts(after: Int64(number)))
        case ["reset"]:
            try request.require("POST")
            return SandboxReply.Whole(json: reset())
        default:
            throw .noSuchPath(request.path)
        }
    }
}

extension SandboxRequest {
    fileprivate func require(_ methods: String...) throws(Refusal) {
        guard methods.contains(method) else { throw .wrongMethod(method, allowed: methods) }
    }
}
