import CallList
import Foundation
import RelayAPI
import Sodium
import Terms

/// What a commit's clear header may say, by the same rules as clients judge the commit by, as far as the relay can see them
/// [R3]: people's roles and clearances it cannot. What it cannot honour it refuses, and never takes without effect.
struct HeaderRules {
    let kind: RoomKind
    /// What the header's parent left.
    let view: RoomView
    /// Devices that have said that they cannot use a commit of the room [R4].
    let faulters: Set<DeviceID>
    /// The list that the header pins.
    let list: CallList
    /// When expiry is judged [R1].
    let time: Timestamp
    /// The entry's time: whoever is added must be in time then, too, whatever the author says.
    let entryTime: Timestamp

    /// - Parameter lists: the newest, and the one that the header pins where the relay has it.
    /// - Throws: `callListUnknown`.
    init(
        _ header: CommitHeader, in kind: RoomKind, after view: RoomView, faulters: Set<DeviceID> = [],
        lists: CallListsAtHand, at time: Timestamp
    ) throws(Problem) {
        guard let list = lists.list(pinnedBy: header) else { throw .callListUnknown(header.callListVersion) }
        (self.kind, self.view, self.faulters, self.list) = (kind, view, faulters, list)
        (self.time, entryTime) = (header.judged(at: time), time)
    }

    // MARK: Making a room

    /// The first commit of a room, by its maker, who alone is in it so far.
    /// - Throws: `commitRefused`.
    func check(founding header: CommitHeader, by maker: DeviceID) throws(Problem) {
        guard header.parent == 0, header.baseSeq == 0, header.removes.isEmpty else {
            throw .commitRefused("a room's first commit has no parent, and removes nobody")
        }
        guard isInTime(maker) else {
            throw .commitRefused("its author is not on the list that it pins, or not in time")
        }
        try checkAdds(of: header)
        switch kind {
        case .incident: try check(leads: header.leads ?? [], of: header)
        case .page:
            guard header.leads == nil else { throw .commitRefused("nobody leads a page") }
        }
    }

    // MARK: Changing it

    /// - Throws: `commitRefused`.
    func check(_ header: CommitHeader, by author: DeviceID) throws(Problem) {
        guard view.members.contains(author) else { throw .commitRefused("its author was not in the room") }
        guard header.callListVersion >= view.pin else {
            throw .commitRefused("it moves the room back to an older call list [R1]")
        }
        guard isInTime(author) else {
            throw .commitRefused("its author is not on the list that it pins, or not in time")
        }
        guard list.device(author)?.kind == .person else { throw .sensorMayNotCommit }
        let isLead = kind == .incident && view.leads.contains(author)
        let isReturn = isReturn(header)
        guard header.adds.isEmpty || isLead || isReturn else {
            throw .commitRefused(kind == .page ? "nobody is added to a page" : "only a leading device adds people [R6]")
        }
        try checkAdds(of: header)
        for device in header.removes {
            guard device != author, view.members.contains(device) else {
                throw .commitRefused("it removes its author, or a device that is not there")
            }
            guard isLead || isReturn || !isInTime(device) else {
                throw .commitRefused("only a leading device removes one that is listed and in time [R6]")
            }
        }
        if let leads = header.leads {
            guard isLead else { throw .commitRefused("only a leading device changes who leads [R6]") }
            try check(leads: leads, of: header)
        }
    }

    /// Whether it gives its place back to a leading device that said it could not use a commit, and does nothing else [R8].
    private func isReturn(_ header: CommitHeader) -> Bool {
        guard kind == .incident, header.leads == nil, header.adds == header.removes, header.adds.count == 1,
            let device = header.adds.first
        else { return false }
        return view.leads.contains(device) && faulters.contains(device)
    }

    private func checkAdds(of header: CommitHeader) throws(Problem) {
        for device in header.adds {
            guard !view.members.contains(device) || header.removes.contains(device) else {
                throw .commitRefused("it adds a device that is there")
            }
            guard isInTime(device), list.isInTime(device, at: entryTime.date) else {
                throw .commitRefused("it adds a device that is not on the list that it pins, or not in time")
            }
            guard kind == .page || list.device(device)?.kind == .person else {
                throw .commitRefused("a sensor is in no incident room")
            }
        }
    }

    /// Leads are devices in the room, and somebody leads.
    private func check(leads: [DeviceID], of header: CommitHeader) throws(Problem) {
        let after = view.applying(header).members
        guard Set(leads).count == leads.count, after.isSuperset(of: leads),
            leads.contains(where: { list.device($0) != nil })
        else { throw .commitRefused("its leads are not devices in the room, once each, or none is listed [R6]") }
    }

    /// Listed, and its expiry not reached.
    private func isInTime(_ device: DeviceID) -> Bool { list.isInTime(device, at: time.date) }
}

/// The call lists that a change of a room is judged under.
struct CallListsAtHand: Sendable {
    /// The relay's current one.
    let newest: CallList
    /// The one that a commit pins, where the relay has it; nil also where nothing is pinned.
    var pinned: CallList?

    init(newest: CallList, pinned: CallList? = nil) {
        (self.newest, self.pinned) = (newest, pinned)
    }

    /// - Returns: nil where the relay does not have just that list.
    func list(pinnedBy header: CommitHeader) -> CallList? {
        [pinned, newest].lazy.compactMap { $0 }.first { list in
            list.version == header.callListVersion
                && Hexadecimal.decode(list.digest) == header.callListDigest
        }
    }
}
