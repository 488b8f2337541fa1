import CallList
import Escalation
import Foundation
import RelayAPI
public import Terms

/// Broken rooms, and those in their place [R8].
extension Client {
    /// Opens a room in the place of a broken one, with those who were in it and are listed; they follow by themselves.
    /// - Throws: `notPermitted` where this device has no place in it, or it is not known to be broken and another leads it.
    public func reopenRoom(_ room: RoomID) async throws -> Posted {
        try await own.noticing { try await own.catchUp() }
        let current = try self.current(room)
        guard current == room else {
            return Posted(
                room: current, delivery: .needless(reason: "room \(room.short) goes on as \(current.short)"),
                unreachable: [],
                uncleared: [])
        }
        let team = try trust.team()
        let (reopening, policy, title) = try vault.read { db in
            let found = try Room(room, of: own).reopening(in: db)
            return (found.draft, found.policy, try db.head(room)?.summary.title ?? "(joined later)")
        }
        guard let id = reopening.succession.id(founder: device) else { throw Vault.damaged }
        let members = Set(reopening.devices.compactMap { team.member(of: $0) }.map(\.id)).sorted()
        let persons = members.compactMap {
            team.member($0)?.devices.filter { $0 != device && reopening.devices.contains($0) }
        }
        .filter { !$0.isEmpty }
        var draft = RoomDraft(
            purpose: .incident(title: title, page: nil, notice: nil), tlp: policy.tlpCeiling,
            steps: [Step(delay: 0, need: 1, persons: persons)], horizon: 0, leads: [], at: own.time, claim: .random())
        draft.reopening = reopening
        return try await make(draft, as: id)
    }

    /// Where what is said in a room is to be said now: in the room itself, or in one that took its place.
    public func current(_ room: RoomID) throws -> RoomID { try vault.read { try $0.current(room) } }
}
