import ArgumentParser
import CallList
import Client
import Foundation
import Terms

struct Status: TocsinCommand {
    static let configuration = CommandConfiguration(abstract: "Show how this device stands, and catch up.")

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            let status = try await client.status()
            if output.json { try JSON.show(json(status)) } else { show(status) }
            if status.callListVersion == nil { throw ExitCode(ExitStatus.notConfigured.rawValue) }
            if let trouble = status.relay?.trouble { throw ExitCode(Ending(trouble).status.rawValue) }
        }
    }

    private func show(_ status: ClientStatus) {
        Terminal.show("device     \(status.device.short) (\(status.kind.rawValue)), \(Sanitised.line(status.name))")
        Terminal.show("profile    \(status.directory)")
        if let version = status.callListVersion, let expires = status.callListExpires {
            let end = expires.formatted(Date.ISO8601FormatStyle())
            Terminal.show("call list  \(version), \(status.callListExpired ? "EXPIRED" : "until") \(end)")
        } else {
            Terminal.show("call list  none yet: tocsin enroll complete --calllist FILE")
        }
        if let relay = status.relay {
            Terminal.show("relay      \(relay.id) \(relay.address): \(relay.trouble?.reason ?? "reached")")
        }
        Terminal.show("rooms      \(status.openRooms) open")
        Terminal.show("queued     \(status.queued)")
        for alarm in status.alarms { Terminal.show("ALARM      \(Sanitised.line(alarm))") }
    }

    private func json(_ status: ClientStatus) -> [String: Any] {
        var value: [String: Any] = [
            "device": status.device.description, "kind": status.kind.rawValue, "name": status.name,
            "profile": status.directory, "expired": status.callListExpired, "queued": status.queued,
            "open_rooms": status.openRooms, "alarms": status.alarms,
        ]
        if let version = status.callListVersion { value["call_list"] = version }
        if let expires = status.callListExpires { value["expires"] = expires.formatted(Date.ISO8601FormatStyle()) }
        if let relay = status.relay {
            value["relay"] =
                [
                    "id": relay.id, "address": relay.address, "trouble": relay.trouble?.reason ?? NSNull(),
                ] as [String: Any]
        }
        return value
    }
}
