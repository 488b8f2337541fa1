import CallList
import Foundation
import Incident
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Client
@testable import MLS

/// Joiners and members check who leads an incident room, and who is in it [R6].
@Suite struct JoinRuleTests {
    /// A room that ada makes by no rules, with bo in it.
    private func group(
        _ world: World, leads: [String], adding others: [Client] = [], ceiling: TLP = .red,
        kind: RoomKind = .incident
    ) throws -> (group: Group, policy: RoomPolicy, judge: RoomJudge) {
        let ada = try world.client("ada")
        let room = RoomID.random()
        let policy = RoomPolicy(
            kind: kind, incident: room.bytes, homeRelay: "r1",
            leads: try leads.map { try world.client($0).device },
            tlpCeiling: ceiling, retention: 0, exercise: false, pin: try ada.trust.newest().pin)
        let group = try Group.create(
            id: room.bytes, identity: ada.device.bytes, signer: ada.own.keys.mls,
            capabilities: RoomPolicy.capabilities, lifetime: ada.own.keyPackageLifetime, extensions: policy.extensions,
            judge: Anything())
        var plan = CommitPlan()
        plan.adds = try others.map { client in
            try KeyPackageBundle.generate(
                identity: client.device.bytes, signer: client.own.keys.mls, lifetime: client.own.keyPackageLifetime,
                capabilities: RoomPolicy.capabilities, lastResort: false
            ).keyPackage
        }
        let next = try group.commit(plan, signer: ada.own.keys.mls, judge: Anything()).next
        return (
            next, policy, RoomJudge(room: room, lists: ada.own.lists, time: world.clock.date, occasion: .joining)
        )
    }

    @Test("A room led by nobody or by a stranger, with a sensor, or with somebody not cleared, is not joined")
    func wholeRoom() async throws {
        try await World.with { world in
            try await world.publish(try world.list(members: World.persons, clearance: ["bo": "GREEN"]))
            let (bo, mara, siem) = (try world.client("bo"), try world.client("mara"), try world.client("siem"))
            func verdict(_ made: (group: Group, policy: RoomPolicy, judge: RoomJudge)) throws -> String {
                do {
                    try made.judge.judge(whole: made.group, policy: made.policy)
                    return "joined"
                } catch let rejection as Rejection {
                    return rejection.description
                }
            }
            #expect(try verdict(group(world, leads: ["ada"], adding: [mara])) == "joined")
            #expect(try verdict(group(world, leads: [], adding: [mara])).contains("leads the room"))
            #expect(try verdict(group(world, leads: ["mara"], adding: [])).contains("leads the room"))
            #expect(try verdict(group(world, leads: ["ada"], adding: [siem])).contains("belongs to nobody"))
            #expect(try verdict(group(world, leads: ["ada"], adding: [bo])).contains("no clearance"))
            #expect(try verdict(group(world, leads: ["ada"], adding: [bo], ceiling: .green)) == "joined")
        }
    }

    @Test("[R14] A page that calls somebody who is not cleared: they do not take it in, and others say who it is")
    func unclearedInPage() async throws {
        try await World.with { world in
            try await world.publish(try world.list(members: World.persons, clearance: ["ada": "CLEAR", "bo": "GREEN"]))
            let (bo, mara) = (try world.client("bo"), try world.client("mara"))
            func uncleared(_ ceiling: TLP) throws -> [DeviceID] {
                let made = try group(world, leads: [], adding: [bo, mara], ceiling: ceiling, kind: .page)
                return ClearanceRule.uncleared(in: made.group, for: made.policy, under: try bo.trust.newest())
            }
            #expect(try uncleared(.red) == [bo.device] && uncleared(.amber) == [bo.device])
            #expect(try uncleared(.green).isEmpty)
        }
    }

    @Test("Nobody is added beside somebody who lost their clearance: the lead is told whom to take out")
    func lostClearance() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await world.publish(try world.list(members: World.persons, clearance: ["bo": "GREEN"]))
            #expect(try await code { _ = try await ada.addMembers([member("mara")], to: room) } == .notPermitted)
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            #expect(try await ada.addMembers([member("mara")], to: room).isAccepted)
            let mara = try world.client("mara")
            try await mara.sync()
            #expect(try mara.detail(room).members.count == 2 && mara.causes.isEmpty)
        }
    }
}
