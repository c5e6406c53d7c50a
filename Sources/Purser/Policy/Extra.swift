/// What a call may bring or buy whose cost the gateway cannot know, or only know widely.
package enum Extra: String, CaseIterable, Hashable, Sendable {
    case image
    case audio
    case video
    case file
    case webSearch = "web-search"
    case plugin
    case serverTool = "server-tool"
    /// Output other than text.
    case mediaOutput = "media-output"
    /// A service tier dearer than the listed price.
    case serviceTier = "service-tier"
    /// A model without listed prices: its ceiling is for the whole call.
    case unknownPrice = "unknown-price"
}
