import CallList
import Escalation
import Foundation
import RelayAPI
import Sodium
import Terms
import WireFormat

/// What devices send, as clients build it; MLS messages are any bytes to a relay.
enum Posts {
    static func commit(
        _ baseSeq: UInt64 = 0, adds: [DeviceKeys] = [], removes: [DeviceKeys] = [], welcomes: [WelcomeDelivery]? = nil,
        event: EventID = .random(), body: String = "commit"
    ) -> EntryPost {
        let header = CommitHeader(
            baseSeq: baseSeq, chain: [UInt8](repeating: 0, count: 32), adds: adds.map(\.id), removes: removes.map(\.id),
            callListVersion: 1, callListDigest: [UInt8](repeating: 0, count: 32))
        let all = WelcomeDelivery(step: 0, devices: adds.map(\.id), welcome: Array("welcome \(body)".utf8))
        return EntryPost(
            event: event, entryClass: .commit, baseSeq: baseSeq,
            payload: CommitPayload(header: header, commit: Array(body.utf8)).encoded,
            welcomes: welcomes ?? (adds.isEmpty ? [] : [all]))
    }

    static func message(
        _ baseSeq: UInt64, _ text: String = "message", event: EventID = .random(), closes: Bool = false
    ) -> EntryPost {
        EntryPost(
            event: event, entryClass: .message, baseSeq: baseSeq, payload: Array(text.utf8), closesRoom: closes)
    }

    static func statement(
        _ kind: Statement.Kind, in room: RoomID, by keys: DeviceKeys, baseSeq: UInt64 = 0, event: EventID = .random(),
        signedBy signer: DeviceKeys? = nil, about other: (room: RoomID, event: EventID)? = nil
    ) throws -> EntryPost {
        let statement = Statement(
            kind: kind, room: other?.room ?? room, device: keys.id, event: other?.event ?? event, at: World.start)
        return EntryPost(
            event: event, entryClass: .statement, baseSeq: baseSeq,
            payload: try statement.signed(by: (signer ?? keys).mls))
    }

    static func incident(
        _ room: RoomID, adding members: [DeviceKeys], event: EventID = .random(), retention: UInt32 = 60
    ) -> RoomCreation {
        RoomCreation(
            room: room, event: event, kind: .incident, retention: retention, horizon: 0, steps: [],
            entries: [commit(adds: members)])
    }

    /// One step of a page: persons, each by their devices.
    struct Step {
        var persons: [[DeviceKeys]]
        var delay: UInt32 = 60
        var need: UInt16 = 1
    }

    /// A page whose Welcome for step n is `welcome n`.
    static func page(
        _ room: RoomID, _ steps: [Step], event: EventID = .random(), horizon: UInt32 = 3_600, retention: UInt32 = 60
    ) -> RoomCreation {
        var seen: Set<DeviceID> = []
        var welcomes: [WelcomeDelivery] = []
        var adds: [DeviceKeys] = []
        for (index, step) in steps.enumerated() {
            let new = step.persons.flatMap { $0 }.filter { seen.insert($0.id).inserted }
            guard !new.isEmpty else { continue }
            adds += new
            welcomes.append(
                WelcomeDelivery(
                    step: UInt8(index + 1), devices: new.map(\.id), welcome: Array("welcome \(index + 1)".utf8)))
        }
        return RoomCreation(
            room: room, event: event, kind: .page, retention: retention, horizon: horizon,
            steps: steps.enumerated().map { index, step in
                Escalation.Step(
                    delay: index == 0 ? 0 : step.delay, need: step.need, persons: step.persons.map { $0.map(\.id) })
            }, entries: [commit(adds: adds, welcomes: welcomes), message(1, "notice")])
    }
}
