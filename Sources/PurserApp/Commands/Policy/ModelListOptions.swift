import ArgumentParser
import Gateway
import OpenRouter
import OpenRouterWire
import Purser
import Storage

/// Where a command takes the list of models and prices from.
struct ModelListOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Ask this upstream for its models and prices. (default: the list that the gateway kept; \
            without one, $OPENROUTER_BASE_URL, else https://openrouter.ai/api/v1)
            """, valueName: "url"))
    var upstream: String?

    @Option(help: ArgumentHelp(Setting.trustedCertificates.help, valueName: "file"))
    var trustedCertificates: String?

    /// The list that `--upstream` gives, else the one that is kept, else the upstream's.
    func list(in books: Books, from source: SettingSource = .process) async throws -> KnownModels {
        if upstream == nil, let kept = try books.models.modelList() {
            // It was read when it was kept; an empty one is refused below.
            let models = (try? JSON.parse(kept.body)).flatMap(ListedModel.list)
            if let models, !models.isEmpty {
                return KnownModels(
                    catalogue: Catalogue(models), fetchedAt: kept.fetchedAt,
                    origin: "kept by the gateway")
            }
        }
        return try await fetch(at: books.now, from: source)
    }

    private func fetch(at now: Timestamp, from source: SettingSource) async throws -> KnownModels {
        guard let value = source.value(of: .upstream, option: upstream) else {
            throw CommandFailure(.usage, "\(Setting.upstream.row.environment) is not set")
        }
        let address = try UpstreamAddress(
            value,
            trustedCertificatesFile: source.value(
                of: .trustedCertificates, option: trustedCertificates)?.text)
        let client = OpenRouterClient(
            baseURL: address.url, key: source.value(of: .upstreamKey)?.text,
            certificatesFile: address.trustedCertificatesFile)
        let answer: Result<[ListedModel], OpenRouterClient.Failure>
        do throws(OpenRouterClient.Failure) {
            answer = .success(try await client.modelList().models)
        } catch {
            answer = .failure(error)
        }
        try await client.shutdown()
        switch answer {
        case .success(let models) where !models.isEmpty:
            return KnownModels(
                catalogue: Catalogue(models), fetchedAt: now, origin: "from \(address.url)")
        case .success: throw failure("the list at \(address.url) is empty")
        case .failure(let failure): throw self.failure(failure.description)
        }
    }

    private func failure(_ reason: String) -> CommandFailure {
        CommandFailure(
            .failed, "no models and prices to judge by: \(reason)",
            hint: "purser serve keeps the list; or name where one is: --upstream URL")
    }
}

/// Models and prices, and since when they are what they are.
struct KnownModels: Sendable {
    var catalogue: Catalogue
    var fetchedAt: Timestamp
    /// In words, behind the instant.
    var origin: String

    var words: String { "Models and prices of \(fetchedAt), \(origin)." }
}
