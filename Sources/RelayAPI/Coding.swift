import DSSE
import Foundation
import Sodium
import Terms
public import WireFormat

// The binary forms, in the TLS presentation language; each structure's layout is in the comment above its type.

extension Reader {
    mutating func deviceID(_ context: String = "device") throws(WireError) -> DeviceID {
        guard let id = DeviceID(try fixed(DeviceID.length, context)) else { throw WireError(.invalidValue, context) }
        return id
    }

    mutating func roomID() throws(WireError) -> RoomID {
        guard let id = RoomID(try fixed(16, "room")) else { throw WireError(.invalidValue, "room") }
        return id
    }

    mutating func eventID() throws(WireError) -> EventID {
        guard let id = EventID(try fixed(16, "event")) else { throw WireError(.invalidValue, "event") }
        return id
    }

    mutating func deviceIDs(_ context: String) throws(WireError) -> [DeviceID] {
        try vector(context) { (reader) throws(WireError) in try reader.deviceID(context) }
    }

    mutating func entryClass() throws(WireError) -> EntryClass {
        guard let entryClass = EntryClass(rawValue: try uint8("class")) else {
            throw WireError(.unknownValue, "class")
        }
        return entryClass
    }

    mutating func roomKind() throws(WireError) -> RoomKind {
        guard let kind = RoomKind(rawValue: try uint8("kind")) else { throw WireError(.unknownValue, "kind") }
        return kind
    }
}

extension Writer {
    mutating func deviceIDs(_ devices: [DeviceID]) {
        vector { writer in for device in devices { writer.fixed(device.bytes) } }
    }
}

extension Entry: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            seq: try reader.uint64("seq"), time: Timestamp(milliseconds: try reader.uint64("time")),
            poster: try reader.deviceID("poster"), entryClass: try reader.entryClass(),
            payload: try reader.opaque("payload"), chain: try reader.fixed(LogChain.length, "chain"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.fixed(poster.bytes)
        writer.uint8(entryClass.rawValue)
        writer.opaque(payload)
        writer.fixed(chain)
    }
}

extension StepRelease: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(step: try reader.uint8("step"), manual: try reader.isPresent("manual"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint8(step)
        writer.uint8(manual ? 1 : 0)
    }
}

extension WelcomeDelivery: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            step: try reader.uint8("step"), devices: try reader.deviceIDs("devices"),
            welcome: try reader.opaque("welcome"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint8(step)
        writer.deviceIDs(devices)
        writer.opaque(welcome)
    }
}

extension EntryPost: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            event: try reader.eventID(), entryClass: try reader.entryClass(), baseSeq: try reader.uint64("base_seq"),
            payload: try reader.opaque("payload"), welcomes: try reader.vector("welcomes"),
            closesRoom: try reader.isPresent("closes"))
    }

    public func encode(to writer: inout Writer) {
        writer.fixed(event.bytes)
        writer.uint8(entryClass.rawValue)
        writer.uint64(baseSeq)
        writer.opaque(payload)
        writer.vector(welcomes)
        writer.uint8(closesRoom ? 1 : 0)
    }
}

extension CommitHeader: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            baseSeq: try reader.uint64("base_seq"), chain: try reader.fixed(LogChain.length, "chain"),
            adds: try reader.deviceIDs("adds"), removes: try reader.deviceIDs("removes"),
            callListVersion: try reader.uint64("calllist_version"),
            callListDigest: try reader.fixed(SHA256.digestLength, "calllist_digest"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(baseSeq)
        writer.fixed(chain)
        writer.deviceIDs(adds)
        writer.deviceIDs(removes)
        writer.uint64(callListVersion)
        writer.fixed(callListDigest)
    }
}

extension CommitPayload: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        let header = try reader.opaque("header")
        self.init(header: try CommitHeader(decoding: header), commit: try reader.opaque("commit"))
    }

    public func encode(to writer: inout Writer) {
        writer.opaque(header.encoded)
        writer.opaque(commit)
    }
}

extension Receipt: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            room: try reader.roomID(), seq: try reader.uint64("seq"),
            time: Timestamp(milliseconds: try reader.uint64("time")),
            chain: try reader.fixed(LogChain.length, "chain"),
            signature: try reader.fixed(Ed25519.signatureLength, "signature"))
    }

    public func encode(to writer: inout Writer) {
        writer.fixed(room.bytes)
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.fixed(chain)
        writer.fixed(signature)
    }
}

extension RoomCreation: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            room: try reader.roomID(), event: try reader.eventID(), kind: try reader.roomKind(),
            retention: try reader.uint32("retention"), horizon: try reader.uint32("horizon"),
            steps: try reader.vector("steps"), entries: try reader.vector("entries"))
    }

    public func encode(to writer: inout Writer) {
        writer.fixed(room.bytes)
        writer.fixed(event.bytes)
        writer.uint8(kind.rawValue)
        writer.uint32(retention)
        writer.uint32(horizon)
        writer.vector(steps)
        writer.vector(entries)
    }
}

extension RoomReceipts: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(receipts: try reader.vector("receipts"))
    }

    public func encode(to writer: inout Writer) { writer.vector(receipts) }
}

extension EntryPage: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            head: try reader.uint64("head"), closed: try reader.isPresent("closed"),
            releasedSteps: try reader.uint8("released_steps"), entries: try reader.vector("entries"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(head)
        writer.uint8(closed ? 1 : 0)
        writer.uint8(releasedSteps)
        writer.vector(entries)
    }
}

extension PendingWelcome: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            room: try reader.roomID(), kind: try reader.roomKind(), seq: try reader.uint64("seq"),
            time: Timestamp(milliseconds: try reader.uint64("time")),
            chain: try reader.fixed(LogChain.length, "chain"), welcome: try reader.opaque("welcome"))
    }

    public func encode(to writer: inout Writer) {
        writer.fixed(room.bytes)
        writer.uint8(kind.rawValue)
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.fixed(chain)
        writer.opaque(welcome)
    }
}

extension PendingWelcomes: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(welcomes: try reader.vector("welcomes"))
    }

    public func encode(to writer: inout Writer) { writer.vector(welcomes) }
}
