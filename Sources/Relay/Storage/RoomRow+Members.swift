import Escalation
import Foundation
import RelayAPI
import SQLite
import Terms

/// Who may see which part of a room's log, and the Welcomes that wait.
extension RoomRow {
    struct MemberRow {
        let joined: UInt64
        let removed: UInt64?
        let released: Bool
        let cursor: UInt64
        let settled: Bool
        /// An earlier time as a member.
        let earlier: ClosedRange<UInt64>?

        /// Which entries come after `seq` for this device: who was removed and added again first gets the commit that removed
        /// it, because a client comes in anew only where the log shows that it was out.
        func window(after seq: UInt64, head: UInt64) -> (from: UInt64, through: UInt64) {
            if let earlier, removed == nil, seq < earlier.upperBound {
                return (max(seq, earlier.lowerBound), earlier.upperBound)
            }
            return (max(seq, joined), removed ?? head)
        }
    }

    /// Welcomes that may wait for one device in one room.
    static let waitingWelcomes: Int64 = 8

    func member(_ device: DeviceID, in db: Connection) throws -> MemberRow? {
        guard
            let row = try db.row(
                """
                SELECT joined, removed, released, earlier_joined, earlier_removed, cursor, settled FROM members
                WHERE room = ? AND device = ?
                """, [id, Data(device.bytes)])
        else { return nil }
        var earlier: ClosedRange<UInt64>?
        if try !row.isNull(3), try row.unsigned(3) <= row.unsigned(4) {
            earlier = try row.unsigned(3)...row.unsigned(4)
        }
        return MemberRow(
            joined: try row.unsigned(0), removed: try row.optional(1) { $0.unsigned }, released: try row.flag(2),
            cursor: try row.unsigned(5), settled: try row.flag(6), earlier: earlier)
    }

    /// Makes members of a commit's joiners, and keeps their Welcomes. A commit's header is only its author's word [R3]: who is a
    /// member already loses nothing by it, neither entries nor a Welcome that waits.
    /// - Throws: `limitReached`, `malformedRequest` for a step that is not there.
    func add(_ welcomes: [WelcomeDelivery], seq: UInt64, limits: RelayLimits, in db: Connection) throws {
        guard !welcomes.isEmpty else { return }
        let page = try page(in: db)
        let steps = page?.plan.steps.count ?? 0
        for delivery in welcomes {
            let step = Int(delivery.step)
            guard step <= max(1, steps) else { throw Problem.malformed("a Welcome is for a step that is not there") }
            try db.run("INSERT INTO welcome_bodies (room, body) VALUES (?, ?)", [id, Data(delivery.welcome)])
            let body = db.lastInsertedRowID
            for device in delivery.devices {
                let released = page?.hasCalled(device, memberOf: step) ?? (step <= 1)
                try add(device, step: step, released: released, seq: seq, in: db)
                try keepWelcome(body: body, for: device, seq: seq, in: db)
                if try member(device, in: db)?.released == true { try placeWelcomes(of: device, in: db) }
            }
        }
        let members = try db.number("SELECT count(*) FROM members WHERE room = ? AND removed IS NULL", [id])
        guard (members ?? 0) <= limits.membersPerRoom else {
            throw Problem.limitReached("a room has at most \(limits.membersPerRoom) devices")
        }
    }

    private func add(_ device: DeviceID, step: Int, released: Bool, seq: UInt64, in db: Connection) throws {
        try db.run(
            """
            INSERT INTO members (room, device, joined, step, released) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (room, device) DO UPDATE SET
                joined = CASE WHEN removed IS NULL THEN joined ELSE excluded.joined END,
                step = CASE WHEN removed IS NULL THEN step ELSE excluded.step END,
                released = CASE WHEN removed IS NULL THEN max(released, excluded.released) ELSE excluded.released END,
                earlier_joined = CASE WHEN removed IS NULL OR (released AND earlier_removed > cursor)
                    THEN earlier_joined WHEN released THEN joined END,
                earlier_removed = CASE WHEN removed IS NULL OR (released AND earlier_removed > cursor)
                    THEN earlier_removed WHEN released THEN removed END,
                settled = 0,
                removed = NULL
            """,
            [id, Data(device.bytes), Int64(clamping: seq), step, released])
    }

    /// Lets what is withheld from a device wait for it, behind what waits of this room already and else before all others.
    func placeWelcomes(of device: DeviceID, in db: Connection) throws {
        try db.run(
            """
            UPDATE welcomes SET place = coalesce(
                (SELECT max(place) FROM welcomes WHERE room = ?1 AND device = ?2),
                (SELECT max(place) FROM welcomes WHERE device = ?2 AND place IS NOT NULL) + 1, 1)
            WHERE room = ?1 AND device = ?2 AND place IS NULL
            """, [id, device])
    }

    private func keepWelcome(body: Int64, for device: DeviceID, seq: UInt64, in db: Connection) throws {
        let waiting = try db.number(
            "SELECT count(*) FROM welcomes WHERE room = ? AND device = ?", [id, Data(device.bytes)])
        guard (waiting ?? 0) < Self.waitingWelcomes else {
            throw Problem.limitReached("too many Welcomes wait for a device that is to be added")
        }
        try db.run(
            "INSERT INTO welcomes (room, device, seq, time, chain, body) VALUES (?, ?, ?, ?, ?, ?)",
            [
                id, Data(device.bytes), Int64(clamping: seq), Timestamp(milliseconds: headTime).stored, Data(chain),
                body,
            ])
    }

    /// Stops delivery to removed devices beyond the commit that removes them [R3].
    func remove(_ devices: [DeviceID], seq: UInt64, in db: Connection) throws {
        guard !devices.isEmpty else { return }
        for device in devices {
            try db.run(
                "UPDATE members SET removed = ? WHERE room = ? AND device = ? AND removed IS NULL",
                [Int64(clamping: seq), id, Data(device.bytes)])
            try db.run("DELETE FROM welcomes WHERE room = ? AND device = ?", [id, Data(device.bytes)])
        }
        try dropUnusedBodies(in: db)
    }

    /// Welcomes that nobody waits for any more.
    func dropUnusedBodies(in db: Connection) throws {
        try db.run(
            """
            DELETE FROM welcome_bodies WHERE room = ?
            AND NOT EXISTS (SELECT 1 FROM welcomes WHERE welcomes.body = welcome_bodies.id)
            """, [id])
    }
}
