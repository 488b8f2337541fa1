import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// Devices that were not reached [R14].
extension LogReader {
    /// A device says that it cannot use its Welcome: shown, and counted in a page, where it is that device's own word.
    func welcomeFailed(_ entry: Entry, on record: RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard let group = record.group else { return Effect() }
        guard let unverified = try? UnverifiedWelcomeFailure(decoding: entry.payload) else {
            return try skip(entry, record, "its form is wrong", in: db)
        }
        let known = try lists.list(RoomPolicy(in: group.context.extensions).pin)
        guard let key = known.list.device(entry.poster)?.mlsKey, unverified.claimedDevice == entry.poster else {
            return try skip(entry, record, "its author may say nothing here", in: db)
        }
        guard let failure = try? unverified.verify(by: key).failure else {
            return try skip(entry, record, "its signature does not verify", in: db)
        }
        guard failure.room == record.room, failure.commit < entry.seq else {
            return try skip(entry, record, "it names no Welcome of this room", in: db)
        }
        // This device is in the room: one that was meant to bring it in again failed, or it was in when the vault was made anew.
        guard entry.poster != device else { return Effect() }
        try checkAuthorsTime(failure.at, entry, record: record, in: db)
        return Effect(
            fact: StoredFact(failure, time: entry.time, evidence: entry.payload), said: (entry.poster, failure.event))
    }
}
