import OpenRouterWire
import Purser

/// `GET /models`: the upstream's rows, all of them or those a key may use.
enum ModelsReply {
    /// The most rows of one page, as at OpenRouter.
    private static let pageMax = 1_000

    /// - Parameter isFiltered: whether to leave out what would be refused: models outside the
    ///   tier, and those whose cost cannot be bounded.
    static func render(
        _ catalogue: Catalogue, tier: Tier?, isFiltered: Bool, query: String
    ) -> PlainReply {
        if catalogue.isEmpty {
            let refusal = Refusal.catalogueMissing
            return PlainReply(
                status: refusal.status,
                body: ErrorEnvelope.text(status: refusal.status, message: refusal.sentence))
        }
        let models = catalogue.models.filter { model in
            guard isFiltered else { return true }
            return model.prices != nil && model.isTextOnly
                && (tier?.allows(model.id, slug: model.canonicalSlug) ?? true)
        }
        let values = QueryText.values(query)
        let offset = max(0, values["offset"].flatMap { Int($0) } ?? 0)
        let wished = values["limit"].flatMap { Int($0) } ?? models.count
        let limit = min(max(0, wished), values["limit"] == nil ? models.count : pageMax)
        let page = models.dropFirst(offset).prefix(limit)
        let next = offset + page.count
        let hasMore = !page.isEmpty && next < models.count
        let link: JSON =
            hasMore ? .string("/api/v1/models?offset=\(next)&limit=\(limit)") : .null
        let answer: JSON = [
            "data": .array(page.map(\.row)), "total_count": JSON(Int64(models.count)),
            "links": ["next": link],
        ]
        return PlainReply(status: 200, body: answer.text)
    }
}

/// The names and values of a query. Only plain words are ever looked up, so nothing is decoded.
enum QueryText {
    static func values(_ query: String) -> [String: String] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        return values
    }
}
