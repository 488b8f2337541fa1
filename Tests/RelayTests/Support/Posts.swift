import CallList
import Escalation
import Foundation
import RelayAPI
import Sodium
import Terms
import WireFormat

/// What devices send, as clients build it; MLS messages are any bytes to a relay.
enum Posts {
    /// A commit that is pinned to the list of whoever posts it: see ``RelayAPI/EntryPost/pinned(to:)``.
    /// - Parameter parent: the commit in whose epoch it is written, which is mostly the one that made the room.
    static func commit(
        _ baseSeq: UInt64 = 0, parent: UInt64 = 1, adds: [DeviceKeys] = [], removes: [DeviceKeys] = [],
        leads: [DeviceKeys]? = nil, takes: Bool = false, statements: [[UInt8]] = [], at: Timestamp = World.start,
        pin: RoomPin? = nil,
        welcomes: [WelcomeDelivery]? = nil, event: EventID = .random(), body: String = "commit"
    ) -> EntryPost {
        let pin = pin ?? .later
        let header = CommitHeader(
            baseSeq: baseSeq, parent: parent, chain: [UInt8](repeating: 0, count: 32), at: at, adds: adds.map(\.id),
            removes: removes.map(\.id), leads: leads?.map(\.id), takes: takes, statements: statements,
            callListVersion: pin.version,
            callListDigest: pin.digest)
        let all = WelcomeDelivery(step: 0, devices: adds.map(\.id), welcome: Array("welcome \(body)".utf8))
        return EntryPost(
            event: event, entryClass: .commit, baseSeq: baseSeq, parent: parent,
            payload: CommitPayload(header: header, commit: Array(body.utf8)).encoded,
            welcomes: welcomes ?? (adds.isEmpty ? [] : [all]))
    }

    static func message(
        _ baseSeq: UInt64, _ text: String = "message", parent: UInt64 = 1, event: EventID = .random()
    ) -> EntryPost {
        EntryPost(
            event: event, entryClass: .message, baseSeq: baseSeq, parent: parent, payload: Array(text.utf8))
    }

    static func statement(
        _ kind: Statement.Kind, in room: RoomID, by keys: DeviceKeys, baseSeq: UInt64 = 0, event: EventID = .random(),
        signedBy signer: DeviceKeys? = nil, about other: (room: RoomID, event: EventID)? = nil, seen: UInt64 = 0
    ) throws -> EntryPost {
        let statement = Statement(
            kind, room: other?.room ?? room, device: keys.id, event: other?.event ?? event, at: World.start,
            seen: Statement.Seen(seq: seen, chain: Data(LogChain.start(room: room))))
        return EntryPost(
            event: event, entryClass: .statement, baseSeq: baseSeq,
            payload: try statement.signed(by: (signer ?? keys).mls))
    }

    /// - Parameter other: what it says instead of the truth.
    static func fault(
        _ commit: Entry, in room: RoomID, by keys: DeviceKeys, signedBy signer: DeviceKeys? = nil,
        event: EventID = .random(), says other: (room: RoomID, event: EventID)? = nil, digest: [UInt8]? = nil
    ) throws -> EntryPost {
        let fault = CommitFault(
            room: other?.room ?? room, device: keys.id, event: other?.event ?? event, commit: commit.seq,
            digest: digest ?? CommitFault.digest(of: commit.payload), at: World.start)
        return EntryPost(
            event: event, entryClass: .fault, baseSeq: 0, payload: try fault.signed(by: (signer ?? keys).mls))
    }

    /// - Parameter other: what it says instead of the truth.
    static func leadStatement(
        _ kind: LeadStatement.Kind, in room: RoomID, by keys: DeviceKeys, signedBy signer: DeviceKeys? = nil,
        event: EventID = .random(), says other: (room: RoomID, event: EventID)? = nil, at: Timestamp = World.start
    ) throws -> EntryPost {
        let said = LeadStatement(
            kind, room: other?.room ?? room, device: keys.id, event: other?.event ?? event, at: at)
        return EntryPost(
            event: event, entryClass: .leadStatement, baseSeq: 0, payload: try said.signed(by: (signer ?? keys).mls))
    }

