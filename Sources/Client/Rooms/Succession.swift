import RelayAPI
import Sodium
import Terms
import WireFormat

/// Which broken room a room succeeds, and where that one stood for who made it [R8]. A room's id derives from it and from its founder,
/// so that nobody can have another room taken for it.
///
///     struct { opaque room[16]; uint64 epoch; opaque transcript[32]; } Succession;
struct Succession: Codable, Hashable, Sendable {
    let room: RoomID
    /// The last epoch that its founder had there.
    let epoch: UInt64
    /// The confirmed transcript hash of that epoch (RFC 9420 §8.2).
    let transcript: [UInt8]

    /// The id of the room that `founder` makes.
    func id(founder: DeviceID) -> RoomID? {
        let digest = SHA256.hash(
            Array("tocsin room succession v1\0".utf8) + encoded + founder.bytes)
        return RoomID(Array(digest.prefix(RoomID.length)))
    }
}

extension Succession: WireCodable {
    init(from reader: inout Reader) throws(WireError) {
        self.init(
            room: try reader.identifier("room"), epoch: try reader.uint64("epoch"),
            transcript: try reader.fixed(SHA256.digestLength, "transcript"))
    }

    func encode(to writer: inout Writer) {
        writer.identifier(room)
        writer.uint64(epoch)
        writer.fixed(transcript)
    }
}
