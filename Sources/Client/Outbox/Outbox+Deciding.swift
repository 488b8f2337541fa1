import Foundation
import RelayAPI
import Terms

/// What lets a room's log decide on a commit that somebody cannot use [R4].
extension Outbox {
    /// A signed fault, or a statement about who leads.
    func state(_ signed: [UInt8], as entryClass: EntryClass, _ item: OutboxItem) async throws -> Attempt {
        let room = Room(item.room, of: own)
        let entry = EntryPost(
            event: item.event, entryClass: entryClass, baseSeq: try room.cursor() ?? 0, payload: signed)
        // An own entry is recognised in the log by what was sent.
        try vault.write { try $0.remember(sent: signed, event: item.event, fact: nil, room: item.room) }
        return .settled(.sent(Sent(try await room.post(entry, for: item))))
    }

    /// A message without content: whoever can use the commit makes it stand by it.
    func goOn(_ item: OutboxItem) async throws -> Attempt {
        let room = Room(item.room, of: own)
        guard let encrypted = try room.encryptNothing(item) else {
            return .settled(.needless(reason: "the log has decided"))
        }
        let entry = EntryPost(
            event: item.event, entryClass: .message, baseSeq: encrypted.baseSeq, parent: encrypted.parent,
            payload: encrypted.payload)
        do {
            return .settled(.sent(Sent(try await room.post(entry, for: item))))
        } catch let problem as Problem where problem.code == .commitConflict {
            try await room.pull()
            return .again(item, as: .asAsked)
        }
    }
}
