import Gateway

/// Where a server listens.
struct ListenAddress: Hashable, Sendable {
    /// A name or an address, an IPv6 address without its brackets.
    var host: String
    /// 0 picks a free one.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8787` or `[::1]:8787`.
    init(_ value: SettingValue) throws(CommandFailure) {
        guard let parts = HostAndPort(value.text), let port = parts.port else {
            throw value.fault("HOST:PORT, such as 127.0.0.1:8787 or [::1]:8787")
        }
        self.init(host: parts.host, port: port)
    }
}

extension UpstreamAddress {
    /// Reads a base URL: `https://openrouter.ai/api/v1`.
    init(_ value: SettingValue, trustedCertificatesFile: String?) throws(CommandFailure) {
        let expected = "a base URL such as https://openrouter.ai/api/v1"
        let isTLS = value.text.hasPrefix("https://")
        guard isTLS || value.text.hasPrefix("http://") else { throw value.fault(expected) }
        let rest = value.text.dropFirst(isTLS ? 8 : 7)
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        let isPlain = path.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPlain, !path.contains("?"), !path.contains("#"),
            let parts = HostAndPort(String(authority)), parts.port != 0
        else { throw value.fault(expected) }
        self.init(
            isTLS: isTLS, host: parts.host, port: parts.port ?? (isTLS ? 443 : 80),
            path: String(path), trustedCertificatesFile: trustedCertificatesFile)
    }
}

/// `HOST`, `HOST:PORT` or `[IPv6]:PORT` in parts.
private struct HostAndPort {
    var host: String
    /// `nil` if none is named.
    var port: Int?

    init?(_ text: String) {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = String(text[text.index(after: text.startIndex)..<end])
            guard host.contains(":"), HostAndPort.hasOnly("0123456789abcdefABCDEF:.%", host) else {
                return nil
            }
            let rest = text[text.index(after: end)...]
            if rest.isEmpty { return }
            guard rest.first == ":", let port = HostAndPort.port(rest.dropFirst()) else {
                return nil
            }
            self.port = port
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        host = String(parts[0])
        let isName = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard parts.count <= 2, !host.isEmpty, isName else { return nil }
        if parts.count == 2 {
            guard let port = HostAndPort.port(parts[1]) else { return nil }
            self.port = port
        }
    }

    private static func hasOnly(_ allowed: String, _ text: String) -> Bool {
        text.allSatisfy(allowed.contains)
    }

    private static func port(_ text: Substring) -> Int? {
        guard let port = UInt16(text), hasOnly("0123456789", String(text)) else { return nil }
        return Int(port)
    }
}
