import MLS
import Terms

/// A room succeeds a broken one only among those who were in that, as far as each reader knows: nobody outside makes it or is in it, and
/// nobody is drawn in who was not there [R8].
enum SuccessionRule {
    /// A broken room as a reader had it last.
    struct Predecessor: Sendable {
        let devices: Set<DeviceID>
        let epoch: UInt64
        let transcript: [UInt8]
    }

    /// Judges a room that is joined in its first epoch, in which its founder and whom that invited are alone; later it is for those
    /// who are in it to say who comes.
    /// - Parameter predecessor: nil where this device has no place in the room that it says it succeeds.
    static func check(_ group: Group, _ policy: RoomPolicy, after predecessor: Predecessor?) throws(Rejection) {
        guard let succession = policy.succeeds, group.epoch.value == Self.firstEpoch else { return }
        guard let founder = group.members.first?.leaf, let predecessor else {
            throw Rejection("it succeeds a room in which this device has no place [R8]")
        }
        let device = try founder.deviceID()
        guard succession.id(founder: device)?.bytes == group.id else {
            throw Rejection("its id is not that of a room which succeeds another [R8]")
        }
        guard predecessor.devices.contains(device), predecessor.devices.isSuperset(of: group.devices) else {
            throw Rejection("it has somebody in it who was not in the room that it succeeds [R8]")
        }
        guard predecessor.epoch != succession.epoch || predecessor.transcript == succession.transcript else {
            throw Rejection("it succeeds another past of the room than this device has [R8]")
        }
    }

    /// The epoch that the founding commit begins.
    static let firstEpoch: UInt64 = 1
}
