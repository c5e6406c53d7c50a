package import Credentials

/// What the data plane is told at start.
package struct GatewaySettings: Sendable {
    /// Where completions go.
    package var upstream: UpstreamAddress
    /// The key used for members without one of their own.
    package var upstreamKey: Secret
    /// The most bytes a request's body may have.
    package var bodyBytesMax = 32 * 1_024 * 1_024
    /// How long a call may wait for calls in flight to give back what they hold.
    package var waitSecondsMax: Int64 = 30
    /// How long a request may take to arrive without a byte of progress.
    package var requestSecondsMax: Int64 = 30
    /// How long a request may take to arrive in all: 32 MiB over a slow line.
    package var requestSecondsInAllMax: Int64 = 600
    /// How long a connection may stay open without a request: longer than any client pools one.
    package var idleSecondsMax: Int64 = 120
    /// How long the upstream may take to its first byte: thinking models are slow.
    package var firstByteSecondsMax: Int64 = 600
    /// How long the upstream may be silent inside an answer; it sends comments when it is busy.
    package var silenceSecondsMax: Int64 = 180
    /// How long an answer is read on after its client left, to learn what it cost.
    package var drainSecondsMax: Int64 = 300
    /// How many answers are read on at once; beyond that the upstream is left and asked later.
    package var drainsMax: Int64 = 1_000
    /// The page sent upstream as `HTTP-Referer` when the client names none; `nil` for none.
    package var referer: String?
    /// Whom a member may ask about a refusal; `nil` if nobody is named.
    package var contact: String?
    /// The application named upstream when the client names none.
    package var app = "purser"

    package init(upstream: UpstreamAddress, upstreamKey: Secret) {
        self.upstream = upstream
        self.upstreamKey = upstreamKey
    }
}

/// An upstream's base URL in parts.
package struct UpstreamAddress: Hashable, Sendable {
    package var isTLS: Bool
    package var host: String
    package var port: Int
    /// Without a slash at its end: `/api/v1`.
    package var path: String
    /// A file of certificates to trust instead of the system's; `nil` for the system's.
    package var trustedCertificatesFile: String?

    package init(
        isTLS: Bool, host: String, port: Int, path: String, trustedCertificatesFile: String? = nil
    ) {
        self.isTLS = isTLS
        self.host = host
        self.port = port
        self.path = path
        self.trustedCertificatesFile = trustedCertificatesFile
    }

    /// What the `Host` header says.
    var hostHeader: String {
        port == (isTLS ? 443 : 80) ? host : "\(host):\(port)"
    }
}
