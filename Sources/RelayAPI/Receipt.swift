public import Sodium
public import Terms
public import WireFormat

/// The relay's signed word that an entry is durable at this place of this log: a later lie is provable.
///
///     struct { opaque room[16]; uint64 seq; uint64 time_ms; opaque chain[32]; RelayMark mark; opaque signature[64]; } Receipt;
public struct Receipt: Hashable, Sendable {
    public let room: RoomID
    public let seq: UInt64
    public let time: Timestamp
    public let chain: [UInt8]
    /// How far the relay had come with this entry.
    public let mark: RelayMark
    /// Ed25519 by the relay's identity key over ``signedContent(room:seq:time:chain:mark:)``.
    public let signature: [UInt8]

    public init(
        room: RoomID, seq: UInt64, time: Timestamp, chain: [UInt8], mark: RelayMark, signature: [UInt8]
    ) {
        self.room = room
        self.seq = seq
        self.time = time
        self.chain = chain
        self.mark = mark
        self.signature = signature
    }

    public static func signedContent(
        room: RoomID, seq: UInt64, time: Timestamp, chain: [UInt8], mark: RelayMark
    ) -> [UInt8] {
        Array("tocsin receipt v1\0".utf8) + room.bytes + bigEndian(seq) + bigEndian(time.milliseconds) + chain
            + mark.encoded
    }

    public func isValid(by identity: Ed25519.PublicKey) -> Bool {
        identity.isValidSignature(
            signature, for: Self.signedContent(room: room, seq: seq, time: time, chain: chain, mark: mark))
    }
}

extension Receipt: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            room: try reader.identifier("room"), seq: try reader.uint64("seq"),
            time: Timestamp(milliseconds: try reader.uint64("time")),
            chain: try reader.fixed(LogChain.length, "chain"), mark: try RelayMark(from: &reader),
            signature: try reader.fixed(Ed25519.signatureLength, "signature"))
    }

    public func encode(to writer: inout Writer) {
        writer.identifier(room)
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.fixed(chain)
        mark.encode(to: &writer)
        writer.fixed(signature)
    }
}

func bigEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
}
