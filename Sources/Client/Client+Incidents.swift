import CallList
import Escalation
import Foundation
import Incident
import MLS
import RelayAPI
import Sodium
public import Terms

extension Client {
    /// Opens an incident room with this person as its lead, and those members; from a page, its notice goes along.
    /// - Throws: `unknownMember`, `notPermitted` where this person's roles or clearance do not allow it.
    public func openIncident(
        title: String, from page: RoomID?, tlp: TLP, members: [MemberID]
    ) async throws -> Posted {
        let team = try trust.team()
        guard let me = team.member(of: device) else { throw Trust.revoked(try trust.newest().list.version) }
        guard me.isLeadCapable else {
            throw ClientError(.notPermitted, "none of your roles may lead an incident room")
        }
        var notice: PageNotice?
        if let page {
            notice = try detail(page).page?.notice
            guard notice != nil else { throw ClientError(.inputRefused, "room \(page.short) holds no page") }
        }
        try checked {
            () throws(EventError) in
            try EventContent.incident(IncidentOpening(title: title, page: page, notice: notice)).validate(in: .incident)
        }
        var persons = try Set(members + [me.id]).sorted().map { try person($0, team: team, ceiling: tlp).devices }
        persons = persons.map { $0.filter { $0 != device } }.filter { !$0.isEmpty }
        return try await make(
            RoomDraft(
                purpose: .incident(title: title, page: page, notice: notice), tlp: tlp,
                steps: [Step(delay: 0, need: 1, persons: persons)], horizon: 0, leads: [me.id], at: own.time,
                claim: .random()))
    }

    /// Admits people to an incident room: all their devices, from now on. Those that lost their place there, because others
    /// went on from a commit that they cannot use, get it back [R8].
    /// - Throws: `notPermitted` unless this person is a lead [R6], or gives its place back to a device that leads.
    public func addMembers(_ members: [MemberID], to room: RoomID) async throws -> Delivery {
        let team = try trust.team()
        try await own.noticing { try await own.catchUp() }
        let (policy, present) = try membership(of: room)
        let lost = try lostLeaves(of: room)
        let devices = try members.flatMap { try person($0, team: team, ceiling: policy.tlpCeiling).devices }
            .filter { !present.contains($0) || lost[$0] != nil }
        guard !devices.isEmpty else {
            throw ClientError(.inputRefused, "they are in the room already, or have no devices")
        }
        return try await own.relaying {
            let packages = try await own.claim(
                devices, claim: .random(), from: own.links.forNewRooms(), list: trust.newest().list)
            guard !packages.isEmpty else {
                throw ClientError(
                    .nobodyToPage, "none of their devices has a key package at the relay",
                    hint: "have them run `tocsin status` once")
            }
            return delivery(
                of: try await Room(room, of: own).commit { group, policy in
                    let newest = try trust.newest()
                    let present = group.devices
                    // Another lead may have been quicker, or the officers may have taken somebody off the list.
                    let away = group.members.filter { member in
                        (try? member.leaf.deviceID()).map { lost[$0] == member.leaf } ?? false
                    }
                    let back = Set(try away.map { try $0.leaf.deviceID() })
                    var wanted = devices.filter {
                        packages[$0] != nil && (!present.contains($0) || back.contains($0))
                            && newest.list.device($0) != nil
                    }
                    // Whoever does not lead gives back a lead's place, one in a commit, and does nothing else.
                    if !policy.leads.contains(device), let lead = wanted.first(where: { policy.leads.contains($0) }) {
                        wanted = [lead]
                    }
                    guard !wanted.isEmpty else { return nil }
                    try checkCleared(present, for: policy, team: newest.team)
                    var plan = CommitPlan()
                    plan.adds = wanted.compactMap { packages[$0] }
                    plan.removes = try away.filter { wanted.contains(try $0.leaf.deviceID()) }.map(\.index)
                    // A lead's new device leads, too, by a lead's word [R6].
                    let leading = wanted.filter {
                        policy.leads.contains(device) && !policy.leads.contains($0)
                            && leads(policy, with: $0, team: newest.team)
                    }
                    plan.extensions = policy.pinned(to: newest.pin).led(by: policy.leads + leading).extensions
                    return Room.PlannedCommit(plan: plan, welcomed: wanted)
                }, orElse: "they are in the room already")
        }
    }

