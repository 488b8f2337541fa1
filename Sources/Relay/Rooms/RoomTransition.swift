import CallList
import Escalation
import RelayAPI
import Sodium
import Terms

/// One change of a room, from facts to what is to be stored and told. The rules of the relay's rooms stand here, and in no
/// storage engine: an engine loads the facts under the room's lock, applies ``changes`` in one transaction, and publishes
/// ``notices`` after it. A function that throws leaves a transition that must not be applied.
struct RoomTransition: Sendable {
    let now: Moment
    /// Signs what its timers do.
    let identity: Ed25519.PrivateKey
    /// The room as it is after the changes.
    var room: RoomFacts
    private(set) var changes: [RoomChange] = []
    private(set) var notices: [Notice] = []

    init(_ room: RoomFacts, at now: Moment, identity: Ed25519.PrivateKey) {
        self.room = room
        self.now = now
        self.identity = identity
    }

    /// Whether something is destroyed, which no copy of the database's pages may keep [R12].
    var destroys: Bool { changes.contains { if case .closed = $0 { true } else { false } } }

    mutating func change(_ change: RoomChange) { changes.append(change) }
    mutating func tell(_ notice: Notice) { notices.append(notice) }

    // MARK: The log

    @discardableResult
    mutating func append(_ entryClass: EntryClass, payload: [UInt8], poster: DeviceID) -> Entry {
        let (seq, time) = (room.log.seq + 1, now.time)
        let chain = LogChain.next(
            room.log.chain, seq: seq, time: time, poster: poster, entryClass: entryClass, payload: payload)
        room.log = LogHead(
            seq: seq, time: time, chain: chain, commit: entryClass == .commit ? seq : room.log.commit)
        let entry = Entry(
            seq: seq, time: time, poster: poster, entryClass: entryClass, payload: payload, chain: chain)
        change(.entry(entry))
        if room.hasEnded { unsettle() }
        return entry
    }

    /// Something comes after a page's end after all: those who are told of it no more are told again.
    private mutating func unsettle() {
        for (device, var member) in room.named where member.removed == nil {
            member.settled = false
            room.named[device] = member
        }
        change(.unsettled)
    }

    // MARK: Who may

    /// - Throws: `notMember`.
    func checkMember(_ device: DeviceID) throws(Problem) {
        guard room.named[device]?.mayPost == true else { throw .notMember }
    }

    // MARK: The end

    mutating func close() {
        guard !room.isClosed else { return }
        room.isClosed = true
        room.page = nil
        room.withheld = []
        change(.closed(at: now))
        tell(.heads(to: room.audience))
        tell(.timers)
    }
}
