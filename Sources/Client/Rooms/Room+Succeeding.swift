import CallList
import Foundation
import MLS
import RelayAPI
import Terms

/// Broken rooms and those in their place [R8].
extension Room {
    /// Its relay lost it: what is to be said there waits until somebody reopens it, or is sent anew where it is a page [R22].
    var isForgotten: Bool { get throws { try head()?.isForgotten ?? false } }

    /// The room that a policy says it succeeds, as this device has it; nil where it has no place there.
    func predecessor(of policy: RoomPolicy, in db: VaultTransaction) throws -> SuccessionRule.Predecessor? {
        guard let succession = policy.succeeds, let record = try db.record(succession.room),
            record.kind == .incident, !record.head.closed, let group = record.group
        else { return nil }
        return SuccessionRule.Predecessor(
            devices: group.devices, epoch: group.epoch.value,
            transcript: group.context.confirmedTranscriptHash)
    }

    /// Notes that this room is in another's place; who came in later follows whoever is there.
    func noteSuccession(by group: Group, in db: VaultTransaction) throws {
        guard group.epoch.value == SuccessionRule.firstEpoch,
            let succession = try RoomPolicy(in: group.context.extensions).succeeds,
            let founder = try group.members.first?.leaf.deviceID(),
            let old = try db.record(succession.room)?.group
        else { return }
        let isByLead = try RoomPolicy(in: old.context.extensions).leads.contains(founder)
        try db.note(
            id, succeeds: succession.room, by: founder, isByLead: isByLead, members: group.devices.count)
    }

    /// The broken room's place is taken by one of its own members, of those who were in it and are listed.
    func reopening(in db: VaultTransaction) throws -> (draft: Reopening, policy: RoomPolicy, group: Group) {
        guard let record = try db.record(id) else { throw unknown }
        guard record.kind == .incident else {
            throw ClientError(
                .inputRefused, "room \(id.short) is a page",
                hint: "a page is made go on with: tocsin reopen \(id.short)")
        }
        guard let group = record.group, !record.head.closed, record.head.quarantined == nil else {
            throw ClientError(
                .notPermitted, "this device has no place in room \(id.short) any more, so it cannot reopen it",
                hint: "another one who is in it can")
        }
        let policy = try RoomPolicy(in: group.context.extensions)
        guard record.head.isForgotten || policy.leads.contains(own.id) else {
            throw ClientError(
                .notPermitted, "room \(id.short) is not known to be broken: only a lead reopens it then")
        }
        let newest = try trust.newest()
        func isInTime(_ device: DeviceID) -> Bool { newest.list.isInTime(device, at: trust.clocks.earliest) }
        let devices = group.devices.filter(isInTime).sorted()
        let leads = policy.leads.filter(isInTime)
        guard !leads.isEmpty || newest.team?.member(of: own.id)?.isLeadCapable == true else {
            throw ClientError(.notPermitted, "no lead is left in room \(id.short), and none of your roles may lead")
        }
        let draft = Reopening(
            succession: Succession(
                room: id, epoch: group.epoch.value, transcript: group.context.confirmedTranscriptHash),
            devices: devices, leads: leads.isEmpty ? [own.id] : leads, incident: policy.incident,
            compartment: policy.compartment, exercise: policy.exercise)
        return (draft, policy, group)
    }
}