    /// Takes people out of an incident room: they read nothing that comes later. Who took the lead asks for it, and does it where
    /// another has asked who took it, too [R6].
    /// - Throws: `notPermitted` unless this person leads; `unknownMember` where they are not in it.
    public func removeMembers(_ members: [MemberID], from room: RoomID) async throws -> Removal {
        let team = try trust.team()
        try await own.noticing { try await own.catchUp() }
        let devices = Set(
            try members.flatMap { id in
                guard let member = team.member(id) else { throw Self.unknown(id, team) }
                return member.devices
            })
        guard !devices.contains(device) else {
            throw ClientError(.inputRefused, "you cannot remove yourself", hint: "another lead can")
        }
        guard !devices.isDisjoint(with: try membership(of: room).devices) else {
            throw ClientError(.unknownMember, "they are not in the room")
        }
        let agreed = try await agreement(toRemove: devices, from: room)
        if let asked = agreed.asked { return .asked(asked) }
        return .done(
            try await own.relaying {
                delivery(
                    of: try await Room(room, of: own).commit { group, policy in
                        let newest = try trust.newest()
                        var plan = CommitPlan()
                        plan.removes = group.members.filter { member in
                            member.leaf.identity.flatMap { DeviceID($0) }.map { devices.contains($0) } ?? false
                        }.map(\.index)
                        guard !plan.removes.isEmpty else { return nil }
                        plan.extensions = policy.pinned(to: newest.pin).extensions
                        return Room.PlannedCommit(plan: plan, statements: agreed.statements)
                    }, orElse: "they are not in the room any more")
            })
    }

    /// Sends a written update.
    public func send(_ text: String, tlp: TLP?, to room: RoomID) async throws -> Delivery {
        try await say(.note(Note(text: text)), tlp: tlp, in: room).delivery
    }

    /// Sends a file, whole, in one event.
    public func sendFile(name: String, content: [UInt8], tlp: TLP?, to room: RoomID) async throws -> Delivery {
        let file = FileContent(name: name, content: Data(content), hash: Data(BLAKE2b.hash(content)))
        return try await say(.file(file), tlp: tlp, in: room).delivery
    }

    func delivery(of committed: Room.Committed, orElse reason: String) -> Delivery {
        switch committed {
        case .accepted(let receipt): .accepted(seq: receipt.seq, time: receipt.time)
        case .waits(let error): .queued(reason: error.reason)
        case .needless: .needless(reason: reason)
        }
    }

    // MARK: Who

    /// The leaves of devices that lost their place in a room: what they were when that was read.
    private func lostLeaves(of room: RoomID) throws -> [DeviceID: LeafNode] {
        let (lost, group) = try vault.read { db in
            (try db.lostDevices(of: room), try Room(room, of: own).writable(in: db).group)
        }
        let leaves = group.members.compactMap { member in
            (try? member.leaf.deviceID()).map { ($0, member.leaf) }
        }
        return Dictionary(leaves.filter { lost.contains($0.0) }) { first, _ in first }
    }
    private func membership(of room: RoomID) throws -> (policy: RoomPolicy, devices: Set<DeviceID>) {
        let (record, group) = try vault.read { try Room(room, of: own).writable(in: $0) }
        guard record.kind == .incident else {
            throw ClientError(
                .notPermitted, "nobody is added to or removed from a page",
                hint: "open an incident: tocsin open --from PAGE")
        }
        return (
            try RoomPolicy(in: group.context.extensions),
            Set(group.members.compactMap { $0.leaf.identity.flatMap { DeviceID($0) } })
        )
    }

    /// Whether a device is of somebody who leads the room with another one.
    private func leads(_ policy: RoomPolicy, with device: DeviceID, team: TeamView?) -> Bool {
        team?.member(of: device).map { !Set($0.devices).isDisjoint(with: policy.leads) } ?? false
    }

    /// Whoever joins checks the whole room [R6]: who is not cleared for it any more must leave first.
    private func checkCleared(_ present: Set<DeviceID>, for policy: RoomPolicy, team: TeamView?) throws(ClientError) {
        for member in team?.members ?? [] where !present.isDisjoint(with: member.devices) {
            guard member.isCleared(for: policy.tlpCeiling) else {
                throw ClientError(
                    .notPermitted,
                    "\(member.name) is in the room and no longer cleared for TLP:\(policy.tlpCeiling.rawValue)",
                    hint: "take them out first: tocsin room remove \(member.id.text)")
            }
        }
    }

    private func person(_ id: MemberID, team: TeamView, ceiling: TLP) throws(ClientError) -> Member {
        guard let member = team.member(id) else { throw Self.unknown(id, team) }
        guard member.isCleared(for: ceiling) else {
            throw ClientError(
                .notPermitted,
                "\(member.name) is cleared up to TLP:\(member.clearance.rawValue), below TLP:\(ceiling.rawValue)")
        }
        return member
    }

    private static func unknown(_ id: MemberID, _ team: TeamView) -> ClientError {
        ClientError(
            .unknownMember, "nobody on the call list is called \(id)",
            hint: "there are: \(team.members.map(\.id.text).sorted().joined(separator: ", "))")
    }

}
