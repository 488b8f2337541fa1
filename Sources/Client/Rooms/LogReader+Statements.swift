import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms
import WireFormat

/// Entries that are not MLS messages.
extension LogReader {
    /// A device-signed statement, shown only where its signature verifies under the pinned call list [R11].
    func statement(_ entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard let group = record.group else { return Effect() }
        let policy = try RoomPolicy(in: group.context.extensions)
        let known = try lists.list(policy.pin)
        guard let author = known.list.device(entry.poster), author.kind == .person,
            group.members.contains(where: { $0.leaf.identity == entry.poster.bytes })
        else { return try skip(entry, record.room, "its author may make no statement here", in: db) }
        guard let statement = try? RelayAPI.Statement(verifying: entry.payload, by: author.mlsKey),
            statement.room == record.room, statement.device == entry.poster
        else { return try skip(entry, record.room, "its signature does not verify", in: db) }
        if entry.poster == device, try db.sent(entry.payload, room: record.room) == nil {
            _ = try wentBackInTime(entry, record: &record, in: db)
        }
        return Effect(
            fact: StoredFact(
                kind: statement.kind == .ack ? .ack : .unack, author: entry.poster, time: entry.time,
                evidence: Data(entry.payload)), said: (entry.poster, statement.event))
    }

    /// The relay's own word that a step was released.
    func release(_ entry: Entry, room: RoomID, in db: VaultTransaction) throws -> Effect {
        guard let release = try? StepRelease(decoding: entry.payload) else {
            return try skip(entry, room, "its form is wrong", in: db)
        }
        return Effect(
            fact: StoredFact(
                kind: .release, author: nil, time: entry.time, step: Int(release.step), manual: release.manual))
    }
}
