import CallList
import Escalation
import Foundation
import RelayAPI
import SQLite
import Terms

/// Facts in, changes out: what a change is, and who may make it, is ``RoomTransition``'s.
extension SQLiteStore {
    func create(
        _ creation: RoomCreation, by device: Device, lists: CallListsAtHand, limits: RelayLimits, at now: Moment
    ) async throws -> [Accepted] {
        // A person's page waits for nobody.
        let lane = device.kind == .person && creation.kind == .page ? WriteLane.first : device.lane
        return try await write(lane) { db, notices in
            let key = try key(.creation, creation.event, by: device, in: creation.room)
            if let first = try key.firstAnswer(in: db) { return first }
            let open = try db.number(
                "SELECT count(*) FROM rooms WHERE creator = ? AND closed_at IS NULL AND NOT ended", [device.id])
            let (transition, accepted) = try RoomTransition.create(
                creation, by: device, exists: try StoredRoom.find(creation.room, in: db) != nil,
                openRooms: Int(open ?? 0), lists: lists, limits: limits, at: now, identity: identity)
            let added = StoredBytes.added(by: transition, of: device.id)
            if creation.kind == .incident { try reserve.check(added, in: db) }
            let id = try StoredRoom.insert(transition.room, retention: creation.retention, in: db)
            try StoredBytes.count(
                added, of: device.id, in: id, of: creation.kind, isFirst: lane == .first, limits: limits, in: db)
            try transition.apply(to: id, in: db)
            let answers = try key.remember(accepted, at: now, in: db)
            notices += transition.notices
            return answers
        }
    }

    /// A retry gets the first answer before anything else is looked at.
    func post(
        _ post: EntryPost, to room: RoomID, by device: Device, lists: CallListsAtHand, limits: RelayLimits,
        at now: Moment
    ) async throws -> Accepted {
        // What decides a room's commits must not wait, nor be refused, for what others put there.
        let isStatement = [.statement, .fault, .leadStatement, .welcomeFailed].contains(post.entryClass)
        return try await share(isStatement ? .first : device.lane) { db, batch, notices in
            let key = try key(.post, post.event, by: device, in: room)
            if let first = try key.firstAnswer(in: db)?.first { return first }
            let stored = try batch.room(room, .post(post, by: device.id), in: db)
            var transition = RoomTransition(stored.facts, at: now, identity: identity)
            let accepted = try transition.post(post, by: device, lists: lists, limits: limits)
            let added = StoredBytes.added(by: transition, of: device.id)
            if !isStatement { try reserve.check(added, in: db) }
            try batch.count(added, of: device.id, in: stored, isFirst: isStatement, limits: limits, in: db)
            try batch.apply(transition, to: stored, in: db)
            let answers = try key.remember([accepted], at: now, in: db)
            // The scrub follows on the same queue, so after the commit.
            if transition.destroys { noteDestroyed() }
            notices += transition.notices
            return answers[0]
        }
    }

    private func key(
        _ request: IdempotencyKey.Request, _ event: EventID, by device: Device, in room: RoomID
    ) throws -> IdempotencyKey {
        guard let generation = generation.current else { throw SQLiteError(.misuse, "no generation was started") }
        return IdempotencyKey(request: request, event: event, device: device.id, room: room, generation: generation)
    }
}
