import Purser

/// The `provider` field: which providers may serve, in which order, at what price.
enum ProviderWishes {
    private enum Shape { case flag, names, word, prices, free }

    /// The members that are known; any other is left out.
    private static let shapes: [String: Shape] = [
        "allow_fallbacks": .flag, "require_parameters": .flag, "zdr": .flag,
        "enforce_distillable_text": .flag, "data_collection": .word, "order": .names,
        "only": .names, "ignore": .names, "quantizations": .names, "max_price": .prices,
        // They choose among those that may serve, by what was measured of them.
        "sort": .free, "preferred_min_throughput": .free, "preferred_max_latency": .free,
    ]

    private static let priceNames: Set<String> = [
        "prompt", "completion", "request", "image", "audio",
    ]

    /// What is known of a client's wishes. Throws where one of them is not what it should be.
    static func read(_ object: JSONObject) throws -> JSONObject {
        var wishes: [(String, JSON)] = []
        for member in object.members {
            guard let shape = shapes[member.name] else { continue }
            if member.value.isNull { continue }
            wishes.append((member.name, try read(member.name, member.value, shape)))
        }
        return JSONObject(wishes)
    }

    private static func read(_ name: String, _ value: JSON, _ shape: Shape) throws -> JSON {
        let isRight: Bool
        switch shape {
        case .free: return value
        case .flag: isRight = value.bool != nil
        case .word: isRight = value == "allow" || value == "deny"
        case .names: isRight = value.array?.allSatisfy { $0.string != nil } ?? false
        case .prices:
            let prices = value.object?.keeping(priceNames)
            isRight = prices?.members.allSatisfy { isPrice($0.value) } ?? false
            if let prices, isRight { return .object(prices) }
        }
        guard isRight else {
            throw ChatRequest.Fault("\"provider.\(name)\" is not what it should be.")
        }
        return value
    }

    private static func isPrice(_ value: JSON) -> Bool {
        guard !value.isNull else { return true }
        return (value.literal ?? value.string).flatMap {
            DecimalText.scaled($0, places: UnitPrice.places, rounding: .up)
        } != nil
    }

    /// The client's wishes under the rules of `forwarding`; `nil` if there is nothing to write.
    static func written(_ own: JSONObject?, for forwarding: Forwarding) -> JSONObject? {
        var wishes = own ?? JSONObject()
        if let only = forwarding.providersOnly {
            wishes["only"] = .array(only.map(JSON.string))
            if let order = wishes["order"]?.array {
                let kept = order.filter { name in only.contains { covers($0, name.string ?? "") } }
                wishes["order"] = kept.isEmpty ? nil : .array(kept)
            }
        }
        if !forwarding.providersIgnored.isEmpty {
            var ignored = wishes["ignore"]?.array ?? []
            for name in forwarding.providersIgnored where !ignored.contains(.string(name)) {
                ignored.append(.string(name))
            }
            wishes["ignore"] = .array(ignored)
        }
        if forwarding.requiresZeroRetention {
            wishes["zdr"] = true
            wishes["data_collection"] = "deny"
        }
        limitPrices(&wishes, to: forwarding.prices)
        return wishes.members.isEmpty ? nil : wishes
    }

    /// Whether an allowed provider is the one named: itself, or one of its regions.
    private static func covers(_ allowed: String, _ name: String) -> Bool {
        let (allowed, name) = (allowed.lowercased(), name.lowercased())
        return name == allowed || name.hasPrefix(allowed + "/")
    }

    /// Sets price limits no higher than what the hold was computed with.
    private static func limitPrices(_ wishes: inout JSONObject, to limits: PriceLimits) {
        if limits == PriceLimits() { return }
        var prices = wishes["max_price"]?.object ?? JSONObject(reserving: priceNames.count)
        func limit(_ name: String, to price: UnitPrice?, isPerMillion: Bool) {
            guard let price else { return }
            let places = UnitPrice.places - (isPerMillion ? 6 : 0)
            let wished = prices[name].flatMap { $0.literal ?? $0.string }
                .flatMap { DecimalText.scaled($0, places: places, rounding: .up) }
            if let wished, wished >= 0, wished < price.attodollars { return }
            prices[name] = .string(isPerMillion ? price.perMillion : price.description)
        }
        // A price per token is given for a million of them, any other as it is listed.
        limit("prompt", to: limits.prompt, isPerMillion: true)
        limit("completion", to: limits.completion, isPerMillion: true)
        limit("request", to: limits.request, isPerMillion: false)
        limit("image", to: limits.image, isPerMillion: false)
        limit("audio", to: limits.audio, isPerMillion: false)
        wishes["max_price"] = .object(prices)
    }
}
