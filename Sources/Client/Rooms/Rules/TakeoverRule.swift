import CallList
import Foundation
import RelayAPI
import Terms

/// Somebody takes the lead of an incident room only where no lead is left [R6]: takers aside, none is in the room, listed and in
/// time, or none wrote there for 12 hours and two persons say so who may lead. Whoever takes it has a role that allows it, displaces
/// nobody, and says nothing about who leads.
enum TakeoverRule {
    static func check(
        _ change: RoomChange, in room: RoomID, on occasion: RoomJudge.Occasion, under known: KnownCallList,
        at time: Date
    ) throws(Rejection) {
        let (takes, keepsTakers) = (try change.takesLead(), try change.keepsTakers())
        guard keepsTakers, !occasion.isFounding || change.after.takers.isEmpty else {
            throw Rejection("a commit says of others that they took the lead [R6]")
        }
        let (isByTaker, isByLead, keepsLeads) = (try change.isByTaker(), try change.isByLead(), try change.keepsLeads())
        guard !isByTaker || isByLead || keepsLeads else { throw Rejection("only a lead says who leads [R6]") }
        guard takes else { return }
        let author = try change.committer.deviceID()
        guard change.before.kind == .incident, case .following(let header, let epoch) = occasion else {
            throw Rejection("nobody takes the lead of a page, or of a room that is made [R6]")
        }
        guard let member = known.team?.member(of: author), member.isLeadCapable else {
            throw Rejection("somebody takes the lead, and no role of theirs allows it [R6]")
        }
        guard !isByLead else { throw Rejection("a lead takes the lead [R6]") }
        let leads = change.before.leads
        guard leads.contains(where: { known.list.isInTime($0, at: time) }) else { return }
        guard epoch.areSilent(leads) else {
            throw Rejection("somebody takes the lead, and a lead wrote in the last 12 hours [R6]")
        }
        let said = header.statements(in: room, epoch, of: change, under: known, at: time).filter { $0.kind == .noLead }
        let persons = said.compactMap { known.team?.member(of: $0.device) }.filter { member in
            member.isLeadCapable && !member.devices.contains(where: leads.contains)
        }
        guard Set(persons.map(\.id)).count >= 2 else {
            throw Rejection("somebody takes the lead, and fewer than two who may lead say that no lead is left [R6]")
        }
    }

    /// Devices that another person who took the lead wants to leave, other than their own.
    static func agreedRemovals(
        of change: RoomChange, in room: RoomID, on occasion: RoomJudge.Occasion, under known: KnownCallList,
        at time: Date
    ) throws(Rejection) -> Set<DeviceID> {
        guard try change.isByTaker(), case .following(let header, let epoch) = occasion else { return [] }
        let author = known.team?.member(of: try change.committer.deviceID())
        var agreed: Set<DeviceID> = []
        for said in header.statements(in: room, epoch, of: change, under: known, at: time) {
            guard case .remove(let devices) = said.kind, change.before.takers.contains(said.device),
                let taker = known.team?.member(of: said.device), taker.id != author?.id
            else { continue }
            agreed.formUnion(devices.filter { !taker.devices.contains($0) })
        }
        return agreed
    }
}

extension RoomJudge.RoomEpoch {
    /// Whether none of the leads wrote for 12 hours, as far as this device has read.
    fileprivate func areSilent(_ leads: [DeviceID]) -> Bool {
        leads.allSatisfy { lead in
            written[lead].map { $0.adding(milliseconds: LeadStatement.silence) <= entryTime } ?? true
        }
    }
}

extension CommitHeader {
    /// Those that count: by who was in the room, and is listed and in time.
    fileprivate func statements(
        in room: RoomID, _ epoch: RoomJudge.RoomEpoch, of change: RoomChange, under known: KnownCallList, at time: Date
    ) -> [LeadStatement] {
        statements(in: room, at: epoch.entryTime) { device in
            guard change.present.contains(device), known.list.isInTime(device, at: time) else { return nil }
            return known.list.device(device)?.mlsKey
        }
    }
}
