import NIOCore
import OpenRouterWire
import Testing

@testable import Gateway

struct RelayTests {
    private static let plain = "data: {\"choices\":[]}\n\n"
    private static let report = "data: {\"id\":\"g\",\"usage\":{\"cost\":1}}\n\n"
    private static let done = "data: [DONE]\n\n"

    /// Feeds a stream in pieces and keeps back from the first report on, as an exchange does.
    private func relay(_ text: String, pieces: Int) -> (passed: String, kept: String) {
        var relay = Relay()
        var passed = ByteBuffer()
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let isSmallEnough = relay.take(ByteBuffer(bytes: rest.prefix(pieces)))
            #expect(isSmallEnough)
            rest = rest.dropFirst(pieces)
            while let event = relay.nextEvent() {
                if event != .plain { relay.isHeldBack = true }
                if var bytes = relay.takePassable() { passed.writeBuffer(&bytes) }
            }
        }
        return (String(buffer: passed), String(buffer: relay.takeAll()))
    }

    @Test(arguments: [1, 5, 31, 10_000])
    func `events pass as they come, and nothing from the report on`(pieces: Int) {
        let tail = RelayTests.report + RelayTests.plain + RelayTests.done
        let result = relay(": hi\n\n" + RelayTests.plain + tail, pieces: pieces)
        #expect(result.passed == ": hi\n\n" + RelayTests.plain)
        #expect(result.kept == tail)
    }

    @Test func `an event that is not complete does not pass`() {
        let result = relay(RelayTests.plain + "data: {\"choi", pieces: 4)
        #expect(result.passed == RelayTests.plain)
        #expect(result.kept == "data: {\"choi")
    }

    @Test func `of a stream that was cut, whole events remain and the broken one goes`() {
        var relay = Relay()
        relay.isHeldBack = true
        _ = relay.take(ByteBuffer(string: RelayTests.report + "data: {"))
        while relay.nextEvent() != nil {}
        #expect(String(buffer: relay.takeEvents()) == RelayTests.report)
    }

    @Test func `an answer has a size that none has`() {
        var relay = Relay()
        let half = ByteBuffer(repeating: 0x20, count: Relay.bytesMax / 2)
        let taken = [half, half, ByteBuffer(string: " ")].map { relay.take($0) }
        #expect(taken == [true, true, false])
    }
}
