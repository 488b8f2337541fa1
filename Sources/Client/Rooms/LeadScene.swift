import CallList
import Foundation
import RelayAPI
import Terms

/// Who leads a room now, who is there, and what was said about it: what taking the lead is decided by, before the log has it.
struct LeadScene {
    let policy: RoomPolicy
    let present: Set<DeviceID>
    private let since: Timestamp
    private let written: [DeviceID: Timestamp]
    /// Those that count now, by who is in the room, listed and in time.
    private let said: [(statement: LeadStatement, signed: [UInt8], by: Member)]
    private let newest: KnownCallList
    /// The relay's time.
    private let now: Timestamp
    /// When terms are judged.
    private let judged: Date

    /// - Parameters:
    ///   - since: when this device came in, by the relay.
    ///   - signed: statements of the room.
    init(
        room: RoomID, policy: RoomPolicy, present: Set<DeviceID>, since: Timestamp, written: [DeviceID: Timestamp],
        signed: [[UInt8]], newest: KnownCallList, clocks: Clocks
    ) {
        let (now, judged) = (Timestamp(clocks.relay), clocks.earliest)
        (self.policy, self.present, self.since, self.written, self.newest) = (policy, present, since, written, newest)
        (self.now, self.judged) = (now, judged)
        said = signed.compactMap { bytes in
            guard let unverified = try? UnverifiedLeadStatement(decoding: bytes),
                present.contains(unverified.claimedDevice),
                newest.list.isInTime(unverified.claimedDevice, at: judged),
                let key = newest.list.device(unverified.claimedDevice)?.mlsKey,
                let said = try? unverified.verify(by: key).statement, said.room == room, said.counts(at: now),
                let member = newest.team?.member(of: said.device)
            else { return nil }
            return (said, bytes, member)
        }
    }

    func isInTime(_ device: DeviceID) -> Bool { newest.list.isInTime(device, at: judged) }

    /// Whether one of the leads is in the room, listed and in time: then two must say that none is left.
    var hasLeads: Bool { policy.leads.contains(where: isInTime) }

    /// The lead who wrote last, and how many seconds ago; nil where none did for 12 hours, or none is there.
    var lastWord: (lead: DeviceID, ago: TimeInterval)? {
        guard hasLeads,
            let last = policy.leads.compactMap({ lead in written[lead].map { (lead, $0) } }).max(by: { $0.1 < $1.1 }),
            last.1.adding(milliseconds: LeadStatement.silence) > now
        else { return nil }
        return (last.0, max(0, now.date.timeIntervalSince(last.1.date)))
    }

    /// Whether this device has been in the room for as long as a silence lasts.
    var isKnownLongEnough: Bool {
        since.adding(milliseconds: LeadStatement.silence) <= now || policy.leads.contains { written[$0] != nil }
    }

    /// Signed statements that no lead is left: one for each person who may lead, and is none of those who do.
    var noLeadWords: [[UInt8]] {
        var persons: Set<MemberID> = []
        return said.filter { said in
            said.statement.kind == .noLead && said.by.isLeadCapable
                && !said.by.devices.contains(where: policy.leads.contains) && persons.insert(said.by.id).inserted
        }.map(\.signed)
    }

    func isSaid(by device: DeviceID) -> Bool {
        said.contains { $0.statement.kind == .noLead && $0.by.devices.contains(device) }
    }

    /// Another person's signed statement, who took the lead, that all of these devices are to leave.
    func agreement(toRemove devices: [DeviceID], by device: DeviceID) -> [UInt8]? {
        said.first { said in
            policy.takers.contains(said.statement.device) && !said.by.devices.contains(device)
                && names(said.statement, devices) && !devices.contains(where: said.by.devices.contains)
        }?.signed
    }

    /// Whether that device has asked for it.
    func asks(toRemove devices: [DeviceID], _ device: DeviceID) -> Bool {
        said.contains { $0.statement.device == device && names($0.statement, devices) }
    }

    private func names(_ statement: LeadStatement, _ devices: [DeviceID]) -> Bool {
        guard case .remove(let named) = statement.kind else { return false }
        return Set(named).isSuperset(of: devices)
    }
}
