import Escalation
import Foundation
import Incident
import Sodium
import Terms

enum Sample {
    static func device(_ value: UInt8) -> DeviceID {
        guard let id = DeviceID([UInt8](repeating: value, count: 16)) else { preconditionFailure("16 bytes") }
        return id
    }

    static let room: RoomID = {
        guard let id = RoomID([UInt8](repeating: 0xaa, count: 16)) else { preconditionFailure("16 bytes") }
        return id
    }()

    /// Two persons in the first step (one with two devices), one in the second.
    static let plan = [
        Step(delay: 0, need: 2, persons: [[device(1), device(2)], [device(3)]]),
        Step(delay: 300, need: 1, persons: [[device(4)]]),
    ]

    static func notice(
        title: String = "Fire", summary: String = "In the hall", labels: [String: String] = [:],
        plan: [Step] = plan, horizon: UInt32 = 3600, close: UInt16 = 1, isAlert: Bool = true, key: String? = "k"
    ) -> PageNotice {
        PageNotice(
            title: title, summary: summary, severity: .high, labels: labels, plan: plan, horizon: horizon,
            close: close, isAlert: isAlert, deduplicationKey: key, exercise: false)
    }

    static func file(name: String = "a.txt", content: [UInt8] = [1, 2], hash: [UInt8]? = nil) -> FileContent {
        FileContent(name: name, content: Data(content), hash: Data(hash ?? BLAKE2b.hash(content)))
    }

    static func event(_ content: EventContent) -> Event {
        guard let id = EventID([UInt8](repeating: 0x22, count: 16)) else { preconditionFailure("16 bytes") }
        return Event(
            id: id, at: Timestamp(milliseconds: 7), tlp: .amber, content: content,
            seen: Event.Seen(seq: 3, chain: Data(repeating: 4, count: 32)),
            callList: Event.CallListMark(version: 2, digest: "ab"))
    }
}

/// A log in the making: each fact a second after the one before.
struct Log {
    private(set) var facts: [LogFact] = []

    mutating func add(_ what: LogFact.What, by author: DeviceID? = nil) {
        let seq = UInt64(facts.count + 1)
        facts.append(LogFact(seq: seq, time: Timestamp(milliseconds: seq * 1000), author: author, what: what))
    }

    mutating func add(_ content: EventContent, by author: DeviceID) {
        add(.event(Sample.event(content)), by: author)
    }

    /// Milliseconds since the log's first entry.
    private var readings: Readings {
        let elapsed = Elapsed(milliseconds: UInt64(facts.count) * 1000)
        return Readings(most: elapsed, least: elapsed)
    }

    /// - Returns: what the statement is known by.
    @discardableResult
    mutating func say(_ kind: PageStatement.Kind, by device: DeviceID, in room: RoomID = Sample.room) -> StatementDigest
    {
        let digest = StatementDigest(of: Array("\(facts.count)".utf8))
        add(.statement(PageStatement(kind, digest: digest, device: device, room: room), readings), by: device)
        return digest
    }

    mutating func write(_ entry: TimerEntry) { add(.timer(entry, readings)) }

    /// A step's persons, by their place in the plan, are called.
    mutating func release(_ step: Int, _ persons: [UInt32]) {
        write(.released(step: step, persons: persons.map { PersonHandle(index: $0) }))
    }
}
