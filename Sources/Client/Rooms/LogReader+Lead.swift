import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// Who leads an incident room where no lead is left [R6].
extension LogReader {
    /// A device's signed word. It is shown, and kept for who takes the lead by it.
    func leadStatement(_ entry: Entry, on record: inout RoomRecord, in db: VaultTransaction) throws -> Effect {
        guard let group = record.group else { return Effect() }
        guard let unverified = try? UnverifiedLeadStatement(decoding: entry.payload) else {
            return try skip(entry, record, "its form is wrong", in: db)
        }
        let known = try lists.list(RoomPolicy(in: group.context.extensions).pin)
        guard let listed = known.list.device(entry.poster), listed.kind == .person, record.kind == .incident,
            group.devices.contains(entry.poster), unverified.claimedDevice == entry.poster
        else { return try skip(entry, record, "its author may say nothing here", in: db) }
        guard let said = try? unverified.verify(by: listed.mlsKey).statement else {
            return try skip(entry, record, "its signature does not verify", in: db)
        }
        guard said.room == record.room else { return try skip(entry, record, "it is about another room", in: db) }
        if entry.poster == device, try db.sent(entry.payload, room: record.room) == nil {
            return try wentBackInTime(entry, record: &record, in: db)
        }
        try db.keep(said, signed: entry.payload)
        let word: LeadWord =
            switch said.kind {
            case .noLead: .noLead
            case .remove(let devices): .removal(devices)
            }
        var fact = StoredFact(kind: .lead, author: entry.poster, time: entry.time)
        fact.lead = word
        fact.evidence = Data(entry.payload)
        return Effect(fact: fact, said: (entry.poster, said.event))
    }

    /// What is shown of a commit by which its author takes the lead.
    func takeover(_ header: CommitHeader, by entry: Entry) -> StoredFact? {
        guard header.takes else { return nil }
        var fact = StoredFact(kind: .lead, author: entry.poster, time: entry.time)
        fact.lead = .taken
        fact.evidence = Data(entry.payload)
        return fact
    }
}
