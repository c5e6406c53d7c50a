import NIOCore
import NIOHTTP1
import OpenRouterWire

/// The bytes of an answer between the upstream and the client.
///
/// Of a stream, whole events go through at once, until one reports usage: from there on they are
/// kept back until the entry is on disk. Other answers are collected whole.
struct Relay {
    enum Mode {
        /// The head has not come.
        case waiting
        case streaming
        /// A whole answer, or an error.
        case collecting
        /// The answer is given; what still comes is of no interest.
        case ended
    }

    var mode = Mode.waiting
    /// `nil` until it has come.
    var head: HTTPResponseHead?
    /// Whether events stay here.
    var isHeldBack = false
    /// What has come and is not passed on.
    private(set) var buffer = ByteBuffer()
    /// How much of the buffer was read as events and is held back.
    private var readCount = 0
    /// How far the search for the end of the present event has come.
    private var scanned = 0

    /// No answer in JSON comes near this, and no event of a stream either.
    static let bytesMax = 64 * 1_024 * 1_024

    /// Takes bytes; `false` if there are more of them than an answer can have.
    mutating func take(_ bytes: ByteBuffer) -> Bool {
        var bytes = bytes
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            // Only what is left is copied when it grows, not what has been passed on.
            if buffer.readerIndex > 0 { buffer = buffer.slice() }
            buffer.writeBuffer(&bytes)
        }
        return buffer.readableBytes <= Relay.bytesMax
    }

    /// The next whole event, as what it means for the books; `nil` if none is complete.
    ///
    /// The caller says with ``isHeldBack``, before asking for the next one, whether it may pass.
    mutating func nextEvent() -> StreamEvent? {
        // A second reference, not a copy: the span must not overlap with changes to `self`.
        let held = buffer
        let bytes = held.readableBytesUInt8Span.extracting(readCount...)
        guard let end = EventStream.endOfEvent(bytes, scanned: &scanned) else { return nil }
        let event = StreamEvent.read(bytes, in: 0..<end)
        readCount += end
        return event
    }

    /// The events read and not held back, taken out; `nil` if there are none.
    mutating func takePassable() -> ByteBuffer? {
        guard !isHeldBack, readCount > 0 else { return nil }
        defer { readCount = 0 }
        return buffer.readSlice(length: readCount)
    }

    /// Everything read as events, taken out; what is left of a broken event stays.
    mutating func takeEvents() -> ByteBuffer {
        defer { readCount = 0 }
        return buffer.readSlice(length: readCount) ?? ByteBuffer()
    }

    /// What the whole buffer says, as one answer in JSON; `nil` if it is not one.
    func wholeAnswer() -> ChatAnswer? {
        guard buffer.readableBytes > 0 else { return nil }
        let bytes = buffer.readableBytesUInt8Span
        return ChatAnswer.read(bytes)
    }

    /// The whole buffer as an upstream's error, fit for a member.
    func errorForMember(status: Int) -> String {
        let bytes = buffer.readableBytesUInt8Span
        return ErrorEnvelope.forMember(bytes, status: status)
    }

    /// The same for an error that came with a status of success: only the account's name goes.
    func errorWithoutAccount() -> String {
        let bytes = buffer.readableBytesUInt8Span
        return ErrorEnvelope.withoutAccount(bytes)
    }

    /// What is left behind the last whole event, read as if it were one.
    func lastEvent() -> StreamEvent {
        let bytes = buffer.readableBytesUInt8Span.extracting(readCount...)
        return StreamEvent.read(bytes, in: 0..<bytes.count)
    }

    /// Everything, taken out.
    mutating func takeAll() -> ByteBuffer {
        defer {
            buffer = ByteBuffer()
            readCount = 0
        }
        return buffer
    }
}
