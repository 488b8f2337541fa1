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
    /// When devices last wrote in the room [R6].
    let written: [DeviceID: Timestamp]
    /// What the header carries, as far as it counts: by who was in the room, and is listed and in time.
    let statements: [LeadStatement]
    /// The list that the header pins.
    let list: CallList
    /// When expiry is judged [R1].
    let time: Timestamp
    /// The entry's time: whoever is added must be in time then, too, whatever the author says.
    let entryTime: Timestamp

    /// - Parameter lists: the newest, and the one that the header pins where the relay has it.
    /// - Throws: `callListUnknown`.
    init(
        _ header: CommitHeader, of room: RoomFacts, after view: RoomView, lists: CallListsAtHand, at time: Timestamp
    ) throws(Problem) {
        guard let list = lists.list(pinnedBy: header) else { throw .callListUnknown(header.callListVersion) }
        (kind, self.view, faulters, self.list) = (room.kind, view, room.faulters, list)
        let judged = header.judged(at: time)
        (self.time, entryTime, written) = (judged, time, room.written)
        statements = header.statements(in: room.room, at: time) { device in
            guard view.members.contains(device), list.isInTime(device, at: judged.date) else { return nil }
            return list.device(device)?.mlsKey
        }
    }

    // MARK: Making a room

    /// The first commit of a room, by its maker, who alone is in it so far.
    /// - Throws: `commitRefused`.
    func check(founding header: CommitHeader, by maker: DeviceID) throws(Problem) {
        guard header.parent == 0, header.baseSeq == 0, header.removes.isEmpty, !header.takes else {
            throw .commitRefused("a room's first commit has no parent, removes nobody, and takes no lead")
        }
        guard isInTime(maker) else {
            throw .commitRefused("its author is not on the list that it pins, or not in time")
        }
        try checkAdds(of: header)
        switch kind {
        case .incident: try check(leads: header.leads ?? [], of: header, by: maker)
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
        let isTaker = try isTaker(author, by: header)
        let isReturn = isReturn(header)
        guard header.adds.isEmpty || isLead || isTaker || isReturn else {
            throw .commitRefused(kind == .page ? "nobody is added to a page" : "only a leading device adds people [R6]")
        }
        try checkAdds(of: header)
        for device in header.removes {
            guard device != author, view.members.contains(device) else {
                throw .commitRefused("it removes its author, or a device that is not there")
            }
            guard isLead || isReturn || !isInTime(device) || isTaker && isAgreed(device, by: author) else {
                throw .commitRefused(
                    isTaker
                        ? "who took the lead removes somebody listed only with another's statement who took it [R6]"
                        : "only a leading device removes one that is listed and in time [R6]")
            }
        }
        if let leads = header.leads {
            guard isLead else { throw .commitRefused("only a leading device changes who leads [R6]") }
            try check(leads: leads, of: header, by: author)
        }
    }

    // MARK: Taking the lead

    /// Whether the author took the lead before, or may take it by this commit.
    /// - Throws: `commitRefused` where it says so and may not.
    private func isTaker(_ author: DeviceID, by header: CommitHeader) throws(Problem) -> Bool {
        guard header.takes else { return kind == .incident && view.takers.contains(author) }
        guard kind == .incident else { throw .commitRefused("nobody leads a page") }
        guard !view.leads.contains(author), !view.takers.contains(author) else {
            throw .commitRefused("its author leads the room already")
        }
        guard !view.leads.contains(where: isInTime) || areSilent else {
            throw .commitRefused(
                "a lead is there: it wrote in the last 12 hours, or fewer than two say that it did not [R6]")
        }
        return true
    }

    /// None of the leads wrote for 12 hours, and two say so: devices here, persons where members judge.
    private var areSilent: Bool {
        guard
            view.leads.allSatisfy({ lead in
                written[lead].map { $0.adding(milliseconds: LeadStatement.silence) <= entryTime } ?? true
            })
        else { return false }
        return Set(statements.filter { $0.kind == .noLead }.map(\.device)).subtracting(view.leads).count >= 2
    }

    /// Whether another who took the lead says that a device is to leave.
    private func isAgreed(_ device: DeviceID, by author: DeviceID) -> Bool {
        statements.contains { said in
            guard case .remove(let devices) = said.kind else { return false }
            return devices.contains(device) && said.device != author && said.device != device
                && view.takers.contains(said.device)
        }
    }

    // MARK: Giving a place back

    /// Whether it gives its place back to a leading device that said it could not use a commit, and does nothing else [R8].
    private func isReturn(_ header: CommitHeader) -> Bool {
        guard kind == .incident, header.leads == nil, !header.takes, header.adds == header.removes,
            header.adds.count == 1,
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
    private func check(leads: [DeviceID], of header: CommitHeader, by author: DeviceID) throws(Problem) {
        let after = view.applying(header, by: author).members
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
