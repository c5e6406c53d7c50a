import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
package import OpenRouterWire
import Purser

/// OpenRouter's API over HTTP, as far as the gateway itself asks it.
package struct OpenRouterClient: Sendable {
    private let http: HTTPClient
    private let baseURL: String
    private let key: String?

    /// The model list is the largest answer, about a megabyte.
    private static let answerBytesMax = 64 * 1_024 * 1_024

    /// - Parameters:
    ///   - baseURL: with its version and no slash at the end: `https://openrouter.ai/api/v1`.
    ///   - key: an ordinary key; `nil` for what may be asked without one.
    ///   - certificatesFile: trusted instead of the system's; `nil` for the system's.
    package init(baseURL: String, key: String?, certificatesFile: String? = nil) {
        self.baseURL = baseURL
        self.key = key
        var configuration = HTTPClient.Configuration()
        if let certificatesFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(certificatesFile)
            configuration.tlsConfiguration = tls
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes its connections. Call once, when nothing is under way.
    package func shutdown() async throws {
        try await http.shutdown()
    }

    /// An answer with its body read whole.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        /// The body as JSON; `nil` if it is not.
        package var json: JSON? {
            // Whoever asked decides what a body that is not JSON means.
            try? JSON.parse(body)
        }

        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// Why a question has no answer.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Sends one request and reads the whole answer, whatever its status.
    package func send(
        _ method: String, _ path: String, body: String? = nil,
        headers: [(String, String)] = [], seconds: Int64 = 30
    ) async throws(Failure) -> Answer {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = .init(rawValue: method)
        if let key { request.headers.add(name: "authorization", value: "Bearer \(key)") }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        do {
            let response = try await http.execute(request, timeout: .seconds(seconds))
            let bytes = try await response.body.collect(upTo: OpenRouterClient.answerBytesMax)
            return Answer(
                status: Int(response.status.code),
                headers: response.headers.map { ($0.name, $0.value) },
                body: Array(bytes.readableBytesView))
        } catch {
            throw Failure(description: "\(method) \(path) at \(baseURL) failed: \(error)")
        }
    }

    /// The whole model list, as it came and as it reads.
    package func modelList() async throws(Failure) -> (body: String, models: [ListedModel]) {
        let answer = try await send("GET", "/models")
        guard answer.status == 200, let models = answer.json.flatMap(ListedModel.list) else {
            throw Failure(description: "GET /models at \(baseURL) answered \(answer.status)")
        }
        return (String(decoding: answer.body, as: UTF8.self), models)
    }

    /// What one generation cost; `nil` while the upstream does not know it yet.
    package func generation(_ id: String) async throws(Failure) -> GenerationCost? {
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isPlain else {
            throw Failure(description: "a generation's id has characters that none has")
        }
        let answer = try await send("GET", "/generation?id=\(id)")
        if answer.status == 404 { return nil }
        guard answer.status == 200, let cost = answer.json.flatMap(GenerationCost.init) else {
            throw Failure(description: "GET /generation answered \(answer.status)")
        }
        return cost
    }
}
