import Escalation
import Foundation
import Terms
import TestTeam
import Testing

@testable import CallList

@Suite struct TeamViewTests {
    private func member(_ id: String, devices: Int, expires: Date? = nil) throws -> Member {
        Member(
            id: try #require(MemberID(id)), name: id, title: nil, roles: [.responder], clearance: .amber, contacts: [:],
            devices: (0..<devices).map { _ in .random() }, expires: expires)
    }

    @Test func aPolicyResolvesToDevices() throws {
        let now = Founding.now
        let (ada, ben) = (try member("ada", devices: 2), try member("ben", devices: 0))
        let gone = try member("cyd", devices: 1, expires: now)
        let stays = try member("dot", devices: 1, expires: now.addingTimeInterval(1))
        let policy = Policy(
            id: "p",
            steps: [
                Policy.Step(after: 0, targets: [ada.id, ben.id, gone.id, stays.id], need: .all),
                Policy.Step(after: 60, targets: [ben.id], need: .any),
            ], horizon: 3600)
        let team = TeamView(members: [ada, ben, gone, stays], sensors: [], policies: [policy])
        let steps = team.resolve(policy, at: now)
        #expect(steps.map(\.persons) == [[ada.devices, stays.devices], []])
        #expect(steps.map(\.delay) == [0, 60])
        #expect(team.policy("p") == policy)
        #expect(team.policy("q") == nil)
    }

    @Test(
        "[R11] a need of all is 0; a number stays as it is, however few are there",
        arguments: [
            (.any, 1), (.all, 0), (.number(2), 2), (.number(9), 9), (.number(0), 1), (.number(-1), 1),
            (.number(.max), .max),
        ] as [(Need, UInt16)])
    func needIsAtLeastOneAndHeldDownToNobody(_ need: Need, _ expected: UInt16) {
        #expect(need.number == expected)
    }

    @Test func onlySomeRolesLead() {
        #expect(Role.allCases.filter(\.isLeadCapable) == [.responder, .analyst, .lead, .manager])
    }
}
