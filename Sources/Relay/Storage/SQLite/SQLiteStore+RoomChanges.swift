import Escalation
import Foundation
import RelayAPI
import SQLite
import Sodium
import Terms
import WireFormat

// What a transition asks to write, as SQL. No rule stands here.

extension StoredRoom {
    /// A row for a room that was just made. Its changes are applied to it like any other's.
    static func insert(_ room: RoomFacts, retention: UInt32, in db: Connection) throws -> Int64 {
        try db.run(
            """
            INSERT INTO rooms (room, kind, creator, head, head_time, chain, last_commit, stands, retention,
                created_most, created_least, released_steps) VALUES (?, ?, ?, 0, 0, ?, 0, 0, ?, ?, ?, 0)
            """,
            [
                room.room, Int(room.kind.rawValue), room.creator, room.log.chain, Int64(retention), room.created.most,
                room.created.least,
            ])
        return db.lastInsertedRowID
    }
}

extension RoomFacts {
    /// Writes the room's own row, as far as each change writes that anew.
    func write(to id: Int64, in db: Connection) throws {
        try db.run(
            """
            UPDATE rooms SET head = ?, head_time = ?, chain = ?, last_commit = ?, stands = ?, released_steps = ?, ahead = ?
            WHERE id = ?
            """,
            [log.seq, log.time, log.chain, log.commit, ledger.stands, releasedSteps, ahead, id])
    }
}

extension RoomTransition {
    /// Writes all changes to the room's rows.
    func apply(to id: Int64, in db: Connection) throws {
        guard !changes.isEmpty else { return }
        try applyBesideRow(to: id, in: db)
        try room.write(to: id, in: db)
    }

    /// Writes all changes but that of the room's own row.
    func applyBesideRow(to id: Int64, in db: Connection) throws {
        for change in changes { try Self.apply(change, to: id, in: db) }
    }

    private static func apply(_ change: RoomChange, to id: Int64, in db: Connection) throws {
        switch change {
        case .entry(let entry): try insert(entry, into: id, in: db)
        case .commit(let commit): try insert(commit, into: id, in: db)
        case .fault(let commit, let device):
            try db.run("INSERT INTO faults (room, device, commit_seq) VALUES (?, ?, ?)", [id, device, commit])
        case .wrote(let device, let time):
            try db.run("UPDATE members SET wrote = ? WHERE room = ? AND device = ?", [time, id, device])
        case .member(let device, let membership): try put(membership, of: device, in: id, in: db)
        case .welcome(let body, let devices, let entry):
            try keep(welcome: body, for: devices, at: entry, in: id, in: db)
        case .failed(let commit, let device):
            try db.run("DELETE FROM welcomes WHERE room = ? AND device = ? AND seq = ?", [id, device, commit])
            try dropUnusedBodies(of: id, in: db)
        case .dropWelcomes(let devices):
            for device in devices { try db.run("DELETE FROM welcomes WHERE room = ? AND device = ?", [id, device]) }
            try dropUnusedBodies(of: id, in: db)
        case .call(let devices):
            for device in devices { try call(device, in: id, in: db) }
        case .unsettled:
            try db.run("UPDATE members SET settled = 0 WHERE room = ? AND settled AND removed IS NULL", [id])
        case .page(let page, let due):
            try db.run(
                """
                INSERT INTO pages (room, plan, state) VALUES (?, ?, ?)
                ON CONFLICT (room) DO UPDATE SET state = excluded.state
                """, [id, page.plan.encoded, page.state.encoded])
            try db.run(
                "UPDATE rooms SET next_due = ?, ended = ? WHERE id = ?", [due, page.state.ended != nil, id])
        case .closed(let now): try close(id, at: now, in: db)
        }
    }

