import CallList
import MLS
import Terms

/// Whoever is let into an incident room is a person, cleared for the most that may be said there. Joiners ask it of the whole
/// room before they use it [R6]. Whom a page calls is cleared for it, too [R14].
enum ClearanceRule {
    static func check(_ change: RoomChange, under known: KnownCallList) throws(Rejection) {
        guard change.after.kind == .incident else { return }
        for leaf in change.added { try check(leaf, for: change.after, under: known) }
    }

    /// A sensor belongs to no person, and so has no place here.
    static func check(_ leaf: LeafNode, for policy: RoomPolicy, under known: KnownCallList) throws(Rejection) {
        let id = try leaf.deviceID()
        guard let member = known.team?.member(of: id) else {
            throw Rejection("device \(id.short) belongs to nobody on call list \(known.list.version)")
        }
        guard member.isCleared(for: policy.tlpCeiling) else {
            throw Rejection("\(member.name) has no clearance for TLP:\(policy.tlpCeiling.rawValue)")
        }
    }

    /// Whom a page calls though they are not cleared for it [R14]; not its maker, at the first leaf, whom it does not tell
    /// anything.
    static func uncleared(in group: Group, for policy: RoomPolicy, under known: KnownCallList) -> [DeviceID] {
        guard policy.kind == .page, let team = known.team else { return [] }
        return group.members.dropFirst().compactMap { member in
            guard let device = try? member.leaf.deviceID(), let person = team.member(of: device) else { return nil }
            return person.isCleared(for: policy.tlpCeiling) ? nil : device
        }
    }
}
