import Sodium
public import Terms

/// The hash chains over a room's log (DESIGN "The log's chain"). Two of one shape: the relay's runs from the room's first
/// entry and is what receipts sign; the members' starts anew each epoch from the confirmed transcript hash, which the
/// relay does not know, and is what members compare among themselves.
public enum LogChain {
    public static let length = 32

    /// The relay's chain before a room's first entry.
    public static func start(room: RoomID) -> [UInt8] {
        SHA256.hash(Array("tocsin relay chain v1\0".utf8) + room.bytes)
    }

    /// The members' chain at the beginning of an epoch.
    public static func start(room: RoomID, epoch: UInt64, confirmedTranscriptHash: [UInt8]) -> [UInt8] {
        SHA256.hash(
            Array("tocsin epoch chain v1\0".utf8) + room.bytes + bigEndian(epoch) + confirmedTranscriptHash)
    }

    /// Either chain after one more entry. The entry's own class and payload digest go in, so that nothing can be swapped.
    public static func next(
        _ previous: [UInt8], seq: UInt64, time: Timestamp, poster: DeviceID, entryClass: EntryClass, payload: [UInt8]
    ) -> [UInt8] {
        next(
            previous, seq: seq, time: time, poster: poster, entryClass: entryClass, payloadDigest: SHA256.hash(payload))
    }

    /// As above where the payload was hashed already.
    public static func next(
        _ previous: [UInt8], seq: UInt64, time: Timestamp, poster: DeviceID, entryClass: EntryClass,
        payloadDigest: [UInt8]
    ) -> [UInt8] {
        SHA256.hash(
            previous + bigEndian(seq) + bigEndian(time.milliseconds) + poster.bytes + [entryClass.rawValue]
                + payloadDigest)
    }
}
