import CallList
import Escalation
import Foundation
import Incident
import RelayAPI
import Sodium
import Terms

/// A room that is to be made, as far as it can be said without a relay.
struct RoomDraft: Codable, Sendable {
    enum Purpose: Codable, Sendable {
        /// `policy` of the call list; nil for a sensor, which has one only.
        case page(PageDraft, policy: String?)
        case incident(title: String, page: RoomID?, notice: PageNotice?)
    }

    let purpose: Purpose
    let tlp: TLP
    /// Whom to call, as of `at`: for a page the steps of its policy; for an incident room one step of everybody. Resolved
    /// anew from the newest call list when the room is made.
    let steps: [Step]
    /// Seconds; 0 for an incident room.
    let horizon: UInt32
    /// How many persons must agree that a page is over, where its policy says so [R12].
    var close: UInt16?
    let leads: [MemberID]
    let at: Timestamp
    /// Names the claim of key packages; a new one for each attempt, because a claim is answered once and for all [R14].
    var claim: EventID
    /// How often a page was made, where its relay lost it [R22]; nil for once.
    var timesSent: Int?
    /// Of a room in the place of a broken one [R8].
    var reopening: Reopening?

    var kind: RoomKind {
        switch purpose {
        case .page: .page
        case .incident: .incident
        }
    }

    var exercise: Bool {
        if case .page(let draft, _) = purpose { return draft.exercise }
        return reopening?.exercise ?? false
    }
}

/// What a room takes over from the broken one that it succeeds.
struct Reopening: Codable, Sendable {
    let succession: Succession
    /// Those that are in it, at the most: who was in the broken one.
    let devices: [DeviceID]
    /// Those of them that lead it.
    let leads: [DeviceID]
    let incident: [UInt8]
    let compartment: String
    let exercise: Bool
}

extension RoomDraft {
    /// A sensor's page, along the way that the call list gives it.
    init(alert: PageDraft, route: SensorView, at time: Timestamp) {
        self.init(
            purpose: .page(alert, policy: nil), tlp: alert.tlp, steps: route.steps, horizon: route.horizon,
            close: route.close, leads: [], at: time, claim: .random())
    }
}

/// A room whose first entries are encrypted: what to post, and the state once it is accepted.
struct BuiltRoom: Codable, Sendable {
    /// An encoded ``RoomCreation``.
    let creation: Data
    /// The relay that the room's policy names.
    let homeRelay: String
    /// The creator's group after the first entries, sealed by the vault as part of the outbox item.
    let group: Data
    let deduplication: Data?
    /// The devices that had no key package, and so could not be called.
    let unreachable: [DeviceID]
    /// Those that were left out for want of clearance.
    let uncleared: [DeviceID]?
    /// The event in the room's second entry.
    let event: Event
}

/// What an event says, before it is known where the log stands.
extension EventDraft {
    init(
        _ content: EventContent, id: EventID, at: Timestamp, tlp: TLP, alert: PageDraft? = nil
    ) throws {
        let empty = Event(
            id: id, at: at, tlp: tlp, content: content, seen: Event.Seen(seq: 0, chain: Data()),
            callList: Event.CallListMark(version: 0, digest: ""))
        self.init(
            id: id, at: at, tlp: tlp, template: try JSONEncoder().encode(empty),
            alert: alert)
    }

    func event(seen: Event.Seen, callList: Event.CallListMark) throws -> Event {
        let content = try JSONDecoder().decode(Event.self, from: template).content
        return Event(id: id, at: at, tlp: tlp, content: content, seen: seen, callList: callList)
    }
}
