import NIOCore
import RelayAPI
import Terms
import Testing

@testable import Relay

/// What waits for a stream is bounded; what does not fit becomes "look for yourself".
@Suite struct StreamSubscriberTests {
    private func next(_ subscriber: StreamSubscriber) async -> StreamSubscriber.Event? {
        var iterator = subscriber.makeIterator()
        return await subscriber.next(&iterator)
    }

    private func message(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 7, count: count) }

    @Test func lagBecomesHeads() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 2)
        for _ in 0..<2 { subscriber.push(message(1)) }
        #expect(await next(subscriber) == .messages(message(2)))
        for _ in 0..<5 { subscriber.push(message(1)) }
        subscriber.keepAlive()
        #expect(await next(subscriber) == .heads)
        subscriber.push(message(2))
        #expect(await next(subscriber) == .messages(message(2)))
    }

    @Test("however many wait, they go out in one write and in their order") func oneWrite() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 100)
        for number in 0..<50 { subscriber.push(ByteBuffer(string: "\(number);")) }
        let all = (0..<50).map { "\($0);" }.joined()
        #expect(await next(subscriber) == .messages(ByteBuffer(string: all)))
        subscriber.push(ByteBuffer(string: "50;"))
        #expect(await next(subscriber) == .messages(ByteBuffer(string: "50;")))
    }

    @Test("a message that several streams are told of stays as it is") func shared() async {
        let (one, two) = (
            StreamSubscriber(device: .random(), backlog: 9), StreamSubscriber(device: .random(), backlog: 9)
        )
        let first = ByteBuffer(string: "first;")
        for subscriber in [one, two] { subscriber.push(first) }
        one.push(ByteBuffer(string: "second;"))
        #expect(await next(one) == .messages(ByteBuffer(string: "first;second;")))
        #expect(await next(two) == .messages(ByteBuffer(string: "first;")))
    }

    @Test func manyBytesBecomeHeads() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 100)
        for _ in 0..<3 { subscriber.push(message(StreamSubscriber.backlogBytes / 2)) }
        #expect(await next(subscriber) == .heads)
    }

    @Test func keepAliveOnlyWhereNothingWaits() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 10)
        subscriber.keepAlive()
        subscriber.keepAlive()
        #expect(await next(subscriber) == .messages(StreamMessage.keepAlive))
        subscriber.push(message(1))
        subscriber.keepAlive()
        #expect(await next(subscriber) == .messages(message(1)))
    }

    @Test func closedEndsAndKeepsNothing() async {
        let subscriber = StreamSubscriber(device: .random(), backlog: 10)
        subscriber.push(message(1))
        subscriber.close()
        subscriber.push(message(1))
        #expect(await next(subscriber) == nil)
    }
}
