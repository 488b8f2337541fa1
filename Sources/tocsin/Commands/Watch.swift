import ArgumentParser
import Client
import Incident
import Terms

struct Watch: TocsinCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow everything as it comes, until interrupted. Rings the terminal's bell for pages.")

    @Flag(help: "Begin with all that is known already.")
    var all = false

    @OptionGroup var profile: ProfileOptions
    @OptionGroup var output: OutputOptions

    func execute() async throws {
        try await profile.withClient { client in
            for await event in client.watch(all: all) {
                try show(event, client)
                if case .revoked = event { throw ExitCode(ExitStatus.notPermitted.rawValue) }
                if case .failed(let error) = event { throw error }
            }
        }
    }

    private func show(_ event: WatchEvent, _ client: Client) throws {
        var page: PageState?
        if !output.json, case .fact(let room, _) = event, room.kind == .page { page = try client.detail(room.id).page }
        let view = WatchView(event, page: page, client: client)
        if !output.json, let note = view.note { Terminal.note(note) }
        try output.show(view)
        if case .fact(_, let fact) = event, page?.status == .open, !fact.isOwn { Terminal.ring() }
    }
}
