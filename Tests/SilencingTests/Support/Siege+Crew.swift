import CallList
import Foundation
import Incident
import NIOHTTP1
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

extension Client {
    /// What its relay knows it by.
    var keys: DeviceKeys { own.keys }

    func notes(_ room: RoomID) throws -> [String] {
        try detail(room).facts.compactMap {
            guard case .event(let event) = $0.fact.what, case .note(let note) = event.content else { return nil }
            return note.text
        }
    }
}

extension Delivery {
    var isAccepted: Bool {
        if case .accepted = self { return true }
        return false
    }
}

extension Removal {
    var isAccepted: Bool {
        if case .done(let delivery) = self { return delivery.isAccepted }
        return false
    }
}

extension Siege {
    /// An incident room of ada's, who leads it, with others who have come in.
    func openRoom(with names: [String]) async throws -> RoomID {
        let room = try await client("ada").openIncident(
            title: "Who did it", from: nil, tlp: .red, members: names.map { try #require(MemberID($0)) }
        ).room
        for name in names { try await client(name).sync() }
        return room
    }

    /// Where a room's log ends.
    func head(of room: RoomID, _ visit: Visit, _ token: String) async throws -> UInt64 {
        let answer = try await visit.insist(.GET, "/v1/rooms/\(room)/entries?after=0&limit=1", token: token)
        return try EntryPage(decoding: answer.body).head
    }

    /// Ben pages ada, who acknowledges; ada says something in the room, and ben reads it.
    func expectOthersWork(in room: RoomID, sourceLocation: SourceLocation = #_sourceLocation) async {
        do {
            let (ada, ben) = (try client("ada"), try client("ben"))
            let draft = PageDraft(title: "Backups deleted", summary: "all of them", severity: .critical)
            let page = try await ben.page(draft, policy: "night")
            #expect(page.delivery.isAccepted, sourceLocation: sourceLocation)
            try await ada.sync()
            #expect(try await ada.acknowledge(page.room).isAccepted, sourceLocation: sourceLocation)
            let text = "\(RoomID.random())"
            #expect(try await ada.send(text, tlp: nil, to: room).isAccepted, sourceLocation: sourceLocation)
            try await ben.sync()
            let acknowledged = try ben.detail(page.room).page?.acknowledgements.map(\.device)
            #expect(acknowledged == [ada.device], sourceLocation: sourceLocation)
            #expect(try ben.notes(room).last == text, sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }
}
