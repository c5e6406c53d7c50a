import OpenRouterWire

/// How the sandbox behaves; `PUT /sandbox/settings` changes it while it runs.
struct Behaviour: Hashable, Sendable {
    /// Where a stream says what it cost; OpenRouter has been seen doing each of these.
    enum UsageShape: String, CaseIterable, Sendable {
        /// A last chunk repeats the finish reason with an empty delta (2026).
        case repeatFinish = "repeat_finish"
        /// A last chunk has no choices (2026).
        case emptyChoices = "empty_choices"
        /// A last chunk has an empty delta and no finish reason (2025).
        case nullFinish = "null_finish"
        /// The chunk with the finish reason has it.
        case onFinish = "on_finish"
    }

    /// The pause before an answer begins.
    var latency: Duration
    /// The pause before each chunk of a stream.
    var chunkInterval: Duration
    /// How long `GET /generation` does not know a finished generation.
    var generationLag: Duration
    var usageShape = UsageShape.repeatFinish
    /// Whether streams carry `: OPENROUTER PROCESSING` lines.
    var hasComments = true
    /// What an exhausted key gets: 403, as observed, or 402, as documented.
    var keyLimitStatus = 403
    /// Whether costs print as binary floating point would have them.
    var hasFloatNoise = true

    init(_ settings: SandboxSettings) {
        latency = settings.latency
        chunkInterval = settings.chunkInterval
        generationLag = settings.generationLag
    }

    /// Takes over what `body` mentions; nothing if any of it is wrong.
    mutating func merge(_ body: JSON) throws(Refusal) {
        guard let members = body.object?.members else {
            throw .invalid("the body must be a JSON object")
        }
        var result = self
        for member in members { try result.set(member.name, member.value) }
        self = result
    }

    private mutating func set(_ name: String, _ value: JSON) throws(Refusal) {
        switch name {
        case "latency_ms": latency = try Behaviour.pause(name, value)
        case "chunk_ms": chunkInterval = try Behaviour.pause(name, value)
        case "generation_lag_ms": generationLag = try Behaviour.pause(name, value)
        case "usage_shape":
            guard let shape = value.string.flatMap(UsageShape.init(rawValue:)) else {
                let choice = UsageShape.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("usage_shape must be one of \(choice)")
            }
            usageShape = shape
        case "comments": hasComments = try Behaviour.flag(name, value)
        case "float_noise": hasFloatNoise = try Behaviour.flag(name, value)
        case "key_limit_status":
            guard let status = value.integer, [402, 403].contains(status) else {
                throw .invalid("key_limit_status must be 402 or 403")
            }
            keyLimitStatus = Int(status)
        default: throw .invalid("\(name) is not a setting")
        }
    }

    private static func pause(_ name: String, _ value: JSON) throws(Refusal) -> Duration {
        // An hour outlasts every client's patience.
        guard let milliseconds = value.integer, (0...3_600_000).contains(milliseconds) else {
            throw .invalid("\(name) must be a whole number of milliseconds, at most an hour")
        }
        return .milliseconds(milliseconds)
    }

    private static func flag(_ name: String, _ value: JSON) throws(Refusal) -> Bool {
        guard let flag = value.bool else { throw .invalid("\(name) must be true or false") }
        return flag
    }

    var json: JSON {
        [
            "latency_ms": JSON(latency.milliseconds), "chunk_ms": JSON(chunkInterval.milliseconds),
            "generation_lag_ms": JSON(generationLag.milliseconds),
            "usage_shape": .string(usageShape.rawValue), "comments": .bool(hasComments),
            "key_limit_status": JSON(Int64(keyLimitStatus)), "float_noise": .bool(hasFloatNoise),
        ]
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
