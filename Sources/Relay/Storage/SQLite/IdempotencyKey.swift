import CallList
import Escalation
import RelayAPI
import SQLite
import Terms
import WireFormat

/// What a write is known by, so that a retry gets the first answer: the device and its event id. Room and kind of request
/// are kept with it: a receipt that was given for one room must never be signed for another.
struct IdempotencyKey: Sendable {
    enum Request: Int, Sendable {
        case creation = 1
        case post = 2
        case escalation = 3
    }

    let request: Request
    let event: EventID
    let device: DeviceID
    let room: RoomID
    /// The relay's present one: answers of others are not kept.
    let generation: Generation

    /// The first answer; nil where the write is new.
    /// - Throws: `malformedRequest` where the event id stood for another request.
    func firstAnswer(in db: Connection) throws -> [Accepted]? {
        try db.first(
            "SELECT room, request, answer, id FROM answers WHERE device = ? AND event = ?", [device, event]
        ) { row in
            guard try row.bytes(0) == room.bytes, try row.integer(1) == Int64(request.rawValue) else {
                throw Problem.keyReused
            }
            var reader = Reader(try row.bytes(2))
            var answers: [Accepted] = []
            while !reader.isAtEnd { answers.append(try Accepted(from: &reader)) }
            let mark = RelayMark(generation: generation, writes: try row.unsigned(3))
            return answers.map { $0.marked(mark) }
        }
    }

    /// - Returns: the answers, with their number.
    func remember(_ answers: [Accepted], at now: Moment, in db: Connection) throws -> [Accepted] {
        var writer = Writer()
        for answer in answers { answer.encode(to: &writer) }
        try db.run(
            "INSERT INTO answers (device, event, room, request, answer, at) VALUES (?, ?, ?, ?, ?, ?)",
            [device, event, room, request.rawValue, writer.bytes, now.passed.least])
        let mark = RelayMark(generation: generation, writes: UInt64(db.lastInsertedRowID))
        return answers.map { $0.marked(mark) }
    }
}

extension Device {
    /// Where its writes wait.
    var lane: WriteLane { kind == .person ? .people : .sensors }
}
