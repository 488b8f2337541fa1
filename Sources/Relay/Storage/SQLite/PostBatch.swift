import RelayAPI
import SQLite
import Terms

/// What the posts of one transaction hold back: the ends of logs and what devices have stored, which each post would read and
/// write anew. Of 13 statements a post it leaves five, where many come to one page, and six in an incident room.
struct PostBatch: WriteBatch {
    private struct HeldRoom {
        var stored: StoredRoom
        /// What of its facts was read.
        let scope: RoomScope
        var isChanged = false
    }

    private struct HeldBytes {
        var inRoom: [Int64: Int64] = [:]
        var inAll: Int64
    }

    private var rooms: [RoomID: HeldRoom] = [:]
    private var bytes: [DeviceID: HeldBytes] = [:]

    // MARK: Rooms

    /// A room with what a change needs.
    /// - Throws: `roomUnknown`.
    mutating func room(_ room: RoomID, _ scope: RoomScope, in db: Connection) throws -> StoredRoom {
        guard let held = rooms[room] else {
            let stored = try StoredRoom.find(room, scope, in: db)
            rooms[room] = HeldRoom(stored: stored, scope: scope)
            return stored
        }
        if held.scope.covers(scope) { return held.stored }
        // But for the room's row all is written: what is missing is read beside what is held.
        var wider = scope
        wider.named.formUnion(held.scope.named)
        let stored = try held.stored.loading(wider, in: db)
        rooms[room] = HeldRoom(stored: stored, scope: wider, isChanged: held.isChanged)
        return stored
    }

    /// Writes a post's changes. The room's own row is held back where nothing but its log's end is another.
    mutating func apply(_ transition: RoomTransition, to stored: StoredRoom, in db: Connection) throws {
        let (id, after) = (stored.id, transition.room)
        guard transition.onlyAppends, after.ledger == stored.facts.ledger else {
            rooms[after.room] = nil
            return try transition.apply(to: id, in: db)
        }
        try transition.applyBesideRow(to: id, in: db)
        rooms[after.room]?.stored = StoredRoom(id: id, facts: after)
        rooms[after.room]?.isChanged = true
    }

    // MARK: Bytes

    /// Counts what a device stores in a room.
    /// - Parameter isFirst: what a page hangs on may go beyond the limits by an eighth.
    /// - Throws: `limitReached`.
    mutating func count(
        _ added: Int, of device: DeviceID, in room: StoredRoom, isFirst: Bool, limits: RelayLimits, in db: Connection
    ) throws {
        var held = bytes[device]
        if held?.inRoom[room.id] == nil {
            let stored = try StoredBytes.stored(by: device, in: room.id, in: db)
            held = held ?? HeldBytes(inAll: stored.inAll)
            held?.inRoom[room.id] = stored.inRoom
        }
        guard var held, let inRoom = held.inRoom[room.id] else { return }
        held.inRoom[room.id] = inRoom + Int64(added)
        held.inAll += Int64(added)
        try StoredBytes.check(held.inRoom[room.id], ofRoom: room.facts.kind, isFirst: isFirst, limits: limits)
        try StoredBytes.check(held.inAll, isFirst: isFirst, limits: limits)
        bytes[device] = held
    }

    // MARK: What is held back

    mutating func flush(in db: Connection) throws {
        for held in rooms.values where held.isChanged { try held.stored.facts.write(to: held.stored.id, in: db) }
        for (device, held) in bytes {
            for (room, bytes) in held.inRoom { try StoredBytes.put(bytes, of: device, in: room, in: db) }
            try StoredBytes.put(held.inAll, of: device, in: db)
        }
        self = PostBatch()
    }
}

extension RoomTransition {
    /// Whether it changes nothing but the end of the log, and who wrote when.
    fileprivate var onlyAppends: Bool {
        changes.allSatisfy { change in
            switch change {
            case .entry, .wrote: true
            default: false
            }
        }
    }
}

extension RoomScope {
    /// Whether all is here that another asks for.
    fileprivate func covers(_ other: RoomScope) -> Bool {
        var same = self
        same.named = other.named
        return same == other && named.isSuperset(of: other.named)
    }
}
