import CallList
import Escalation
import Foundation
import NIOHTTP1
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

/// What must always hold: somebody else is paged, and can acknowledge.
extension Siege {
    /// A sensor pages ada, who is handed the page and acknowledges it: each with connections of their own, within seconds.
    func expectAlarmWorks(sourceLocation: SourceLocation = #_sourceLocation) async {
        do {
            let (siem, ada) = (try device("siem"), try device("ada"))
            let room = RoomID.random()
            try await with { visit in
                let token = try await visit.token(siem)
                _ = try await visit.insist(
                    .POST, "/v1/rooms", token: token, body: posts.page(room, by: siem, calling: ada).encoded)
            }
            try await with { visit in
                let token = try await visit.token(ada)
                let waiting = try await visit.insist(.GET, "/v1/welcomes", token: token)
                let welcomes = try PendingWelcomes(decoding: waiting.body).welcomes
                #expect(welcomes.contains { $0.room == room }, sourceLocation: sourceLocation)
                _ = try await visit.insist(
                    .POST, "/v1/rooms/\(room)/entries", token: token, body: try Posts.ack(room, by: ada).encoded)
            }
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }
}

/// What devices send. MLS messages are any bytes to a relay.
struct Posts {
    let list: CallList

    /// - Parameters:
    ///   - baseSeq: 0 for a room's first commit; else the commit follows that one.
    ///   - leads: who leads the room from it on, where that changes.
    func commit(
        adding keys: [DeviceKeys], step: UInt8, bytes: Int = 6, baseSeq: UInt64 = 0, leads: [DeviceKeys]? = nil
    ) -> EntryPost {
        let parent: UInt64 = baseSeq == 0 ? 0 : 1
        let header = CommitHeader(
            baseSeq: baseSeq, parent: parent, chain: [UInt8](repeating: 0, count: 32), at: Timestamp(Date()),
            adds: keys.map(\.id), removes: [], leads: leads?.map(\.id), callListVersion: list.version,
            callListDigest: Hexadecimal.decode(list.digest) ?? [])
        let welcome = WelcomeDelivery(step: step, devices: keys.map(\.id), welcome: Array("welcome".utf8))
        return EntryPost(
            event: .random(), entryClass: .commit, baseSeq: baseSeq, parent: parent,
            payload: CommitPayload(header: header, commit: [UInt8](repeating: 7, count: bytes)).encoded,
            welcomes: keys.isEmpty ? [] : [welcome])
    }

    func page(
        _ room: RoomID, by maker: DeviceKeys, calling keys: DeviceKeys, retention: UInt32 = 60
    ) -> RoomCreation {
        RoomCreation(
            room: room, event: .random(), kind: .page, retention: retention, horizon: 3_600, close: 1,
            steps: [Step(delay: 0, need: 1, persons: [[keys.id]])],
            entries: [commit(adding: [keys], step: 1), Self.message(1, bytes: 6)])
    }

    /// A page that calls `first` now and `second` after so many seconds. It has one Welcome: a relay does not look into it.
    func page(
        _ room: RoomID, by maker: DeviceKeys, calling first: DeviceKeys, then second: DeviceKeys, after seconds: UInt32
    ) -> RoomCreation {
        let both = commit(adding: [first, second], step: 1)
        let welcomes = [(UInt8(1), first), (2, second)].map { step, keys in
            WelcomeDelivery(step: step, devices: [keys.id], welcome: Array("welcome".utf8))
        }
        return RoomCreation(
            room: room, event: .random(), kind: .page, retention: 60, horizon: 3_600, close: 1,
            steps: [
                Step(delay: 0, need: 1, persons: [[first.id]]), Step(delay: seconds, need: 1, persons: [[second.id]]),
            ],
            entries: [
                EntryPost(
                    event: both.event, entryClass: .commit, baseSeq: 0, parent: 0, payload: both.payload,
                    welcomes: welcomes), Self.message(1, bytes: 6),
            ])
    }

    /// A room that those whom its maker adds lead.
    func incident(_ room: RoomID, adding keys: [DeviceKeys], retention: UInt32 = 60) -> RoomCreation {
        RoomCreation(
            room: room, event: .random(), kind: .incident, retention: retention, horizon: 0, close: 0, steps: [],
            entries: [commit(adding: keys, step: 0, leads: keys)])
    }

    static func message(_ baseSeq: UInt64, bytes: Int) -> EntryPost {
        EntryPost(
            event: .random(), entryClass: .message, baseSeq: baseSeq, parent: 1,
            payload: [UInt8](repeating: 7, count: bytes))
    }

    static func ack(_ room: RoomID, by keys: DeviceKeys) throws -> EntryPost {
        let event = EventID.random()
        let statement = Statement(
            .ack, room: room, device: keys.id, event: event, at: Timestamp(Date()),
            seen: Statement.Seen(seq: 0, chain: Data(LogChain.start(room: room))))
        return EntryPost(
            event: event, entryClass: .statement, baseSeq: 0, payload: try statement.signed(by: keys.mls))
    }
}
