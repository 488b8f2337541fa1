import NIOCore
import RelayAPI
import Terms
import Testing

@testable import Relay

/// What waits for a stream is bounded; what does not fit becomes "look for yourself".
@Suite struct StreamSubscriberTests {
    private func next(_ subscriber: StreamSubscriber) async -> [StreamSubscriber.Event]? {
        var iterator = subscriber.makeIterator()
        return await subscriber.next(&iterator)
    }

    private func message(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 7, count: count) }

    @Test func lagBecomesHeads() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 2)
        for _ in 0..<2 { subscriber.push(message(1)) }
        #expect(await next(subscriber) == [.message(message(1)), .message(message(1))])
        for _ in 0..<5 { subscriber.push(message(1)) }
        subscriber.keepAlive()
        #expect(await next(subscriber) == [.heads])
        subscriber.push(message(2))
        #expect(await next(subscriber) == [.message(message(2))])
    }

    @Test func manyBytesBecomeHeads() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 100)
        for _ in 0..<3 { subscriber.push(message(StreamSubscriber.backlogBytes / 2)) }
        #expect(await next(subscriber) == [.heads])
    }

    @Test func keepAliveOnlyWhereNothingWaits() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 10)
        subscriber.keepAlive()
        subscriber.keepAlive()
        #expect(await next(subscriber) == [.message(StreamMessage.keepAlive)])
        subscriber.push(message(1))
        subscriber.keepAlive()
        #expect(await next(subscriber) == [.message(message(1))])
    }

    @Test func closedEndsAndKeepsNothing() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 10)
        subscriber.push(message(1))
        subscriber.close()
        subscriber.push(message(1))
        #expect(await next(subscriber) == nil)
    }
}
