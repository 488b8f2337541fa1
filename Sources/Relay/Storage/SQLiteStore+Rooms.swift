import CallList
import Escalation
import Foundation
import RelayAPI
import SQLite
import Terms
import WireFormat

extension SQLiteStore {
    // MARK: Creation

    func create(
        _ creation: RoomCreation, by device: Device, list: CallList, limits: RelayLimits, at now: Timestamp
    ) async throws -> [Accepted] {
        try await write(device.lane) { db, notices in
            let key = IdempotencyKey(request: .creation, event: creation.event, device: device.id, room: creation.room)
            if let first = try key.firstAnswer(in: db) { return first }
            guard device.kind == .person || creation.kind == .page else { throw Problem.sensorPagesOnly }
            guard try RoomRow.find(optional: creation.room, in: db) == nil else { throw Problem.roomExists }
            try Self.checkBudget(of: device, limits: limits, in: db)
            var row = try Self.insert(creation, by: device, at: now, in: db)
            var accepted: [Accepted] = []
            for post in creation.entries {
                let entry = try row.append(
                    post.entryClass, payload: post.payload, poster: device.id, at: now, in: db)
                if post.entryClass == .commit {
                    let header = try Self.header(of: post)
                    try Self.check(header.adds, on: list)
                    try row.add(post.welcomes, seq: entry.seq, limits: limits, in: db)
                    notices.append(.heads(to: header.adds))
                }
                accepted.append(Accepted(entry))
            }
            if creation.kind == .page { notices += try row.tick(at: now, in: db) }
            try key.remember(accepted, at: now, in: db)
            notices.append(.timers)
            return accepted
        }
    }

    private static func checkBudget(of device: Device, limits: RelayLimits, in db: Connection) throws {
        guard device.kind == .sensor else { return }
        let open = try db.number(
            "SELECT count(*) FROM rooms WHERE creator = ? AND closed_at IS NULL", [Data(device.id.bytes)])
        guard (open ?? 0) < limits.openRoomsPerSensor else {
            throw Problem.limitReached(
                "a sensor has at most \(limits.openRoomsPerSensor) rooms open: one must be resolved, or reach its horizon"
            )
        }
    }

    private static func insert(
        _ creation: RoomCreation, by device: Device, at now: Timestamp, in db: Connection
    ) throws -> RoomRow {
        try db.run(
            """
            INSERT INTO rooms (room, kind, creator, head, head_time, chain, last_commit, retention, created,
                released_steps) VALUES (?, ?, ?, 0, 0, ?, 0, ?, ?, 0)
            """,
            [
                Data(creation.room.bytes), Int(creation.kind.rawValue), Data(device.id.bytes),
                Data(LogChain.start(room: creation.room)), Int64(creation.retention), now.stored,
            ])
        let row = try RoomRow.find(creation.room, in: db)
        try db.run(
            "INSERT INTO members (room, device, joined, step, released) VALUES (?, ?, 0, 0, 1)",
            [row.id, Data(device.id.bytes)])
        if creation.kind == .page {
            let plan = Plan(
                room: creation.room, steps: creation.steps, sensor: device.kind == .sensor ? device.id : nil,
                horizon: creation.horizon)
            try row.insert(Page(plan), in: db)
        }
        return row
    }

    /// - Throws: `malformedRequest`.
    static func header(of post: EntryPost) throws(Problem) -> CommitHeader {
        do {
            return try CommitPayload(decoding: post.payload).header
        } catch {
            throw .malformed("a commit's payload must begin with its header")
        }
    }

    // MARK: Posting

    /// The order of checks: retry first, then membership, then whether the room is open, then the rules of the class.
    func post(
        _ post: EntryPost, to room: RoomID, by device: Device, list: CallList, limits: RelayLimits, at now: Timestamp
    ) async throws -> Accepted {
        let accepted = try await write(device.lane) { db, notices in
            let key = IdempotencyKey(request: .post, event: post.event, device: device.id, room: room)
            if let first = try key.firstAnswer(in: db)?.first { return first }
            var row = try RoomRow.find(room, in: db)
            try Self.checkMember(device.id, of: row, in: db)
            guard !row.closed else { throw Problem.roomClosed }
            let statement = try Self.check(post, by: device, in: row)
            if post.closesRoom { try Self.check(closing: post.entryClass, by: device, of: row) }
            let entry = try row.append(post.entryClass, payload: post.payload, poster: device.id, at: now, in: db)
            // Whoever a commit removes still gets the commit that says so.
            notices.append(.entry(room, entry, to: try row.audience(in: db)))
            if post.entryClass == .commit {
                let header = try Self.header(of: post)
                try Self.check(header.adds, on: list)
                if row.kind == .page { try Self.check(removes: header.removes, on: list, at: entry.time) }
                try row.remove(header.removes, seq: entry.seq, in: db)
                try row.add(post.welcomes, seq: entry.seq, limits: limits, in: db)
                notices.append(.heads(to: header.adds))
            }
            if let statement {
                notices += try row.fold(statement, payload: post.payload, at: now, in: db)
                notices.append(.timers)
            }
            if post.closesRoom { notices += try row.close(at: now, in: db) }
            try key.remember([Accepted(entry)], at: now, in: db)
            return Accepted(entry)
        }
        if post.closesRoom { noteDestroyed() }
        return accepted
    }

