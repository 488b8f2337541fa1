import ArgumentParser
import Client
import Escalation
import Foundation
import Incident
import RelayAPI
import Terms

struct RoomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "room", abstract: "Who is in a room.", subcommands: [Show.self, Add.self, Remove.self])

    struct Show: TocsinCommand {
        static let configuration = CommandConfiguration(abstract: "Show a room's state and who is in it.")

        @Argument(help: "The room: its id, or the id's first digits.")
        var room: RoomArgument

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                try await Reporting.catchUp(client)
                let detail = try client.detail(client.room(matching: room.text))
                if output.json { try JSON.show(json(detail, client)) } else { show(detail, client) }
            }
        }

        private func show(_ detail: RoomDetail, _ client: Client) {
            let render = Render()
            let kind = detail.kind == .page ? "page" : "incident"
            Terminal.show("\(kind) \(detail.id) \(detail.closed ? "closed" : "open")")
            if let ceiling = detail.tlpCeiling, let version = detail.callListVersion, let epoch = detail.epoch {
                Terminal.show("up to \(render.tlp(ceiling)), call list \(version), epoch \(epoch)")
            }
            if let page = detail.page {
                for (index, step) in page.steps.enumerated() {
                    let names = step.plan.persons.map { Sanitised.line(client.personName(ofDevices: $0)) }
                    let state = step.released.map { "called \(render.time($0))" } ?? "not called yet"
                    Terminal.show("step \(index + 1): \(names.joined(separator: ", ")) (\(state))")
                }
                for acknowledgement in page.acknowledgements {
                    let name = Sanitised.line(client.displayName(of: acknowledgement.device))
                    Terminal.show("acknowledged by \(name), \(render.time(acknowledgement.time))")
                }
            }
            for member in detail.members {
                let title = member.title.map { ", \(Sanitised.line($0))" } ?? ""
                let marks = (member.isLead ? " [lead]" : "") + (member.isSelf ? " [this device]" : "")
                Terminal.show("\(member.device.short)  \(Sanitised.line(member.name))\(title)\(marks)")
            }
            if let reason = detail.quarantined { Terminal.note("ALARM: not safe to write here: \(reason)") }
        }

        private func json(_ detail: RoomDetail, _ client: Client) -> [String: Any] {
            var value: [String: Any] = [
                "room": detail.id.description, "kind": detail.kind == .page ? "page" : "incident",
                "closed": detail.closed,
                "members": detail.members.map {
                    ["device": $0.device.description, "name": $0.name, "lead": $0.isLead, "self": $0.isSelf]
                        as [String: Any]
                },
            ]
            if let epoch = detail.epoch { value["epoch"] = epoch }
            if let version = detail.callListVersion { value["call_list"] = version }
            if let ceiling = detail.tlpCeiling { value["tlp"] = ceiling.rawValue }
            if let reason = detail.quarantined { value["quarantined"] = reason }
            if let page = detail.page {
                value["status"] = page.status.rawValue
                value["acknowledged_by"] = page.acknowledgements.map { client.displayName(of: $0.device) }
                value["steps"] = page.steps.map { step in
                    [
                        "persons": step.plan.persons.map { client.personName(ofDevices: $0) },
                        "released_ms": step.released?.milliseconds ?? NSNull(),
                    ] as [String: Any]
                }
            }
            return value
        }
    }

    struct Add: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Admit people to an incident room. They read what comes from now on.")

        @Argument(help: "The room: its id, or the id's first digits.")
        var room: RoomArgument

        @Argument(help: "Members' ids on the call list.")
        var members: [MemberID]

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                try await Reporting.catchUp(client)
                let delivery = try await client.addMembers(members, to: client.room(matching: room.text))
                try Reporting.delivery(delivery, what: "added", json: output.json)
            }
        }
    }

    struct Remove: TocsinCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take people out of an incident room. They read nothing that comes later.")

        @Argument(help: "The room: its id, or the id's first digits.")
        var room: RoomArgument

        @Argument(help: "Members' ids on the call list.")
        var members: [MemberID]

        @OptionGroup var profile: ProfileOptions
        @OptionGroup var output: OutputOptions

        func execute() async throws {
            try await profile.withClient { client in
                try await Reporting.catchUp(client)
                let delivery = try await client.removeMembers(members, from: client.room(matching: room.text))
                try Reporting.delivery(delivery, what: "removed", json: output.json)
            }
        }
    }
}
