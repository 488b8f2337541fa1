import CallList
import Terms

/// Somebody leads an incident room, and whoever leads has a role that allows it [R6].
enum LeadersRule {
    /// Judges the leads where a commit names them: it makes the room, or it changes them.
    static func check(
        _ change: RoomChange, on occasion: RoomJudge.Occasion, under known: KnownCallList
    ) throws(Rejection) {
        guard change.after.kind == .incident, occasion.isFounding || change.after.leads != change.before.leads else {
            return
        }
        try check(change.after, under: known)
    }

    /// Somebody who is not on the list any more leads nothing, and does no harm; but somebody must.
    static func check(_ policy: RoomPolicy, under known: KnownCallList) throws(Rejection) {
        guard let team = known.team else {
            throw Rejection("call list \(known.list.version) names nobody to this device")
        }
        let leads = policy.leads.compactMap { team.member($0) }
        guard !leads.isEmpty else { throw Rejection("nobody on call list \(known.list.version) leads the room [R6]") }
        for lead in leads where !lead.isLeadCapable {
            throw Rejection("\(lead.name) leads the room, and no role of theirs allows it [R6]")
        }
    }
}
