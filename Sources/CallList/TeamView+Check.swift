import Escalation
package import Foundation
import Sodium
import Terms

extension TeamView {
    /// A sensor's part: whom it pages.
    /// - Parameter date: when the list was issued.
    package func route(of sensor: Sensor, at date: Date) -> SensorView? {
        policy(sensor.policy).map { policy in
            let steps = resolve(policy, at: date)
            let clearances = steps.map { $0.persons.compactMap { $0.first.flatMap { member(of: $0) }?.clearance } }
            return SensorView(
                name: sensor.name, steps: steps, clearances: clearances, horizon: policy.horizon, close: policy.close)
        }
    }

    /// In the one order that a list has: what differs in nothing else cannot differ at all.
    package var canonical: TeamView {
        TeamView(
            members: members.map { member in
                Member(
                    id: member.id, name: member.name, title: member.title, roles: member.roles,
                    clearance: member.clearance, contacts: member.contacts, devices: member.devices.sorted(),
                    expires: member.expires)
            }.sorted { $0.id < $1.id }, sensors: sensors.sorted { $0.id < $1.id },
            policies: policies.sorted { $0.id < $1.id })
    }

    /// Whether this view and the clear part tell of the same devices, each of one person or sensor, and whether nothing in it
    /// cannot be.
    /// - Throws: `reviewRefused`.
    func check(against list: CallList, key: ViewKey) throws(CallListError) {
        let ids = members.map(\.id) + sensors.map(\.id)
        guard Set(ids).count == ids.count else { throw Self.refused("two members or sensors have one id") }
        var seen: Set<DeviceID> = []
        for member in members {
            try Self.checkLines([member.name, member.title ?? "-"] + member.contacts.flatMap { [$0.key, $0.value] })
            for id in member.devices {
                let device = try Self.check(id, .person, of: member.id, key.commitment(to: member), list, &seen)
                guard member.expires.map({ device.expires <= $0 }) ?? true else {
                    throw Self.refused("a device of \(member.id) stays longer than the membership")
                }
            }
        }
        for sensor in sensors {
            try Self.checkLines([sensor.name])
            _ = try Self.check(sensor.device, .sensor, of: sensor.id, key.commitment(to: sensor), list, &seen)
        }
        guard seen.count == list.devices.count else { throw Self.refused("the list holds a device that is nobody's") }
        guard Set(policies.map(\.id)).count == policies.count, policies.count <= CallListLimits.policies else {
            throw Self.refused("two policies have one name, or there are too many")
        }
        for policy in policies { try check(policy) }
    }

    private static func check(
        _ id: DeviceID, _ kind: DeviceKind, of owner: MemberID, _ commitment: [UInt8], _ list: CallList,
        _ seen: inout Set<DeviceID>
    ) throws(CallListError) -> Device {
        guard let device = list.device(id), device.kind == kind, seen.insert(id).inserted else {
            throw refused("\(owner) has a device that the list does not have, or that is another's")
        }
        guard device.commitment == commitment else {
            throw refused("a device of \(owner) is committed to somebody else")
        }
        return device
    }

    private func check(_ policy: Policy) throws(CallListError) {
        guard (1...CallListLimits.steps).contains(policy.steps.count),
            (1...CallListLimits.horizonSeconds).contains(policy.horizon), policy.close != 0
        else { throw Self.refused("policy \(Spoken.quoted(policy.id)) has no step, or an end that cannot be") }
        try Self.checkLines([policy.id])
        for (index, step) in policy.steps.enumerated() {
            guard (step.after == 0) == (index == 0), Set(step.targets).count == step.targets.count,
                step.targets.allSatisfy({ member($0) != nil })
            else { throw Self.refused("step \(index + 1) of policy \(Spoken.quoted(policy.id)) cannot be") }
            if case .number(let number) = step.need, !(1...max(1, step.targets.count)).contains(number) {
                throw Self.refused(
                    "step \(index + 1) of policy \(Spoken.quoted(policy.id)) needs more people than it calls")
            }
        }
    }

    private static func checkLines(_ lines: [String]) throws(CallListError) {
        guard lines.allSatisfy({ (1...CallListLimits.lineBytes).contains($0.utf8.count) }) else {
            throw refused("a name or another line is empty, or too long")
        }
    }

    private static func refused(_ reason: String) -> CallListError { CallListError(.reviewRefused, reason) }
}
