import OpenRouterWire
import Purser

/// What a request's `provider` field asks of the routing.
struct RoutingWish: Sendable {
    var order: [String] = []
    var only: [String]?
    var ignore: [String] = []
    var allowsFallbacks = true
    var wantsCheapest = false
    /// Attodollars for one token.
    var promptMax: Int128?
    var completionMax: Int128?
    /// Attodollars for one call, one image and one token of sound, by the names they are listed
    /// under.
    var unitMax: [String: Int128] = [:]

    init(_ body: JSON) throws(Refusal) {
        guard let members = try body.field("provider", \.object, "an object") else { return }
        let fields = JSON.object(members)
        order = try fields.names("order") ?? []
        only = try fields.names("only")
        ignore = try fields.names("ignore") ?? []
        allowsFallbacks = try fields.field("allow_fallbacks", \.bool, "true or false") ?? true
        wantsCheapest = fields["sort"] == "price" || fields["sort"]?["by"] == "price"
        if let ceiling = try fields.field("max_price", \.object, "an object").map(JSON.object) {
            promptMax = try ceiling.price("prompt", units: 1_000_000)
            completionMax = try ceiling.price("completion", units: 1_000_000)
            for name in ["request", "image", "audio"] {
                unitMax[name] = try ceiling.price(name, units: 1)
            }
        }
    }

    /// The endpoint that serves, of those the model has.
    func endpoint(
        of model: Model, variant: Variant, promptTokens: Int64, now: Timestamp
    ) throws(Refusal) -> Endpoint {
        var candidates = model.endpoints.filter { endpoint in
            (only?.contains(where: endpoint.answers) ?? true)
                && !ignore.contains(where: endpoint.answers)
        }
        let preferred = order.compactMap { name in candidates.first { $0.answers(to: name) } }
        if !order.isEmpty {
            let others = candidates.filter { candidate in
                !preferred.contains { $0.tag == candidate.tag }
            }
            candidates = allowsFallbacks ? preferred + others : preferred
        }
        guard !candidates.isEmpty else {
            throw Refusal(
                404, "No allowed providers are available for the selected model.",
                namesUser: true)
        }
        candidates = candidates.filter { fits($0, promptTokens: promptTokens, now: now) }
        if wantsCheapest || variant == .floor {
            candidates.sort {
                price($0, promptTokens, now) < price($1, promptTokens, now)
            }
        }
        guard let endpoint = candidates.first else {
            throw Refusal(
                404, "No endpoints found that satisfy the max price for this request",
                metadata: ["failed_routing_step": "Filter by Max Price"], namesUser: true)
        }
        return endpoint
    }

    private func fits(_ endpoint: Endpoint, promptTokens: Int64, now: Timestamp) -> Bool {
        guard let rates = endpoint.prices.rates(promptTokens: promptTokens, now: now) else {
            return false
        }
        return (promptMax.map { rates.prompt.attodollars <= $0 } ?? true)
            && (completionMax.map { rates.completion.attodollars <= $0 } ?? true)
            && unitMax.allSatisfy { endpoint.prices.listed($0.key).attodollars <= $0.value }
    }

    private func price(_ endpoint: Endpoint, _ promptTokens: Int64, _ now: Timestamp) -> Int128 {
        let rates = endpoint.prices.rates(promptTokens: promptTokens, now: now)
        return rates.map { $0.prompt.attodollars + $0.completion.attodollars } ?? .max
    }
}

extension JSON {
    fileprivate func names(_ name: String) throws(Refusal) -> [String]? {
        guard let value = self[name], !value.isNull else { return nil }
        let elements = value.array ?? [value]
        let names = elements.compactMap(\.string)
        guard value.array != nil, names.count == elements.count else {
            throw .invalid("provider.\(name) must be an array of strings")
        }
        return names
    }

    /// A ceiling in dollars for so many units, as a string or a number.
    fileprivate func price(_ name: String, units: Int128) throws(Refusal) -> Int128? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let text = value.literal ?? value.string,
            let price = DecimalText.scaled(text, places: UnitPrice.places, rounding: .halfEven)
        else { throw .invalid("provider.max_price.\(name) must be a price") }
        return price / units
    }
}
