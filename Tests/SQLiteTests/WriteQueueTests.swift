import Testing

@testable import SQLite

/// The order in which writes are done.
@Suite struct WriteQueueTests {
    private typealias Queues = WriteQueues<WriteLane>

    private func batches(people: Int, sensors: Int, first: Int = 0) -> [[WriteLane]] {
        var queues = Queues()
        for _ in 0..<first { _ = queues.add(.first, to: .first) }
        for _ in 0..<sensors { _ = queues.add(.sensors, to: .sensors) }
        for _ in 0..<people { _ = queues.add(.people, to: .people) }
        var batches: [[WriteLane]] = []
        while true {
            let batch = queues.takeBatch()
            if batch.isEmpty { return batches }
            batches.append(batch)
        }
    }

    @Test func peopleGoBeforeSensors() {
        let batches = batches(people: 5, sensors: 600)
        #expect(batches[0].prefix(5).allSatisfy { $0 == .people })
        #expect(batches.map(\.count) == [Queues.batch, Queues.batch, 605 - 2 * Queues.batch])
    }

    @Test func sensorsDoNotStarve() {
        let batches = batches(people: 600, sensors: 40)
        for batch in batches.prefix(2) { #expect(batch.count { $0 == .sensors } == Queues.sensorShare) }
        #expect(batches.joined().count == 640)
    }

    @Test("what a page hangs on goes before all, and leaves people and sensors their shares [R19]") func whatGoesFirst()
    {
        #expect(batches(people: 600, sensors: 600, first: 3)[0].prefix(3).allSatisfy { $0 == .first })
        let batches = batches(people: 600, sensors: 600, first: 1_000)
        #expect(batches[0].count { $0 == .people } == Queues.peopleShare)
        #expect(batches[0].count { $0 == .sensors } == Queues.sensorShare)
        #expect(batches.joined().count == 2_200)
    }

    @Test func aFullLaneLeavesTheOtherOpen() {
        var queues = Queues()
        let taken = (0...Queues.capacity).map { _ in queues.add(.sensors, to: .sensors) }
        #expect(taken.count { $0 } == Queues.capacity && taken.last == false)
        let isOpen = queues.add(.people, to: .people)
        #expect(isOpen)
    }
}
