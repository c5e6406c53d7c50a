package import Purser

/// The dearest prices a call can meet at one model, conditional prices included.
package struct ModelPrices: Hashable, Sendable {
    /// The listed price of a prompt token.
    package var prompt: UnitPrice
    /// The dearest a token of text can be in a prompt: also when it is written to a cache.
    package var promptDearest: UnitPrice
    /// The dearest any token can be in a prompt that has images or sound; `nil` where such a
    /// price is listed and cannot be read.
    package var mediaDearest: UnitPrice?
    /// One image, on top of its tokens; `nil` where it is listed and cannot be read.
    package var image: UnitPrice?
    /// A token of output or reasoning.
    package var completion: UnitPrice
    /// One call.
    package var request: UnitPrice
    /// One search of the web; `nil` where it is listed and cannot be read.
    package var webSearch: UnitPrice?

    /// Below this many times the prompt's price, what is listed for an image can be meant for one
    /// of its tokens: lists have both, under one name.
    private static let imageTokenPriceRatio: Int128 = 64

    /// `nil` if a price that every call meets is missing or not a price.
    package init?(_ pricing: JSON) {
        let rows = [pricing] + (pricing["overrides"]?.array ?? [])
        /// `nil` if none of them is listed, or one cannot be read.
        func dearest(_ names: String...) -> UnitPrice? {
            var result: UnitPrice?
            for row in rows {
                for name in names {
                    guard let text = row[name]?.string ?? row[name]?.literal else { continue }
                    guard let price = UnitPrice(text) else { return nil }
                    result = max(result ?? price, price)
                }
            }
            return result
        }
        func dearestIfListed(_ names: String...) -> UnitPrice? {
            var result = UnitPrice.zero
            for name in names where rows.contains(where: { $0[name] != nil }) {
                guard let price = dearest(name) else { return nil }
                result = max(result, price)
            }
            return result
        }
        guard let prompt = dearest("prompt"),
            let promptDearest = dearest(
                "prompt", "input_cache_read", "input_cache_write", "input_cache_write_1h"),
            let completion = dearest("completion", "internal_reasoning"),
            let request = dearestIfListed("request")
        else { return nil }
        self.prompt = prompt
        self.promptDearest = promptDearest
        self.completion = completion
        self.request = request
        image = dearestIfListed("image")
        mediaDearest = dearestIfListed("image_token", "audio", "input_audio_cache")
            .map { max($0, promptDearest) }
        if let image, let tokens = mediaDearest,
            image.attodollars <= prompt.attodollars * ModelPrices.imageTokenPriceRatio
        {
            mediaDearest = max(tokens, image)
        }
        webSearch = dearestIfListed("web_search")
    }

    /// The dearest of both in every price; one that cannot be read is dearer than any.
    package func dearest(_ other: ModelPrices) -> ModelPrices {
        func readable(_ one: UnitPrice?, _ another: UnitPrice?) -> UnitPrice? {
            guard let one, let another else { return nil }
            return max(one, another)
        }
        var result = self
        result.prompt = max(prompt, other.prompt)
        result.promptDearest = max(promptDearest, other.promptDearest)
        result.mediaDearest = readable(mediaDearest, other.mediaDearest)
        result.image = readable(image, other.image)
        result.completion = max(completion, other.completion)
        result.request = max(request, other.request)
        result.webSearch = readable(webSearch, other.webSearch)
        return result
    }
}
