import NIOHTTP1
import Purser

extension HTTPHeaders {
    /// How a limit stands, in OpenAI's headers.
    ///
    /// - Parameter name: `requests` or `tokens`.
    mutating func add(_ standing: RateBook.Standing, of name: String) {
        replaceOrAdd(name: "x-ratelimit-limit-\(name)", value: String(standing.limit))
        replaceOrAdd(name: "x-ratelimit-remaining-\(name)", value: String(standing.remaining))
        replaceOrAdd(name: "x-ratelimit-reset-\(name)", value: "\(standing.resetSeconds)s")
    }

    /// The limit that stopped a call, in OpenRouter's headers.
    mutating func add(_ shortfall: RateShortfall, at now: Timestamp) {
        // What is kept for others is not left for the one who reads this.
        let isUsedUp = shortfall.isShared || shortfall.used >= shortfall.limit
        let left = isUsedUp ? 0 : shortfall.limit - shortfall.used
        let reset = now.adding(seconds: Int64(shortfall.retryAfterSeconds))
        replaceOrAdd(name: "x-ratelimit-limit", value: String(shortfall.limit))
        replaceOrAdd(name: "x-ratelimit-remaining", value: String(left))
        replaceOrAdd(name: "x-ratelimit-reset", value: String(reset.milliseconds))
    }
}
