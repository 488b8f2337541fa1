import CallList
import Foundation
import Terms

/// Who is on the call list, as far as this device may know.
struct CallListView: View {
    private let list: CallList
    private let team: TeamView?

    init(_ list: CallList, team: TeamView?) { (self.list, self.team) = (list, team) }

    func lines(in style: Style) -> [String] {
        let head = "call list \(list.version), until \(style.date(list.expires)), digest \(list.digest)"
        guard let team else { return [head, "\(list.devices.count) devices; their names are not for this device"] }
        return [head] + team.members.map(line)
            + team.sensors.map {
                "\($0.id.text)  \(Sanitised.line($0.name))  [sensor]  policy \(Sanitised.line($0.policy))"
            } + team.policies.map { "policy \(Sanitised.line($0.id)): \(steps($0))" }
    }

    private func line(_ member: Member) -> String {
        let title = member.title.map { ", \(Sanitised.line($0))" } ?? ""
        let roles = member.roles.map(\.rawValue).joined(separator: " ")
        return "\(member.id.text)  \(Sanitised.line(member.name))\(title)  [\(roles)]  "
            + "TLP:\(member.clearance.rawValue)  \(member.devices.count) device(s)"
    }

    private func steps(_ policy: Policy) -> String {
        policy.steps.map { step in
            (step.after == 0 ? "" : "after \(step.after) s ") + step.targets.map(\.text).joined(separator: "+")
        }.joined(separator: ", ")
    }

    private struct MemberFields: Encodable {
        let id, name: String
        let title: OrNull<String>
        let roles: [String]
        let clearance: String
        let contacts: [String: String]
        let devices: [String]
    }

    private struct SensorFields: Encodable {
        let id, name, device, policy: String
    }

    private struct Fields: Encodable {
        let version: UInt64
        let digest: String
        let expires: Date
        let devices: Int
        let members: [MemberFields]?
        let sensors: [SensorFields]?
        let policies: [String]?
    }

    func encode(to encoder: any Encoder) throws {
        try Fields(
            version: list.version, digest: list.digest, expires: list.expires, devices: list.devices.count,
            members: team?.members.map { member in
                MemberFields(
                    id: member.id.text, name: member.name, title: OrNull(member.title),
                    roles: member.roles.map(\.rawValue), clearance: member.clearance.rawValue,
                    contacts: member.contacts, devices: member.devices.map(\.description))
            },
            sensors: team?.sensors.map {
                SensorFields(id: $0.id.text, name: $0.name, device: $0.device.description, policy: $0.policy)
            },
            policies: team?.policies.map(\.id)
        ).encode(to: encoder)
    }
}
