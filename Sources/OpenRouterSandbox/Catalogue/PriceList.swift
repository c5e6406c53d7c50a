import OpenRouterWire
import Purser

/// What an endpoint charges, as the catalogue publishes it: decimal text, dollars for one unit.
struct PriceList: Sendable {
    /// A price that holds only for long prompts or at certain hours.
    struct Override: Sendable {
        /// Holds when the prompt is strictly longer.
        var minPromptTokens: Int64?
        /// Holds within these hours.
        var hours: Hours?
        var prompt: String?
        var completion: String?
    }

    /// A half-open window of the UTC day as `HHMM`; it may pass midnight.
    struct Hours: Sendable {
        var start: Int
        var end: Int

        func contain(_ clock: Int) -> Bool {
            start <= end ? (start..<end).contains(clock) : clock >= start || clock < end
        }
    }

    /// What each unit costs a particular call.
    struct Rates: Hashable, Sendable {
        var prompt: UnitPrice
        var completion: UnitPrice
        /// A token read from a cache; the prompt's price where none is listed, as with the next.
        var cacheRead: UnitPrice
        var cacheWrite: UnitPrice
        var cacheWriteHour: UnitPrice
        var imageToken: UnitPrice
        /// A token of sound.
        var audio: UnitPrice
        /// A token of thinking; the completion's price where none is listed.
        var reasoning: UnitPrice
        /// One image on top of its tokens, one call, one search: nothing where none is listed.
        var image: UnitPrice
        var request: UnitPrice
        var webSearch: UnitPrice
    }

    var prompt: String
    var completion: String
    /// Further published prices.
    var others: [(name: String, price: String)] = []
    var overrides: [Override] = []
    /// Hundredths taken off every price.
    var discountPercent: Int64 = 0

    /// `nil` where the price is not known in advance, which OpenRouter writes as `-1`.
    ///
    /// Of several overrides that hold, the later wins, price by price.
    func rates(promptTokens: Int64, now: Timestamp) -> Rates? {
        var prompt = self.prompt
        var completion = self.completion
        let clock = PriceList.clock(now)
        for override in overrides {
            if let minimum = override.minPromptTokens, promptTokens <= minimum { continue }
            if let hours = override.hours, !hours.contain(clock) { continue }
            prompt = override.prompt ?? prompt
            completion = override.completion ?? completion
        }
        guard let prompt = UnitPrice(prompt), let completion = UnitPrice(completion) else {
            return nil
        }
        func rate(_ name: String, else other: UnitPrice = .zero) -> UnitPrice {
            discounted(others.first { $0.name == name }.flatMap { UnitPrice($0.price) } ?? other)
        }
        return Rates(
            prompt: discounted(prompt), completion: discounted(completion),
            cacheRead: rate("input_cache_read", else: prompt),
            cacheWrite: rate("input_cache_write", else: prompt),
            cacheWriteHour: rate("input_cache_write_1h", else: prompt),
            imageToken: rate("image_token", else: prompt), audio: rate("audio", else: prompt),
            reasoning: rate("internal_reasoning", else: completion), image: rate("image"),
            request: rate("request"), webSearch: rate("web_search"))
    }

    private func discounted(_ price: UnitPrice) -> UnitPrice {
        UnitPrice(attodollars: price.attodollars * Int128(100 - discountPercent) / 100)
    }

    /// What is listed under that name, as routing compares it with a limit; zero if nothing is.
    func listed(_ name: String) -> UnitPrice {
        others.first { $0.name == name }.flatMap { UnitPrice($0.price) } ?? .zero
    }

    /// The time of the UTC day as `HHMM`.
    private static func clock(_ now: Timestamp) -> Int {
        let day = now.seconds.dividedRoundingDown(by: 86_400)
        let second = Int(now.seconds - day * 86_400)
        return second / 3_600 * 100 + second / 60 % 60
    }

    var isFree: Bool { UnitPrice(prompt) == .zero && UnitPrice(completion) == .zero }

    var json: JSONObject {
        var object = JSONObject([
            ("prompt", .string(prompt)), ("completion", .string(completion)),
        ])
        for other in others { object[other.name] = .string(other.price) }
        if discountPercent > 0 {
            object["discount"] = .number(DecimalText.exact(Int128(discountPercent), places: 2))
        }
        if !overrides.isEmpty { object["overrides"] = .array(overrides.map(\.json)) }
        return object
    }
}

extension PriceList.Override {
    fileprivate var json: JSON {
        var object = JSONObject()
        object["min_prompt_tokens"] = minPromptTokens.map { JSON($0) }
        object["utc_start"] = hours.map { .string(padded($0.start, 4)) }
        object["utc_end"] = hours.map { .string(padded($0.end, 4)) }
        object["prompt"] = prompt.map(JSON.string)
        object["completion"] = completion.map(JSON.string)
        return .object(object)
    }
}
