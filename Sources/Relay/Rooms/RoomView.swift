import RelayAPI
import Terms
import WireFormat

/// What a commit's header leaves: who is in the room, which of them lead it, and to which call list it is pinned [R3].
struct RoomView: Sendable, Hashable {
    var members: Set<DeviceID>
    var leads: Set<DeviceID>
    /// The pinned call list's version.
    var pin: UInt64

    /// What is left after a header that was found to keep the rules. Whoever leaves leads no more.
    func applying(_ header: CommitHeader) -> RoomView {
        let left = members.subtracting(header.removes).union(header.adds)
        return RoomView(
            members: left, leads: (header.leads.map { Set($0) } ?? leads).intersection(left),
            pin: max(pin, header.callListVersion))
    }
}

// MARK: As it is kept

extension RoomView {
    /// `struct { DeviceID members<V>; DeviceID leads<V>; }`, in the order of their ids: the same for the same members and leads: commits that change neither share it.
    var people: [UInt8] {
        var writer = Writer()
        writer.identifiers(members.sorted())
        writer.identifiers(leads.sorted())
        return writer.bytes
    }

    init(people bytes: [UInt8], pin: UInt64) throws(WireError) {
        var reader = Reader(bytes)
        members = Set(try reader.identifiers("members") as [DeviceID])
        leads = Set(try reader.identifiers("leads") as [DeviceID])
        try reader.finish("RoomView")
        self.pin = pin
    }
}
