import CallList
import Escalation
import RelayAPI
import Sodium
import Terms

extension RoomTransition {
    /// A room with its first entries.
    /// - Parameters:
    ///   - exists: whether there is a room of this id already.
    ///   - openRooms: how many open rooms `device` has made.
    /// - Throws: `sensorMayNotCommit`, `roomExists`, `limitReached`, `memberNotListed`, `callListUnknown`, `commitRefused`,
    /// `malformedRequest`.
    static func create(
        _ creation: RoomCreation, by device: Device, exists: Bool, openRooms: Int, lists: CallListsAtHand,
        limits: RelayLimits, at now: Moment, identity: Ed25519.PrivateKey
    ) throws(Problem) -> (transition: RoomTransition, accepted: [Accepted]) {
        guard device.kind == .person || creation.kind == .page else { throw .sensorPagesOnly }
        guard !exists else { throw .roomExists }
        let most = device.kind == .person ? limits.openRoomsPerPerson : limits.openRoomsPerSensor
        guard openRooms < most else {
            throw .limitReached(
                "a \(device.kind) has at most \(most) rooms open: one must be resolved, or reach its horizon")
        }
        var transition = RoomTransition(
            RoomFacts(
                room: creation.room, kind: creation.kind, creator: device.id, created: now.passed,
                log: LogHead(chain: LogChain.start(room: creation.room))), at: now, identity: identity)
        transition.found(by: device, creation)
        var accepted: [Accepted] = []
        for post in creation.entries {
            let entry = transition.append(post.entryClass, payload: post.payload, poster: device.id)
            transition.wrote(entry)
            if post.entryClass == .commit {
                try transition.found(by: entry, try post.header, lists: lists)
                try transition.add(post.welcomes, by: entry, limits: limits)
                transition.tell(.heads(to: try post.header.adds))
            }
            accepted.append(Accepted(entry))
        }
        transition.tick(under: lists.newest)
        transition.tell(.timers)
        return (transition, accepted)
    }

    /// What the first commit leaves stands, because there is nothing before it. Nobody else has judged it or will, so its time is
    /// the earliest that it can be: a clock that is ahead keeps no page from anybody [R18].
    private mutating func found(by entry: Entry, _ header: CommitHeader, lists: CallListsAtHand) throws(Problem) {
        let alone = RoomView(members: [entry.poster], leads: [], pin: 0)
        try Self.check(header.adds, on: lists.newest)
        try HeaderRules(header, of: room, after: alone, lists: lists, at: now.earliest)
            .check(founding: header, by: entry.poster)
        room.ledger = CommitLedger(stands: entry.seq)
        take(entry, after: alone, header)
    }

    /// The one who makes a room is a member without being added.
    private mutating func found(by device: Device, _ creation: RoomCreation) {
        let maker = Membership(joined: 0, step: 0, released: true)
        room.named[device.id] = maker
        room.memberCount = 1
        room.audience = [device.id]
        change(.member(device.id, maker))
        guard creation.kind == .page else { return }
        room.page = Page(
            Plan(
                room: creation.room, steps: creation.steps, sensor: device.kind == .sensor ? device.id : nil,
                close: creation.close, horizon: creation.horizon))
    }
}
