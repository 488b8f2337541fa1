import CallList
import Terms

/// Somebody leads an incident room, by devices that are in it, and whoever leads has a role that allows it [R6].
enum LeadersRule {
    /// Judges the leads where a commit names them: it makes the room, or it changes them.
    static func check(
        _ change: RoomChange, on occasion: RoomJudge.Occasion, under known: KnownCallList
    ) throws(Rejection) {
        let keepsLeads = try change.keepsLeads()
        guard change.after.kind == .incident, occasion.isFounding || !keepsLeads else { return }
        try check(change.after.leads, in: change.presentAfter(), under: known)
    }

    /// Who leads a room that is joined, or took the lead there.
    /// - Parameter devices: all that are in the room.
    static func check(
        _ policy: RoomPolicy, in devices: Set<DeviceID>, under known: KnownCallList
    ) throws(Rejection) {
        try check(policy.leads + policy.takers, in: devices, under: known)
    }

    /// Somebody who is not on the list any more leads nothing, and does no harm; but somebody must.
    private static func check(
        _ leading: [DeviceID], in devices: Set<DeviceID>, under known: KnownCallList
    ) throws(Rejection) {
        guard let team = known.team else {
            throw Rejection("call list \(known.list.version) names nobody to this device")
        }
        guard devices.isSuperset(of: leading), Set(leading).count == leading.count else {
            throw Rejection("a device leads the room that is not in it [R6]")
        }
        let leads = leading.compactMap { team.member(of: $0) }
        guard !leads.isEmpty else { throw Rejection("nobody on call list \(known.list.version) leads the room [R6]") }
        for lead in leads where !lead.isLeadCapable {
            throw Rejection("\(lead.name) leads the room, and no role of theirs allows it [R6]")
        }
    }
}