    private static func check(_ adds: [DeviceID], on list: CallList) throws(Problem) {
        guard adds.allSatisfy({ list.device($0) != nil }) else { throw .memberNotListed }
    }

    /// A page's members are those whom it calls, now or later. A commit's header is only its author's word [R3], and what it
    /// says to remove loses its Welcome: so that nobody who was called can silence who is still to be, only those go whom
    /// the officers took off the list, or whose time is over.
    private static func check(removes: [DeviceID], on list: CallList, at time: Timestamp) throws(Problem) {
        guard removes.allSatisfy({ id in list.device(id).map { $0.expires <= time.date } ?? true }) else {
            throw .memberStillListed
        }
    }

    private static func checkMember(_ device: DeviceID, of row: RoomRow, in db: Connection) throws {
        guard let member = try row.member(device, in: db), member.released, member.removed == nil else {
            throw Problem.notMember
        }
    }

    /// The rules of a post's class: [R3] for commits and messages, [R5] for sensors, [R11] for statements.
    private static func check(_ post: EntryPost, by device: Device, in row: RoomRow) throws(Problem) -> RelayAPI
        .Statement?
    {
        guard post.baseSeq <= row.head else { throw .baseSequenceInvalid }
        switch post.entryClass {
        case .release: throw .malformed("only the relay writes releases")
        case .commit:
            guard device.kind == .person else { throw .sensorMayNotCommit }
            guard post.baseSeq >= row.lastCommit else { throw .commitConflict(head: row.head) }
            return nil
        case .message:
            guard post.baseSeq >= row.lastCommit else { throw .commitConflict(head: row.head) }
            return nil
        case .statement: return try RelayAPI.Statement(checking: post, by: device, in: row)
        }
    }

    /// A page is over when somebody says so in it: a person who was called, or the sensor that made it [R12]. An incident
    /// room is nobody's to close.
    private static func check(closing entryClass: EntryClass, by device: Device, of row: RoomRow) throws(Problem) {
        guard entryClass == .message else { throw .malformed("only a message closes a room") }
        try checkCloser(device, of: row)
    }

    private static func checkCloser(_ device: Device, of row: RoomRow) throws(Problem) {
        guard row.kind == .page else { throw .malformed("only a page is closed") }
        guard device.kind == .person || device.id == row.creator else {
            throw .malformed("a page is closed by a person who was called, or by the sensor that made it")
        }
    }

    // MARK: Commands

    func escalate(
        _ room: RoomID, event: EventID, by device: Device, at now: Timestamp
    ) async throws {
        try await write(device.lane) { db, notices in
            let key = IdempotencyKey(request: .escalation, event: event, device: device.id, room: room)
            if try key.firstAnswer(in: db) != nil { return }
            var row = try RoomRow.find(room, in: db)
            try Self.checkMember(device.id, of: row, in: db)
            guard !row.closed else { throw Problem.roomClosed }
            guard device.kind == .person else { throw Problem.statementRefused("a sensor cannot escalate") }
            guard let released = try row.escalate(at: now, in: db) else {
                throw Problem.stepNotAvailable
            }
            try key.remember([], at: now, in: db)
            notices += released + [.timers]
        }
    }

    func close(_ room: RoomID, by device: Device, at now: Timestamp) async throws {
        try await write(device.lane) { db, notices in
            var row = try RoomRow.find(room, in: db)
            try Self.checkMember(device.id, of: row, in: db)
            try Self.checkCloser(device, of: row)
            notices += try row.close(at: now, in: db)
        }
        noteDestroyed()
    }
}

extension RelayAPI.Statement {
    /// A statement that may be made: signed by its poster, a person's device, about this page.
    init(checking post: EntryPost, by device: Device, in row: RoomRow) throws(Problem) {
        guard row.kind == .page else { throw .statementRefused("only pages are acknowledged") }
        guard device.kind == .person else { throw .statementRefused("a sensor cannot acknowledge") }
        guard let statement = try? RelayAPI.Statement(verifying: post.payload, by: device.mlsKey) else {
            throw .statementRefused("its signature does not verify")
        }
        guard statement.room == row.room, statement.device == device.id, statement.event == post.event else {
            throw .statementRefused("it is about something else")
        }
        self = statement
    }
}
