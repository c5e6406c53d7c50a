/// Everything that some reader could find in a request, and nothing about whether it may.
package struct Verdict: Hashable, Sendable {
    /// Something that is paid beside text, or chooses a model that nobody named.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case image, audio, video, file, plugin
        case webSearch = "web-search"
        case serverTool = "server-tool"
        case mediaOutput = "media-output"
        case serviceTier = "service-tier"
        /// Content of a kind that nobody here knows.
        case otherContent = "other-content"
        /// A router, a preset, or a plugin or tool that asks another model.
        case otherModel = "other-model"
    }

    /// Names of models, as they are written.
    package var models: Set<String> = []
    /// Whether every reader finds a model; one that finds none takes the account's default.
    package var namesModel = true
    /// The kinds of extra, and where each was first found.
    package var extras: [Kind: String] = [:]
    /// The most output tokens of one answer; `nil` where some reader finds no limit.
    package var outputTokensMax: Int64? = 0
    /// The most answers.
    package var answerCount: Int64 = 1
    /// The providers it is confined to; `nil` where some reader may choose any.
    package var providers: Set<String>?
    /// Providers that no reader would choose.
    package var ignoredProviders: Set<String> = []
    /// Whether every reader keeps to providers that keep nothing.
    package var requiresZeroRetention = false
    /// The words for how much to think.
    package var efforts: Set<String> = []
    /// Whether it asks to think without saying how much.
    package var asksToThink = false
    /// The most tokens of thinking that are named.
    package var thinkingTokens: Int64 = 0
    /// What a strict reader of JSON would not have read at all.
    package var liberties: Set<String> = []
    /// Names of the body's own members, as they are written.
    package var fields: [String] = []

    package init() {}

    mutating func add(_ kind: Kind, _ place: String) {
        extras[kind] = extras[kind] ?? place
    }
}
