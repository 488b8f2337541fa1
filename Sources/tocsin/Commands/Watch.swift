import ArgumentParser
import Client
import Foundation
import Incident
import RelayAPI
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
            let render = Render()
            for await event in client.watch(all: all) {
                if output.json { try JSON.show(json(event)) } else { try show(event, render, client) }
                if case .revoked = event { throw ExitCode(ExitStatus.notPermitted.rawValue) }
                if case .failed(let error) = event { throw error }
            }
        }
    }

    private func show(_ event: WatchEvent, _ render: Render, _ client: Client) throws {
        switch event {
        case .connected: Terminal.note("connected")
        case .disconnected(let reason): Terminal.note("disconnected: \(reason)")
        case .alarm(let text): Terminal.note("ALARM: \(text)")
        case .revoked(let reason): Terminal.note(reason)
        case .failed: break  // Thrown, and so told.
        case .fact(let room, let fact):
            let page = room.kind == .page ? try client.detail(room.id).page : nil
            Terminal.show(render.fact(fact, page: page, client: client))
            if page?.status == .open, !fact.isOwn { Terminal.ring() }
        }
    }

    private func json(_ event: WatchEvent) -> [String: Any] {
        switch event {
        case .connected: ["event": "connected"]
        case .disconnected(let reason): ["event": "disconnected", "reason": reason]
        case .alarm(let text): ["event": "alarm", "text": text]
        case .revoked(let reason): ["event": "revoked", "reason": reason]
        case .failed(let error): ["event": "failed", "reason": error.reason]
        case .fact(let room, let fact):
            Render.json(fact).merging(["event": "fact", "kind": room.kind == .page ? "page" : "incident"]) { $1 }
        }
    }
}
