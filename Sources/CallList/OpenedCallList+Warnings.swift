import Escalation
public import Foundation
import Terms

extension OpenedCallList {
    /// What will not work as it may have been meant: for whoever compiles the list, and again for everybody who signs it [R13].
    /// - Parameter date: when the list is issued.
    public func warnings(at date: Date) -> [String] {
        var warnings = team.policies.flatMap { self.warnings(of: $0, at: date) }
        for sensor in team.sensors where team.route(of: sensor, at: date)?.steps.allSatisfy(\.callsNobody) ?? true {
            warnings.append(
                "sensor \(sensor.id) can page nobody: policy \(Spoken.quoted(sensor.policy)) calls nobody")
        }
        for member in team.members {
            if let end = member.expires, end <= date {
                warnings.append(
                    "\(named(member.id))'s membership ended on \(Documents.timestamp(end)): nobody calls them")
            } else if member.devices.isEmpty {
                warnings.append("\(named(member.id)) has no device and cannot be reached")
            }
        }
        for device in devicesByOwner where device.expires <= date {
            warnings.append(
                "device \(device.id.short) of \(owner(of: device.id)) ends on \(Documents.timestamp(device.expires)), "
                    + "no later than this list is issued: it can do nothing")
        }
        let old = date.addingTimeInterval(-Double(CallListLimits.sealingKeyDays) * 86_400)
        for device in devicesByOwner where device.sealing.created < old {
            warnings.append(
                "the sealing key of device \(device.id.short) of \(owner(of: device.id)) is more than "
                    + "\(CallListLimits.sealingKeyDays) days old: tocsin device renew")
        }
        for officer in list.officers where officer.sealing.created < old {
            warnings.append(
                "the sealing key of officer \(Officer.fingerprint(of: officer.key)) is more than "
                    + "\(CallListLimits.sealingKeyDays) days old: tocsin officer renew")
        }
        let readers = list.officers.count
        if readers < list.root.threshold {
            warnings.append(
                "\(readers) of \(list.root.officers.count) officers can open this list, and \(list.root.threshold) must sign: "
                    + "name their public documents under `officers:`")
        }
        return warnings
    }

    private func warnings(of policy: Policy, at date: Date) -> [String] {
        var warnings: [String] = []
        var due: UInt64 = 0
        for (index, (step, planned)) in zip(team.resolve(policy, at: date), policy.steps).enumerated() {
            let name = "step \(index + 1) of policy \(Spoken.quoted(policy.id))"
            due += UInt64(planned.after)
            if step.callsNobody {
                warnings.append("\(name) calls nobody and will be skipped")
            } else if step.persons.count < Int(step.need) {
                warnings.append("\(name) needs \(step.need) people, and only \(step.persons.count) of it can be called")
            }
            if due >= policy.horizon {
                warnings.append("\(name) comes after the policy's horizon and is never released")
            }
            for member in planned.targets.compactMap({ team.member($0) }) where !member.isCleared(for: .amber) {
                warnings.append(
                    "\(name) calls \(named(member.id)), who is cleared up to TLP:\(member.clearance.rawValue): pages are TLP:AMBER "
                        + "unless they say otherwise, and skip them")
            }
        }
        return warnings
    }
}
