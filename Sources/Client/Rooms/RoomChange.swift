import CallList
import MLS
import RelayAPI
import Terms

/// What a commit does to a room.
struct RoomChange: Sendable {
    let before: RoomPolicy
    let after: RoomPolicy
    /// Who was in the room; nobody where that is not known, as of a room that is joined.
    let present: Set<DeviceID>
    /// As it was.
    let committer: LeafNode
    let added: [LeafNode]
    let removed: [LeafNode]
}

extension RoomChange {
    init(_ commit: CommitFacts, in present: Set<DeviceID>) throws(Rejection) {
        self.init(
            before: try RoomPolicy(in: commit.context.extensions), after: try RoomPolicy(in: commit.extensionsAfter),
            present: present, committer: commit.committer.leaf, added: commit.added.map(\.leaf),
            removed: commit.removed.map(\.leaf))
    }

    /// An own commit, from the states before and after it.
    init(own header: CommitHeader, from group: Group, to next: Group) throws(Rejection) {
        let before = try RoomPolicy(in: group.context.extensions)
        let after = try RoomPolicy(in: next.context.extensions)
        guard let own = group.member(at: group.ownIndex) else { throw Rejection("one's own leaf is missing") }
        let (adds, removes) = (Set(header.adds.map(\.bytes)), Set(header.removes.map(\.bytes)))
        self.init(
            before: before, after: after, present: group.devices, committer: own,
            added: next.members.map(\.leaf).filter { $0.identity.map { adds.contains($0) } ?? false },
            removed: group.members.map(\.leaf).filter { $0.identity.map { removes.contains($0) } ?? false })
    }

    /// Whether the policy is the same as before but for the pin, and for leads who are removed.
    func keepsPolicy() throws(Rejection) -> Bool { after == (try keptPolicy()).pinned(to: after.pin) }

    /// Whether those lead who led before and stay.
    func keepsLeads() throws(Rejection) -> Bool { after.leads == (try keptPolicy()).leads }

    /// Whether those took the lead who took it before and stay, and the author too where it takes it.
    func keepsTakers() throws(Rejection) -> Bool {
        let kept = try keptPolicy()
        return try after.takers == (takesLead() ? kept.taken(by: committer.deviceID()) : kept).takers
    }

    /// Whether the author takes the lead by it [R6].
    func takesLead() throws(Rejection) -> Bool {
        let author = try committer.deviceID()
        return after.takers.contains(author) && !before.takers.contains(author)
    }

    /// Whether the author took the lead of an incident room before, or takes it by this.
    func isByTaker() throws(Rejection) -> Bool {
        let author = try committer.deviceID()
        return before.kind == .incident && (before.takers.contains(author) || after.takers.contains(author))
    }

    /// Whoever leaves leads no more; whoever gets their place back in the same commit does not leave.
    private func keptPolicy() throws(Rejection) -> RoomPolicy {
        before.led(without: try removedDevices().subtracting(try addedDevices()))
    }

    func addedDevices() throws(Rejection) -> Set<DeviceID> { try Self.devices(added) }
    func removedDevices() throws(Rejection) -> Set<DeviceID> { try Self.devices(removed) }
    /// Who is in the room after it.
    func presentAfter() throws(Rejection) -> Set<DeviceID> {
        present.subtracting(try removedDevices()).union(try addedDevices())
    }

    /// The leading device that it removes and adds, and does nothing else: by that it gets back a place that it lost. Without
    /// this, whoever makes the lead lose theirs would leave the room without a lead [R8].
    func returnedLead() throws(Rejection) -> DeviceID? {
        let (back, gone) = (try addedDevices(), try removedDevices())
        guard before.kind == .incident, try keepsPolicy(), added.count == 1, removed.count == 1, back == gone,
            let device = back.first, before.leads.contains(device)
        else { return nil }
        return device
    }

    private static func devices(_ leaves: [LeafNode]) throws(Rejection) -> Set<DeviceID> {
        var devices: Set<DeviceID> = []
        for leaf in leaves { devices.insert(try leaf.deviceID()) }
        return devices
    }

    /// Whether the committer led the room before. Nobody leads a page room.
    func isByLead() throws(Rejection) -> Bool {
        let author = try committer.deviceID()
        return before.kind == .incident && before.leads.contains(author)
    }
}

extension Group {
    /// The devices that are in it.
    var devices: Set<DeviceID> { Set(members.compactMap { $0.leaf.identity.flatMap { DeviceID($0) } }) }
}

extension LeafNode {
    /// The device that the leaf says it is.
    func deviceID() throws(Rejection) -> DeviceID {
        guard let identity, let id = DeviceID(identity) else { throw Rejection("a leaf's identity is no device") }
        return id
    }
}