    private static func insert(_ entry: Entry, into id: Int64, in db: Connection) throws {
        try db.run(
            "INSERT INTO entries (room, seq, time, poster, class, payload, chain) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                id, entry.seq, entry.time, entry.poster, Int(entry.entryClass.rawValue), entry.payload, entry.chain,
            ])
    }

    private static func insert(_ commit: TakenCommit, into id: Int64, in db: Connection) throws {
        let people = commit.view.people
        let digest = SHA256.hash(people)
        try db.run("INSERT OR IGNORE INTO views (room, digest, people) VALUES (?, ?, ?)", [id, digest, people])
        try db.run(
            """
            INSERT INTO commits (room, seq, parent, author, pin, view)
            VALUES (?1, ?2, ?3, ?4, ?5, (SELECT id FROM views WHERE room = ?1 AND digest = ?6))
            """, [id, commit.seq, commit.parent, commit.author, commit.view.pin, digest])
    }

    // MARK: Members

    private static func put(
        _ member: Membership, of device: DeviceID, in id: Int64, in db: Connection
    ) throws {
        try db.run(
            """
            INSERT INTO members (room, device, joined, removed, step, released, cursor, settled, earlier_joined,
                earlier_removed, commits_full_at, faults_full_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (room, device) DO UPDATE SET joined = excluded.joined, removed = excluded.removed,
                step = excluded.step, released = excluded.released, cursor = excluded.cursor,
                settled = excluded.settled, earlier_joined = excluded.earlier_joined,
                earlier_removed = excluded.earlier_removed, commits_full_at = excluded.commits_full_at,
                faults_full_at = excluded.faults_full_at
            """,
            [
                id, device, member.joined, member.removed, member.step, member.released, member.cursor, member.settled,
                member.earlier?.lowerBound, member.earlier?.upperBound, member.budget.fullAt,
                member.faultBudget.fullAt,
            ])
    }

    /// What is withheld waits for the device from now on: behind what waits of this room already, else before all others.
    private static func call(_ device: DeviceID, in id: Int64, in db: Connection) throws {
        try db.run("UPDATE members SET released = 1 WHERE room = ? AND device = ? AND NOT released", [id, device])
        try db.run(placingStatement, [id, device])
    }

    static let placingStatement = """
        UPDATE welcomes SET place = coalesce(
            (SELECT max(place) FROM welcomes WHERE room = ?1 AND device = ?2),
            (SELECT max(place) FROM welcomes WHERE device = ?2 AND place IS NOT NULL) + 1, 1)
        WHERE room = ?1 AND device = ?2 AND place IS NULL
        """

    // MARK: Welcomes

    private static func keep(
        welcome body: [UInt8], for devices: [DeviceID], at entry: Entry, in id: Int64, in db: Connection
    ) throws {
        try db.run("INSERT INTO welcome_bodies (room, body) VALUES (?, ?)", [id, body])
        let body = db.lastInsertedRowID
        for device in devices {
            try db.run(
                "INSERT INTO welcomes (room, device, seq, time, chain, body) VALUES (?, ?, ?, ?, ?, ?)",
                [id, device, entry.seq, entry.time, entry.chain, body])
        }
    }

    /// Welcomes that nobody waits for any more.
    static func dropUnusedBodies(of id: Int64, in db: Connection) throws {
        try db.run(
            """
            DELETE FROM welcome_bodies WHERE room = ?
            AND NOT EXISTS (SELECT 1 FROM welcomes WHERE welcomes.body = welcome_bodies.id)
            """, [id])
    }

    // MARK: The end

    private static func close(_ id: Int64, at now: Moment, in db: Connection) throws {
        try db.run(
            "UPDATE rooms SET closed_at = ?1, delete_at = ?2 + retention * 1000, next_due = NULL WHERE id = ?3",
            [now.time, now.passed.least, id])
        try db.run(
            """
            DELETE FROM welcomes WHERE room = ?1
            AND device IN (SELECT device FROM members WHERE room = ?1 AND NOT released)
            """, [id])
        try db.run("DELETE FROM members WHERE room = ? AND NOT released", [id])
        // No header is judged any more, and they name who was never called.
        for table in ["pages", "commits", "views", "faults"] { try db.run("DELETE FROM \(table) WHERE room = ?", [id]) }
        try dropUnusedBodies(of: id, in: db)
    }
}
