import ArgumentParser
import CallList
import Foundation
import Terms

struct CallListCheck: TocsinCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Verify a call list's signatures.")

    @Argument(help: "The call list's file.")
    var file: String

    @OptionGroup var root: RootOptions

    @OptionGroup var output: OutputOptions

    func execute() async throws {
        let list = try UnverifiedCallList(decoding: Files.read(file)).verify(root: root.load())
        if list.isExpired(at: Date()) { Terminal.note("warning: call list \(list.version) has expired") }
        if output.json {
            try JSON.show([
                "version": list.version, "digest": list.digest, "previous": list.previous ?? NSNull(),
                "issued": list.issued.formatted(Date.ISO8601FormatStyle()),
                "expires": list.expires.formatted(Date.ISO8601FormatStyle()),
                "devices": list.devices.map { ["id": $0.id.description, "kind": $0.kind.rawValue] },
                "relays": list.relays.map { ["id": $0.id, "addresses": $0.addresses] },
            ])
        } else {
            Terminal.show(
                "valid: call list \(list.version), \(list.devices.count) devices, digest \(list.digest)")
        }
    }
}
