import RelayAPI
import Terms
import WireFormat

/// What a commit's header leaves: who is in the room, which of them lead it or took the lead, and to which call list it is pinned [R3].
struct RoomView: Sendable, Hashable {
    var members: Set<DeviceID>
    var leads: Set<DeviceID>
    /// Those who took the lead where none was left [R6].
    var takers: Set<DeviceID> = []
    /// The pinned call list's version.
    var pin: UInt64

    /// What is left after a header that was found to keep the rules. Whoever leaves leads no more.
    func applying(_ header: CommitHeader, by author: DeviceID) -> RoomView {
        let left = members.subtracting(header.removes).union(header.adds)
        return RoomView(
            members: left, leads: (header.leads.map { Set($0) } ?? leads).intersection(left),
            takers: takers.union(header.takes ? [author] : []).intersection(left),
            pin: max(pin, header.callListVersion))
    }
}

// MARK: As it is kept

extension RoomView {
    /// `struct { DeviceID members<V>; DeviceID leads<V>; DeviceID takers<V>; }`, in the order of their ids: commits that change
    /// none of them share it.
    var people: [UInt8] {
        var writer = Writer()
        writer.identifiers(members.sorted())
        writer.identifiers(leads.sorted())
        writer.identifiers(takers.sorted())
        return writer.bytes
    }

    init(people bytes: [UInt8], pin: UInt64) throws(WireError) {
        var reader = Reader(bytes)
        members = Set(try reader.identifiers("members") as [DeviceID])
        leads = Set(try reader.identifiers("leads") as [DeviceID])
        takers = Set(try reader.identifiers("takers") as [DeviceID])
        try reader.finish("RoomView")
        self.pin = pin
    }
}
