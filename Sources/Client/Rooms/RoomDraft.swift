import CallList
import Foundation
import Incident
import RelayAPI
import Sodium

/// A room that is to be made, as far as it can be said without a relay.
struct RoomDraft: Codable, Sendable {
    enum Purpose: Codable, Sendable {
        case page(PageDraft)
        case incident(title: String, page: RoomID?, notice: PageNotice?)
    }

    let purpose: Purpose
    let tlp: TLP
    /// Whom to call: for a page the steps of its policy; for an incident room one step of everybody.
    let steps: [ResolvedStep]
    /// Seconds; 0 for an incident room.
    let horizon: UInt32
    let leads: [MemberID]
    let at: RelayTime

    var kind: RoomKind {
        switch purpose {
        case .page: .page
        case .incident: .incident
        }
    }

    var exercise: Bool {
        if case .page(let draft) = purpose { return draft.exercise }
        return false
    }
}

/// A room whose first entries are encrypted: what to post, and the state once it is accepted.
struct BuiltRoom: Codable, Sendable {
    /// An encoded ``RoomCreation``.
    let creation: Data
    /// The creator's group after the first entries, sealed by the vault as part of the outbox item.
    let group: Data
    let deduplication: Data?
    /// The devices that had no key package, and so could not be called.
    let unreachable: [DeviceID]
    /// The event in the room's second entry.
    let event: Event
}

/// What an event says, before it is known where the log stands.
extension EventDraft {
    init(_ content: EventContent, id: EventID, at: RelayTime, tlp: TLP, closesRoom: Bool = false) throws {
        let empty = Event(
            id: id, at: at, tlp: tlp, content: content, seen: Event.Seen(seq: 0, chain: Data()),
            callList: Event.CallListMark(version: 0, digest: ""))
        self.init(id: id, at: at, tlp: tlp, template: try JSONEncoder().encode(empty), closesRoom: closesRoom)
    }

    func event(seen: Event.Seen, callList: Event.CallListMark) throws -> Event {
        let content = try JSONDecoder().decode(Event.self, from: template).content
        return Event(id: id, at: at, tlp: tlp, content: content, seen: seen, callList: callList)
    }
}
