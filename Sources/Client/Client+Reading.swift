public import CallList
public import Foundation
public import Incident
import MLS
import RelayAPI
public import Terms

/// A room in a list.
public struct RoomSummary: Sendable, Hashable {
    public let id: RoomID
    public let kind: RoomKind
    public let title: String
    /// Of a page.
    public let severity: Severity?
    public let status: PageState.Status?
    public let opened: Timestamp?
    public let lastActivity: Timestamp?
    /// Who opened it.
    public let from: String
    public let unread: Int
    public let closed: Bool
}

/// Something said in a room, with its author's name.
public struct ShownFact: Sendable, Hashable {
    public let room: RoomID
    public let fact: LogFact
    /// As the call list has it; `relay` for the relay's own.
    public let senderName: String
    public let isOwn: Bool

    public var seq: UInt64 { fact.seq }
    public var time: Timestamp { fact.time }
}

/// A device in a room, and whose it is.
public struct RoomMember: Sendable, Hashable {
    public let device: DeviceID
    public let name: String
    public let title: String?
    public let isLead: Bool
    /// It took the lead where no lead was left [R6].
    public let tookLead: Bool
    public let isSelf: Bool
}

/// All of a room.
public struct RoomDetail: Sendable {
    public let id: RoomID
    public let kind: RoomKind
    public let facts: [ShownFact]
    public let page: PageState?
    public let incident: IncidentState?
    /// Devices that said that they cannot open their Welcome, and have said nothing since [R14].
    public let notDelivered: [DeviceID]
    /// Empty once the room is closed: its secrets are gone.
    public let members: [RoomMember]
    public let epoch: UInt64?
    /// The pinned call list.
    public let callListVersion: UInt64?
    public let tlpCeiling: TLP?
    public let closed: Bool
    public let quarantined: String?
    /// The last entry that was shown to a person.
    public let readThrough: UInt64
}

/// How this device stands.
public struct ClientStatus: Sendable, Hashable {
    public struct Relay: Sendable, Hashable {
        public let id: String
        public let address: String
        /// Nil where it answers; else why not.
        public let trouble: ClientError?
    }
    public let device: DeviceID
    public let kind: DeviceKind
    public let name: String
    public let directory: String
    public let callListVersion: UInt64?
    public let callListExpires: Date?
    public let callListExpired: Bool
    public let relay: Relay?
    public let queued: Int
    public let openRooms: Int
    /// The open ones.
    public let alarms: [Alarm]
}

extension Client {
    /// The shortest piece of a room's id that names it.
    static let shortestPrefix = 4

    /// The room whose id is, or begins with, `text`.
    /// - Throws: `unknownRoom`, `ambiguousRoom`.
    public func room(matching text: String) throws -> RoomID {
        guard text.count >= Self.shortestPrefix else { throw Self.unknown(text) }
        let rooms = try vault.read { try $0.rooms(beginningWith: text, limit: 2) }
        guard let match = rooms.first else { throw Self.unknown(text) }
        guard rooms.count == 1 else {
            throw ClientError(.ambiguousRoom, "several rooms begin with \(text)", hint: "give more digits")
        }
        return match
    }

    private static func unknown(_ text: String) -> ClientError {
        ClientError(
            .unknownRoom, "this device is in no room \(text)",
            hint: "see: tocsin inbox (an id, or its first \(shortestPrefix) digits)")
    }

    /// Rooms, newest first.
    /// - Parameter limit: how many at most; nil for all.
    public func rooms(includingClosed: Bool = true, limit: Int? = nil) throws -> [RoomSummary] {
        try vault.read { try $0.heads(includingClosed: includingClosed, limit: limit) }.map { own.summary($0) }
    }

    public func detail(_ room: RoomID) throws -> RoomDetail {
        try vault.read { db in
            guard let record = try db.record(room) else {
                throw ClientError(.unknownRoom, "this device is not in room \(room.short)")
            }
            let facts = try db.facts(of: room)
            let policy = try record.group.map { try RoomPolicy(in: $0.context.extensions) }
            return RoomDetail(
                id: room, kind: record.kind, facts: facts.map { own.shown($0, in: room) },
                page: record.kind == .page ? PageState(facts, of: record.room) : nil,
                incident: record.kind == .incident ? IncidentState(facts) : nil,
                notDelivered: Self.notDelivered(facts),
                members: record.group?.members.compactMap { member($0, policy: policy) } ?? [],
                epoch: record.group?.epoch.value, callListVersion: policy?.pin.version, tlpCeiling: policy?.tlpCeiling,
                closed: record.head.closed, quarantined: record.head.quarantined, readThrough: record.head.readCursor)
        }
    }

    private static func notDelivered(_ facts: [LogFact]) -> [DeviceID] {
        var devices: [DeviceID] = []
        for fact in facts {
            guard let author = fact.author else { continue }
            // Who speaks in the room has it.
            devices.removeAll { $0 == author }
            if case .welcomeFailed = fact.what { devices.append(author) }
        }
        return devices
    }

    private func member(_ member: CommitFacts.Member, policy: RoomPolicy?) -> RoomMember? {
        guard let id = member.leaf.identity.flatMap({ DeviceID($0) }) else { return nil }
        let person = own.lists.newest?.team?.member(of: id)
        return RoomMember(
            device: id, name: displayName(of: id), title: person?.title,
            isLead: policy?.leads.contains(id) ?? false, tookLead: policy?.takers.contains(id) ?? false,
            isSelf: id == device)
    }

    public func markRead(_ room: RoomID, through seq: UInt64) throws {
        try vault.write { try $0.markRead(room, through: seq) }
    }

    // MARK: Names

    /// As the newest call list that knows the device has it; its pseudonym where none does.
    public func displayName(of device: DeviceID?) -> String { trust.displayName(of: device) }

    /// Whoever has those devices.
    public func personName(ofDevices devices: [DeviceID]) -> String { displayName(of: devices.first) }

    // MARK: Status

    /// Asks the relay too, and keeps it supplied with key packages.
    public func status() async throws -> ClientStatus {
        let newest = own.lists.newest
        var relay: ClientStatus.Relay?
        if let record = newest?.list.relays.first {
            var trouble: ClientError?
            do {
                try await sync()
            } catch let error as ClientError {
                trouble = error
            }
            relay = ClientStatus.Relay(id: record.id, address: record.addresses.first ?? "", trouble: trouble)
        }
        let list = own.lists.newest?.list
        return ClientStatus(
            device: device, kind: kind, name: displayName(of: device), directory: profile.directory.path,
            callListVersion: list?.version, callListExpires: list?.expires,
            callListExpired: list?.isExpired(at: own.now()) ?? false, relay: relay,
            queued: try vault.read({ try $0.queuedCount() }),
            openRooms: try vault.read { try $0.openRoomCount() },
            alarms: try alarms())
    }

    /// The device's request for enrolment, as it was made.
    public func enrolmentRequest() throws -> (request: [UInt8], fingerprint: String) {
        (trust.identity.request, try EnrolmentRequest(verifying: trust.identity.request).fingerprint)
    }
}
