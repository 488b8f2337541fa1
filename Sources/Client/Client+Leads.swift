import CallList
import Foundation
import MLS
import RelayAPI
public import Terms

/// What asking for the lead of a room came to.
public enum Takeover: Sendable, Hashable {
    case taken(Delivery)
    /// This person says that no lead is left; one more must, who may lead.
    case said(Delivery)
}

/// What asking for somebody to leave a room came to.
public enum Removal: Sendable, Hashable {
    case done(Delivery)
    /// This person, who took the lead, has asked for it; one more must who took it, and does it by that.
    case asked(Delivery)
}

/// Who leads an incident room, where no lead is left [R6].
extension Client {
    /// Says that none of the leads has written for 12 hours. Two persons must who may lead, so that one can take the lead of a room
    /// whose leads are still listed.
    /// - Throws: `notPermitted` where a lead is there, or this person may not lead; `inputRefused` where this device leads.
    public func sayNoLead(in room: RoomID) async throws -> Delivery {
        try await own.noticing { try await own.catchUp() }
        let scene = try takeableScene(of: room)
        guard scene.hasLeads else {
            return .needless(
                reason: "no lead is in room \(room.short) at all: take it with tocsin room lead take \(room.short)")
        }
        guard !scene.isSaid(by: device) else { return .needless(reason: "you have said so") }
        return try await say(.noLead, in: room)
    }

    /// Takes the lead of a room where no lead is left, visibly to all. It displaces nobody.
    /// - Throws: as ``sayNoLead(in:)``.
    public func takeLead(of room: RoomID) async throws -> Takeover {
        try await own.noticing { try await own.catchUp() }
        var scene = try takeableScene(of: room)
        if scene.hasLeads, scene.noLeadWords.count < 2 {
            guard !scene.isSaid(by: device) else {
                return .said(.needless(reason: "you have said that no lead is left; one more must, who may lead"))
            }
            let delivery = try await say(.noLead, in: room)
            scene = try takeableScene(of: room)
            guard scene.noLeadWords.count >= 2 else { return .said(delivery) }
        }
        let words = scene.hasLeads ? Array(scene.noLeadWords.prefix(2)) : []
        return try await own.relaying {
            .taken(
                delivery(
                    of: try await Room(room, of: own).commit { _, policy in
                        guard !policy.isLed(by: device) else { return nil }
                        var plan = CommitPlan()
                        plan.extensions = policy.pinned(to: try trust.newest().pin).taken(by: device).extensions
                        return Room.PlannedCommit(plan: plan, statements: words)
                    }, orElse: "you lead the room already"))
        }
    }

    /// The scene of a room whose lead may be taken, as far as this device can tell.
    private func takeableScene(of room: RoomID) throws -> LeadScene {
        let scene = try leadScene(of: room)
        guard let me = try trust.team().member(of: device) else { throw Trust.revoked(try trust.newest().list.version) }
        guard me.isLeadCapable else {
            throw ClientError(.notPermitted, "none of your roles may lead an incident room")
        }
        guard !scene.policy.isLed(by: device) else { throw ClientError(.inputRefused, "you lead the room already") }
        let hint = "the lead can be taken where none of those who lead has written for 12 hours"
        if let (lead, time) = scene.lastWord {
            throw ClientError(
                .notPermitted,
                "\(displayName(of: lead)) leads room \(room.short), and wrote there \(time < 60 ? "a moment" : Clocks.words(time)) ago",
                hint: hint)
        }
        guard !scene.hasLeads || scene.isKnownLongEnough else {
            throw ClientError(
                .notPermitted, "this device came into room \(room.short) less than 12 hours ago, so it cannot tell",
                hint: hint)
        }
        return scene
    }

    private func say(_ kind: LeadStatement.Kind, in room: RoomID) async throws -> Delivery {
        let event = EventID.random()
        let said = LeadStatement(kind, room: room, device: device, event: event, at: Timestamp(trust.clocks.relay))
        let signed = Data(try said.signed(by: own.keys.mls))
        return try await outbox.deliver(.leadStatement(signed), event: event, room: room).delivery
    }

    // MARK: Removing, by one who took the lead

    /// What lets this device, which took the lead, remove devices that are listed.
    /// - Returns: the statements to carry; nil where it has asked for it now, or before.
    func agreement(toRemove devices: Set<DeviceID>, from room: RoomID) async throws -> (
        statements: [[UInt8]], asked: Delivery?
    ) {
        let scene = try leadScene(of: room)
        let listed = devices.intersection(scene.present).filter(scene.isInTime).sorted()
        guard !listed.isEmpty, scene.policy.takers.contains(device), !scene.policy.leads.contains(device) else {
            return ([], nil)
        }
        if let word = scene.agreement(toRemove: listed, by: device) { return ([word], nil) }
        guard listed.count <= LeadStatement.mostNamed else {
            throw ClientError(.inputRefused, "at most \(LeadStatement.mostNamed) devices are asked for at once")
        }
        guard !scene.asks(toRemove: listed, device) else {
            return ([], .needless(reason: "you have asked for it; one more must who took the lead"))
        }
        return ([], try await say(.remove(listed), in: room))
    }

    private func leadScene(of room: RoomID) throws -> LeadScene {
        let newest = try trust.newest()
        return try vault.read { db in
            let (record, group) = try Room(room, of: own).writable(in: db)
            guard record.kind == .incident else { throw ClientError(.inputRefused, "nobody leads a page") }
            return LeadScene(
                room: room, policy: try RoomPolicy(in: group.context.extensions), present: group.devices,
                since: record.head.since, written: try db.written(in: room), signed: try db.leadStatements(in: room),
                newest: newest, clocks: trust.clocks)
        }
    }
}
