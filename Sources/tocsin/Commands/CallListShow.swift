import ArgumentParser
import CallList
import Client
import Foundation
import Terms

struct CallListShow: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show who is on this profile's call list.")

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let (list, team) = try client.callList()
            if output.json { return try JSON.show(json(list, team)) }
            Terminal.show(
                "call list \(list.version), until \(list.expires.formatted(Date.ISO8601FormatStyle())), digest \(list.digest)"
            )
            guard let team else {
                return Terminal.show("\(list.devices.count) devices; their names are not for this device")
            }
            for member in team.members {
                let title = member.title.map { ", \(Sanitised.line($0))" } ?? ""
                let roles = member.roles.map(\.rawValue).joined(separator: " ")
                Terminal.show(
                    "\(member.id.text)  \(Sanitised.line(member.name))\(title)  [\(roles)]  TLP:\(member.clearance.rawValue)  "
                        + "\(member.devices.count) device(s)")
            }
            for sensor in team.sensors {
                Terminal.show("\(sensor.id.text)  \(Sanitised.line(sensor.name))  [sensor]  policy \(sensor.policy)")
            }
            for policy in team.policies { Terminal.show("policy \(policy.id): \(steps(policy))") }
        }
    }

    private func steps(_ policy: Policy) -> String {
        policy.steps.map { step in
            (step.after == 0 ? "" : "after \(step.after) s ") + step.targets.map(\.text).joined(separator: "+")
        }.joined(separator: ", ")
    }

    private func json(_ list: CallList, _ team: TeamView?) -> [String: Any] {
        var value: [String: Any] = [
            "version": list.version, "digest": list.digest,
            "expires": list.expires.formatted(Date.ISO8601FormatStyle()), "devices": list.devices.count,
        ]
        guard let team else { return value }
        value["members"] = team.members.map { member in
            [
                "id": member.id.text, "name": member.name, "title": member.title ?? NSNull(),
                "roles": member.roles.map(\.rawValue), "clearance": member.clearance.rawValue,
                "contacts": member.contacts, "devices": member.devices.map(\.description),
            ] as [String: Any]
        }
        value["sensors"] = team.sensors.map {
            ["id": $0.id.text, "name": $0.name, "device": $0.device.description, "policy": $0.policy]
        }
        value["policies"] = team.policies.map(\.id)
        return value
    }
}
