import ArgumentParser
import Client
import Incident
import Terms

struct Save: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Save a file that somebody sent. Its hash was checked when it came.")

    @Argument(help: "The room: its id, or the id's first digits.")
    var room: RoomArgument

    @Argument(help: "The file's name as `read` shows it; of several, the newest.")
    var name: String

    @Option(name: .customLong("out"), help: "Where to write it; - is standard output. Never overwrites.")
    var output: String

    @OptionGroup var profile: ProfileOptions

    func execute() async throws {
        try await profile.withClient { client in
            try await Reporting.catchUp(client)
            let files = try client.detail(client.room(matching: room.text)).incident?.files ?? []
            guard let found = files.last(where: { $0.file.name == name }) else {
                let names = files.map { Sanitised.line($0.file.name) }.joined(separator: ", ")
                throw CommandError(
                    .noInput, "nobody sent a file \(name)", hint: names.isEmpty ? nil : "there are: \(names)")
            }
            try Files.write([UInt8](found.file.content), to: output, mode: 0o600)
        }
    }
}
