/// Everything that can be set, one row each: the parser, the help and the reference page read
/// this table.
///
/// An option on the command line comes before the environment, and both before the default.
enum Setting: String, CaseIterable, Sendable {
    case database
    case listen
    case console
    case upstream
    case upstreamKey = "upstream-key"
    case managementKey = "management-key"
    case waitSeconds = "wait-seconds"
    case ledgerSeconds = "ledger-seconds"
    case bodyBytesMax = "max-body-bytes"
    case referer
    case title
    case contact
    case trustedCertificates = "trusted-certificates"

    struct Row: Sendable {
        /// Its name in the environment.
        var environment: String
        /// `nil` for nothing.
        var standard: String?
        /// What it decides, and why the default is what it is.
        var sentence: String
        /// Secrets have no option: the command line of a process is for all to read.
        var isSecret = false
    }

    var row: Row {
        switch self {
        case .database:
            Row(
                environment: "PURSER_DATABASE", standard: "purser.db",
                sentence: "The SQLite file with the team and its books.")
        case .listen:
            Row(
                environment: "PURSER_LISTEN", standard: "127.0.0.1:8787",
                sentence: "Where the gateway listens, HOST:PORT; port 0 picks a free one.")
        case .console:
            Row(
                environment: "PURSER_CONSOLE", standard: "127.0.0.1:8788",
                sentence: "Where the console listens, HOST:PORT; port 0 picks a free one.")
        case .upstream:
            Row(
                environment: "OPENROUTER_BASE_URL", standard: "https://openrouter.ai/api/v1",
                sentence: "The upstream's base URL, OpenRouter or something that speaks like it.")
        case .upstreamKey:
            Row(
                environment: "OPENROUTER_API_KEY",
                sentence: "The key that calls are forwarded with.", isSecret: true)
        case .managementKey:
            Row(
                environment: "PURSER_MANAGEMENT_KEY",
                sentence: "Purser's own management key, in place of one minted by init.",
                isSecret: true)
        case .waitSeconds:
            Row(
                environment: "PURSER_WAIT_SECONDS", standard: "30",
                sentence: "How long a call may wait for money that calls in flight hold; "
                    + "shorter than most clients' patience.")
        case .ledgerSeconds:
            Row(
                environment: "PURSER_LEDGER_SECONDS", standard: "30",
                sentence: "How long the ledger may fail before the gateway ends; calls are refused "
                    + "meanwhile.")
        case .bodyBytesMax:
            Row(
                environment: "PURSER_MAX_BODY_BYTES", standard: "33554432",
                sentence: "The most bytes of one request; 32 MiB carry a long prompt with images.")
        case .referer:
            Row(
                environment: "PURSER_REFERER",
                sentence: "The page named upstream as HTTP-Referer when the client names none.")
        case .title:
            Row(
                environment: "PURSER_TITLE", standard: "purser",
                sentence: "The application named upstream when the client names none.")
        case .contact:
            Row(
                environment: "PURSER_CONTACT",
                sentence: "Whom members may ask about a refusal: a name, an address, a page.")
        case .trustedCertificates:
            Row(
                environment: "SSL_CERT_FILE",
                sentence: "A PEM file of certificates to trust instead of the system's.")
        }
    }

    /// How it is written on the command line; `nil` for a secret.
    var option: String? { row.isSecret ? nil : "--\(rawValue)" }

    /// The sentence, the environment's name and the default, for `--help`.
    var help: String {
        let standard = row.standard.map { ", else \($0)" } ?? ""
        return "\(row.sentence) (default: $\(row.environment)\(standard))"
    }
}
