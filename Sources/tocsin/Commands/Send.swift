import ArgumentParser
import Client
import Foundation
import Incident
import Terms

struct Send: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message or a file to an incident room.",
        discussion: "Without TEXT, or with -, the message is read from standard input.")

    @Argument(help: "The room: its id, or the id's first digits.")
    var room: RoomArgument

    @Argument(help: "The message.")
    var text = "-"

    @Option(help: "Send this file instead; - is standard input, and needs --name.")
    var file: String?

    @Option(help: "The name that the file is sent under.")
    var name: String?

    @Option(help: "Below the room's own level: CLEAR, GREEN, AMBER, AMBER+STRICT or RED.")
    var tlp: TLP?

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if file == "-", name == nil { throw ValidationError("a file from standard input needs --name") }
        if file != nil, text != "-" { throw ValidationError("send either a message or a --file") }
        if file == nil, name != nil { throw ValidationError("--name is for --file") }
    }

    func execute() async throws {
        try await profile.withClient { client in
            // The room first: nobody types a message for a room that is not there.
            let room = try await Reporting.current(room.text, client)
            let content = try content()
            let delivery: Delivery
            switch content {
            case .message(let text): delivery = try await client.send(text, tlp: tlp, to: room)
            case .file(let name, let bytes):
                delivery = try await client.sendFile(name: name, content: bytes, tlp: tlp, to: room)
            }
            try Reporting.delivery(delivery, what: "sent", output)
        }
    }

    private enum Content {
        case message(String)
        case file(name: String, [UInt8])
    }

    private func content() throws -> Content {
        guard let file else { return .message(try Text.argument(text)) }
        let bytes = try Files.read(file, limit: FileContent.maximumBytes)
        return .file(name: name ?? URL(fileURLWithPath: file).lastPathComponent, bytes)
    }
}
