/// Who waits for a write: people's traffic never queues behind sensors', and what a page hangs on behind neither [R19].
package enum WriteLane: Sendable { case first, people, sensors }

/// The writes that wait, by lane.
struct WriteQueues<Job> {
    /// Writes in one transaction, and how many of them people, and sensors, get however many go before them.
    static var batch: Int { 256 }
    static var peopleShare: Int { 64 }
    static var sensorShare: Int { 16 }
    /// Writes that may wait in each lane.
    static var capacity: Int { 8_192 }

    private var first: [Job] = []
    private var people: [Job] = []
    private var sensors: [Job] = []

    /// - Returns: false where too many wait.
    mutating func add(_ job: Job, to lane: WriteLane) -> Bool {
        switch lane {
        case .first: Self.add(job, to: &first)
        case .people: Self.add(job, to: &people)
        case .sensors: Self.add(job, to: &sensors)
        }
    }

    private static func add(_ job: Job, to queue: inout [Job]) -> Bool {
        guard queue.count < capacity else { return false }
        queue.append(job)
        return true
    }

    /// The next transaction's: each lane gets what the ones before it leave, and at least its share.
    mutating func takeBatch() -> [Job] {
        let sensorShare = min(sensors.count, Self.sensorShare)
        let peopleShare = min(people.count, Self.peopleShare)
        var jobs = Self.take(Self.batch - peopleShare - sensorShare, from: &first)
        jobs += Self.take(Self.batch - jobs.count - sensorShare, from: &people)
        jobs += Self.take(Self.batch - jobs.count, from: &sensors)
        return jobs
    }

    private static func take(_ count: Int, from queue: inout [Job]) -> [Job] {
        let taken = Array(queue.prefix(count))
        queue.removeFirst(taken.count)
        return taken
    }
}
