package import Purser

/// How a sandbox starts; what of it can change later is in ``Behaviour``.
package struct SandboxSettings: Sendable {
    /// The same seed, requests and clock give the same keys, ids and answers.
    package var seed: UInt64
    /// The pause between a request and the first token of its answer.
    package var latency: Duration
    /// The pause before each chunk of a stream.
    package var chunkInterval: Duration
    /// How long a finished generation cannot be looked up yet.
    package var generationLag: Duration
    /// The first ordinary key's secret; `nil` mints one from the seed.
    package var key: String?
    /// The management key's secret; `nil` mints one from the seed.
    package var managementKey: String?
    /// What the account has bought.
    package var credits: USD

    package init(
        seed: UInt64 = 1,
        latency: Duration = .zero,
        chunkInterval: Duration = .zero,
        generationLag: Duration = .milliseconds(500),
        key: String? = nil,
        managementKey: String? = nil,
        credits: USD = .dollars(1_000)
    ) {
        self.seed = seed
        self.latency = latency
        self.chunkInterval = chunkInterval
        self.generationLag = generationLag
        self.key = key
        self.managementKey = managementKey
        self.credits = credits
    }
}
