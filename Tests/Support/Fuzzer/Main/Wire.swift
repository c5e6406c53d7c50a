import Foundation

/// One connection after the other to a server on this machine, with plain sockets: what is sent
/// stands on the wire as it is, and no client library mends it.
enum Wire {
    /// A debug build on a busy machine answers within that; what waits longer wants more bytes.
    private static let secondsMax = 2

    struct Failure: Error {
        var words: String
    }

    /// Sends the bytes in pieces and reads to the end, or until nothing comes any more.
    static func exchange(_ bytes: [UInt8], port: UInt16, pieces: Int = 1) throws(Failure) -> [UInt8]
    {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(words: "no socket") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: secondsMax, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(words: "nobody listens on port \(port)") }
        let size = max(1, bytes.count / pieces)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            // Whoever refuses early has closed; the answer says why.
            if send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL)) < 0 { break }
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return answer }
            answer += buffer[..<count]
        }
    }

    /// The body of a plain `GET`.
    static func get(_ path: String, port: UInt16) throws(Failure) -> Data {
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let answer = try exchange(Array(request.utf8), port: port)
        let text = Data(answer)
        guard answer.starts(with: Array("HTTP/1.1 200".utf8)),
            let end = text.range(of: Data("\r\n\r\n".utf8))
        else {
            throw Failure(
                words: "GET \(path): \(String(decoding: answer.prefix(80), as: UTF8.self))")
        }
        return text[end.upperBound...]
    }

    /// The status of an answer; `nil` without one.
    static func status(_ answer: [UInt8]) -> Int? {
        guard answer.starts(with: Array("HTTP/1.".utf8)), answer.count > 12 else { return nil }
        return Int(String(decoding: answer[9..<12], as: UTF8.self))
    }
}
