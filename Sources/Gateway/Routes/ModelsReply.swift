import Metering
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
        var rows: [JSON]
        if isFiltered {
            rows = catalogue.models.filter { mayRun($0, tier) }.map(\.row)
            rows += tier.map { aliasRows(of: $0, in: catalogue) } ?? []
        } else {
            rows = catalogue.models.map(\.row)
        }
        let values = QueryText.values(query)
        let offset = max(0, values["offset"].flatMap { Int($0) } ?? 0)
        let wished = values["limit"].flatMap { Int($0) } ?? rows.count
        let limit = min(max(0, wished), values["limit"] == nil ? rows.count : pageMax)
        let page = rows.dropFirst(offset).prefix(limit)
        let next = offset + page.count
        let hasMore = !page.isEmpty && next < rows.count
        let link: JSON =
            hasMore ? .string("/api/v1/models?offset=\(next)&limit=\(limit)") : .null
        let answer: JSON = [
            "data": .array(Array(page)), "total_count": JSON(Int64(rows.count)),
            "links": ["next": link],
        ]
        return PlainReply(status: 200, body: answer.text)
    }
}

extension ModelsReply {
    private static func mayRun(_ model: ListedModel, _ tier: Tier?) -> Bool {
        guard model.prices != nil, model.isTextOnly else { return false }
        return tier.map { $0.refusal(of: model, called: model.id) == nil } ?? true
    }

    /// The tier's own names, each as the row of what it stands for.
    private static func aliasRows(of tier: Tier, in catalogue: Catalogue) -> [JSON] {
        tier.aliases.sorted { $0.key < $1.key }.compactMap { alias, target in
            guard let model = catalogue[target], mayRun(model, tier), var row = model.row.object
            else { return nil }
            row["id"] = .string(alias)
            return .object(row)
        }
    }
}

/// The names and values of a query. Only plain words are ever looked up, so nothing is decoded.
enum QueryText {
    static func values(_ query: String) -> [String: String] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        return values
    }
}
