import CallList
import Incident
import MLS
import RelayAPI
import Terms

/// What holds of a whole incident room [R6].
extension RoomJudge {
    /// Checks who is in a room that this device was invited to, and who leads it, before it is used.
    /// - Throws: ``Rejection``, ``MissingCallList``.
    func judge(whole group: Group, policy: RoomPolicy) throws {
        guard policy.kind == .incident else { return }
        let known = try lists.list(policy.pin)
        try checkLeads(of: policy, under: known)
        for member in group.members { try checkClearance(of: member.leaf, for: policy, under: known) }
    }

    /// Only who has a lead-capable role leads. Somebody who is not on the list any more leads nothing, and does no harm;
    /// but somebody must.
    func checkLeads(of policy: RoomPolicy, under known: KnownCallList) throws {
        guard let team = known.team else {
            throw Rejection("call list \(known.list.version) names nobody to this device")
        }
        let leads = policy.leads.compactMap { team.member($0) }
        guard !leads.isEmpty else { throw Rejection("nobody on call list \(known.list.version) leads the room [R6]") }
        for lead in leads where !lead.isLeadCapable {
            throw Rejection("\(lead.name) leads the room, and no role of theirs allows it [R6]")
        }
    }

    /// A sensor belongs to no person, and so has no place here.
    func checkClearance(of leaf: LeafNode, for policy: RoomPolicy, under known: KnownCallList) throws {
        let id = try deviceID(leaf)
        guard let member = known.team?.member(of: id) else {
            throw Rejection("device \(id.short) belongs to nobody on call list \(known.list.version)")
        }
        guard member.isCleared(for: policy.tlpCeiling) else {
            throw Rejection("\(member.name) has no clearance for TLP:\(policy.tlpCeiling.rawValue)")
        }
    }
}
