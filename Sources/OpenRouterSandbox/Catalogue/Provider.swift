import OpenRouterWire

/// A company that runs models.
struct Provider: Hashable, Sendable {
    var name: String
    var slug: String
    /// Whether closing the connection stops the work and the bill.
    var stopsWhenLeft: Bool
    var country: String
    var site: String

    static let openAI = Provider(
        name: "OpenAI", slug: "openai", stopsWhenLeft: true, country: "US", site: "openai.com")
    static let azure = Provider(
        name: "Azure", slug: "azure", stopsWhenLeft: true, country: "US", site: "azure.com")
    static let anthropic = Provider(
        name: "Anthropic", slug: "anthropic", stopsWhenLeft: true, country: "US",
        site: "anthropic.com")
    static let google = Provider(
        name: "Google", slug: "google-vertex", stopsWhenLeft: false, country: "US",
        site: "cloud.google.com")
    static let deepSeek = Provider(
        name: "DeepSeek", slug: "deepseek", stopsWhenLeft: true, country: "CN",
        site: "deepseek.com")
    static let alibaba = Provider(
        name: "Alibaba", slug: "alibaba", stopsWhenLeft: false, country: "SG",
        site: "alibabacloud.com")
    static let cohere = Provider(
        name: "Cohere", slug: "cohere", stopsWhenLeft: true, country: "CA", site: "cohere.com")
    static let perplexity = Provider(
        name: "Perplexity", slug: "perplexity", stopsWhenLeft: false, country: "US",
        site: "perplexity.ai")

    static let all = [
        openAI, azure, anthropic, google, deepSeek, alibaba, cohere, perplexity,
    ]

    var json: JSON {
        [
            "name": .string(name), "slug": .string(slug),
            "privacy_policy_url": .string("https://\(site)/privacy"),
            "terms_of_service_url": .string("https://\(site)/terms"),
            "status_page_url": .null,
            "headquarters": .string(country), "datacenters": [.string(country)],
        ]
    }
}

/// One provider's offer of one model.
struct Endpoint: Sendable {
    var provider: Provider
    /// What `provider.only` and its like may name besides the slug.
    var tag: String
    var prices: PriceList

    /// Whether a name in a request's `provider` field means this endpoint.
    func answers(to name: String) -> Bool {
        let name = name.lowercased()
        return [provider.slug, provider.name.lowercased(), tag].contains(name)
    }
}
