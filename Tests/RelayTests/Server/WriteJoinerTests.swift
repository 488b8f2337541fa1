import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Relay

/// What HTTP writes in parts goes to TLS in one.
@Suite struct WriteJoinerTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handlers: [WriteJoiner(), HTTPResponseEncoder()])
        let head = HTTPResponseHead(version: .http1_1, status: .ok)
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
        let text = try #require(try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) })
        #expect(text.contains("chunked"))
        return channel
    }

    private func read(_ channel: EmbeddedChannel) throws -> [Int] {
        var sizes: [Int] = []
        while let next = try channel.readOutbound(as: ByteBuffer.self) { sizes.append(next.readableBytes) }
        return sizes
    }

    @Test("a chunk's length, bytes and end are one write") func chunks() throws {
        let channel = try channel()
        let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "event: entry\n\n")))
        try channel.writeOutbound(part)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "e\r\nevent: entry\n\n\r\n"))
        // Several before one flush, too.
        for _ in 0..<3 { channel.write(part, promise: nil) }
        channel.flush()
        #expect(try read(channel) == [3 * 19])
        #expect(try channel.finish().isClean)
    }

    @Test("what is large is not copied, and nothing is written out of its order") func largeParts() throws {
        let channel = try channel()
        for size in [3, WriteJoiner.mostBytes + 1, 3] {
            channel.write(
                HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(repeating: 7, count: size))), promise: nil)
        }
        channel.flush()
        #expect(try read(channel) == [8 + 6, WriteJoiner.mostBytes + 1, 2 + 8])
    }

    @Test("each writer learns that it was written; or that it was not") func promises() throws {
        let channel = try channel()
        let written = [
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "a")))),
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "b")))),
        ]
        channel.flush()
        for future in written { try future.wait() }
        let lost = channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "c"))))
        try channel.pipeline.syncOperations.removeHandler(
            channel.pipeline.syncOperations.handler(type: WriteJoiner.self)
        ).wait()
        #expect(throws: ChannelError.self) { try lost.wait() }
    }
}
