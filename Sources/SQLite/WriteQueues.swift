/// Who waits for a write: people's traffic never queues behind sensors'.
package enum WriteLane: Sendable { case people, sensors }

/// The writes that wait, by lane.
struct WriteQueues<Job> {
    /// Writes in one transaction, and how many of them sensors get however many people wait.
    static var batch: Int { 256 }
    static var sensorShare: Int { 16 }
    /// Writes that may wait in each lane.
    static var capacity: Int { 8_192 }

    private var people: [Job] = []
    private var sensors: [Job] = []

    /// - Returns: false where too many wait.
    mutating func add(_ job: Job, to lane: WriteLane) -> Bool {
        switch lane {
        case .people: Self.add(job, to: &people)
        case .sensors: Self.add(job, to: &sensors)
        }
    }

    private static func add(_ job: Job, to queue: inout [Job]) -> Bool {
        guard queue.count < capacity else { return false }
        queue.append(job)
        return true
    }

    /// The next transaction's: people first; sensors get what is left, and at least their share.
    mutating func takeBatch() -> [Job] {
        let share = min(sensors.count, Self.sensorShare)
        var jobs = Array(people.prefix(Self.batch - share))
        people.removeFirst(jobs.count)
        let last = sensors.prefix(Self.batch - jobs.count)
        jobs += last
        sensors.removeFirst(last.count)
        return jobs
    }
}
