import CallList
import Foundation
import Incident
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// [R14] A device that cannot open its Welcome says so, and whoever is in the room sees whom nothing reached.
@Suite struct WelcomeFailedTests {
    @Test("[R14] Who pages sees that a called device was not reached; where nobody was, the next step comes at once")
    func page() async throws {
        try await World.with { world in
            let (ada, bo, mara, siem) = (
                try world.client("ada"), try world.client("bo"), try world.client("mara"), try world.client("siem")
            )
            for client in [ada, bo] { try client.loseKeyPackages() }
            let room = try required(try await siem.alert(.test(key: "k")).posted).room
            try await bo.sync()
            #expect(try bo.causes == [.welcomeUnusable] && bo.rooms().isEmpty)
            try await siem.sync()
            #expect(try siem.detail(room).notDelivered == [bo.device])
            #expect(try siem.detail(room).page?.notDelivered == [bo.device])
            try await mara.sync()
            #expect(try mara.rooms().isEmpty)
            try await ada.sync()
            // Nobody has it: mara is called without waiting for her five minutes.
            try await mara.sync()
            let page = try required(try mara.detail(room).page)
            #expect(Set(page.notDelivered) == [ada.device, bo.device] && page.status == .open)
            #expect(try await mara.acknowledge(room).isAccepted)
            try await siem.sync()
            #expect(try siem.detail(room).page?.status == .acknowledged)
            #expect(try siem.causes.isEmpty && mara.causes.isEmpty)
            #expect(try await bo.link().heads().pendingWelcomes == 0)
            // A page that was sent to nobody who has it is kept by who made it [R22].
            #expect(try await bo.link().heads().rooms.isEmpty)
        }
    }

    @Test("[R14] [R22] That a device was not reached does not mean that somebody has the page")
    func kept() async throws {
        try await World.with { world in
            let (bo, siem) = (try world.client("bo"), try world.client("siem"))
            try bo.loseKeyPackages()
            let room = try required(try await siem.alert(.test(key: "k")).posted).room
            func isKept() throws -> Bool {
                try siem.vault.read {
                    try $0.connection.row("SELECT 1 FROM kept_pages WHERE room = ?", [Data(room.bytes)]) != nil
                }
            }
            #expect(try isKept())
            try await bo.sync()
            try await siem.sync()
            #expect(try siem.detail(room).notDelivered == [bo.device] && isKept())
        }
    }

    @Test("[R14] Whose answer was lost says the same again, once; who is added anew is in, and shown as reached")
    func again() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, bo) = (try world.client("ada"), try world.reopen("bo", tap: wire.tap))
            try bo.loseFirstKeyPackage()
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            wire.onAnswer { request, answer in
                guard !request.hasSuffix("\(room)/entries") else {
                    throw ClientError(.relayUnreachable, "the connection to the relay broke")
                }
                return answer
            }
            #expect(try await code { try await bo.sync() } == .relayUnreachable)
            wire.onAnswer(nil)
            try await bo.sync()
            try await ada.sync()
            #expect(try ada.detail(room).notDelivered == [bo.device])
            #expect(try ada.detail(room).facts.count { $0.fact.what == .welcomeFailed(commit: 1) } == 1)
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            #expect(try await ada.addMembers([member("bo")], to: room).isAccepted)
            try await bo.sync()
            #expect(try await bo.send("here", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.detail(room).notDelivered.isEmpty && ada.notes(room) == ["here"])
        }
    }

    @Test("[R14] Words of others' devices, of other rooms and forged ones count for nothing, and are alarms")
    func lies() async throws {
        try await World.with { world in
            let (ada, bo, mara) = (try world.client("ada"), try world.client("bo"), try world.client("mara"))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            let log = HostileLog(world, room, ada)
            func failure(of room: RoomID, by client: Client, commit: UInt64 = 1) throws -> [UInt8] {
                try WelcomeFailure(
                    room: room, device: client.device, event: .random(), commit: commit,
                    digest: [UInt8](repeating: 1, count: 32), at: world.clock.now
                ).signed(by: client.own.keys.mls)
            }
            for payload in [
                try failure(of: .random(), by: bo), try failure(of: room, by: mara),
                try failure(of: room, by: bo, commit: 99), [1, 2, 3],
            ] { try await log.inject(welcomeFailed: payload, by: bo.device) }
            #expect(try ada.detail(room).notDelivered.isEmpty)
            #expect(try ada.alarms().map(\.count) == [4])
            #expect(try ada.causes == [.invalidEntry(.welcomeFailed)])
            try await log.inject(welcomeFailed: failure(of: room, by: bo), by: bo.device)
            #expect(try ada.detail(room).notDelivered == [bo.device])
        }
    }
}

extension Client {
    /// The private halves are gone; the relay hands out the others all the same.
    fileprivate func loseKeyPackages() throws {
        try vault.write { try $0.connection.run("DELETE FROM key_packages") }
    }

    /// Of the package that the relay hands out next.
    fileprivate func loseFirstKeyPackage() throws {
        try vault.write {
            try $0.connection.run("DELETE FROM key_packages WHERE rowid = (SELECT min(rowid) FROM key_packages)")
        }
    }
}