    /// - Parameter other: what it says instead of the truth.
    static func failed(
        _ welcome: PendingWelcome, by keys: DeviceKeys, signedBy signer: DeviceKeys? = nil, event: EventID = .random(),
        says other: (room: RoomID, event: EventID)? = nil, digest: [UInt8]? = nil, commit: UInt64? = nil
    ) throws -> EntryPost {
        let failure = WelcomeFailure(
            room: other?.room ?? welcome.room, device: keys.id, event: other?.event ?? event,
            commit: commit ?? welcome.seq, digest: digest ?? WelcomeFailure.digest(of: welcome.welcome),
            at: World.start)
        return EntryPost(
            event: event, entryClass: .welcomeFailed, baseSeq: 0, payload: try failure.signed(by: (signer ?? keys).mls))
    }

    static func incident(
        _ room: RoomID, adding members: [DeviceKeys], event: EventID = .random(), retention: UInt32 = 60
    ) -> RoomCreation {
        RoomCreation(
            room: room, event: event, kind: .incident, retention: retention, horizon: 0, close: 0, steps: [],
            entries: [commit(parent: 0, adds: members)])
    }

    /// One step of a page: persons, each by their devices.
    struct Step {
        var persons: [[DeviceKeys]]
        var delay: UInt32 = 60
        var need: UInt16 = 1
    }

    /// A page whose Welcome for step n is `welcome n`.
    static func page(
        _ room: RoomID, _ steps: [Step], event: EventID = .random(), horizon: UInt32 = 3_600, retention: UInt32 = 60,
        close: UInt16 = 1
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
            room: room, event: event, kind: .page, retention: retention, horizon: horizon, close: close,
            steps: steps.enumerated().map { index, step in
                Escalation.Step(
                    delay: index == 0 ? 0 : step.delay, need: step.need, persons: step.persons.map { $0.map(\.id) })
            }, entries: [commit(parent: 0, adds: adds, welcomes: welcomes), message(1, "notice")])
    }
}

/// Which call list a commit pins.
struct RoomPin: Sendable {
    let version: UInt64
    let digest: [UInt8]

    init(version: UInt64, digest: [UInt8]) { (self.version, self.digest) = (version, digest) }
    init(_ list: CallList) { self.init(version: list.version, digest: Hexadecimal.decode(list.digest) ?? []) }

    /// No list has this one: it stands for the list of whoever posts the commit.
    static let later = RoomPin(version: 0, digest: [UInt8](repeating: 0, count: 32))
}

extension EntryPost {
    /// A commit that pins no list yet, pinned to this one.
    /// - Parameter leads: who leads the room from it on, where it makes one.
    func pinned(to list: CallList, ledBy leads: [DeviceID]? = nil) -> EntryPost {
        guard entryClass == .commit, let commit = try? CommitPayload(decoding: payload),
            commit.header.callListVersion == RoomPin.later.version
        else { return self }
        let (header, pin) = (commit.header, RoomPin(list))
        let pinned = CommitHeader(
            baseSeq: header.baseSeq, parent: header.parent, chain: header.chain, at: header.at, adds: header.adds,
            removes: header.removes, leads: header.leads ?? leads, takes: header.takes,
            statements: header.statements, callListVersion: pin.version,
            callListDigest: pin.digest)
        return EntryPost(
            event: event, entryClass: entryClass, baseSeq: baseSeq, parent: parent,
            payload: CommitPayload(header: pinned, commit: commit.commit).encoded, welcomes: welcomes)
    }
}

extension RoomCreation {
    /// Its first commit pinned to this list; an incident room is its maker's to lead, unless the commit says otherwise.
    func pinned(to list: CallList, by maker: DeviceKeys) -> RoomCreation {
        RoomCreation(
            room: room, event: event, kind: kind, retention: retention, horizon: horizon, close: close,
            steps: steps, entries: entries.map { $0.pinned(to: list, ledBy: kind == .incident ? [maker.id] : nil) })
    }
}
