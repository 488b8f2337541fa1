import CallList
import Escalation
import Foundation
import RelayAPI
import Terms
import WireFormat

/// A receipt before it is signed.
///
///     struct { uint64 seq; uint64 time_ms; opaque chain[32]; } Accepted;
struct Accepted: Sendable, Hashable, WireCodable {
    let seq: UInt64
    let time: Timestamp
    let chain: [UInt8]
    /// How far the relay had come with it, once that is known: not part of its encoding.
    private(set) var mark: RelayMark?

    init(_ entry: Entry) {
        seq = entry.seq
        time = entry.time
        chain = entry.chain
    }

    init(from reader: inout Reader) throws(WireError) {
        seq = try reader.uint64("seq")
        time = Timestamp(milliseconds: try reader.uint64("time"))
        chain = try reader.fixed(LogChain.length, "chain")
    }

    func encode(to writer: inout Writer) {
        writer.uint64(seq)
        writer.uint64(time.milliseconds)
        writer.fixed(chain)
    }

    func marked(_ mark: RelayMark) -> Accepted {
        var marked = self
        marked.mark = mark
        return marked
    }
}

/// Where a reader of the Welcomes that wait for a device has come to.
struct WelcomePosition: Sendable, Hashable {
    let place: UInt64
    let seq: UInt64
}

/// The relay's storage. One engine for now (SQLite); a second must pass the same conformance suite. Every write is durable
/// when it returns; each throws ``Problem`` for what is refused, `storageFull` where nothing can be written.
protocol RelayStore: Sendable {
    // Call lists
    func newestCallList() async throws -> [UInt8]?
    func callList(version: UInt64) async throws -> [UInt8]?
    /// Also forgets the key packages and unopened Welcomes of devices that are not on it.
    /// - Throws: `callListConflict` unless `version` follows the newest stored one (any may be the first).
    func put(callList bundle: [UInt8], version: UInt64, devices: Set<DeviceID>) async throws

    // Key packages
    func put(_ upload: KeyPackageUpload, of device: Device, limit: Int, at now: Moment) async throws
        -> KeyPackageStock
    func stock(of device: DeviceID, at now: Moment) async throws -> KeyPackageStock
    func claim(
        _ claim: KeyPackageClaim, by device: Device, under list: CallList, limits: RelayLimits, at now: Moment
    ) async throws -> KeyPackageClaimAnswer

    // Rooms. A retry gets the first answer, whatever the call list says by now; what is new is judged under `lists`.
    // An event id that stood for another request is refused as `malformedRequest`.
    func create(
        _ creation: RoomCreation, by device: Device, lists: CallListsAtHand, limits: RelayLimits, at now: Moment
    ) async throws -> [Accepted]
    func post(
        _ post: EntryPost, to room: RoomID, by device: Device, lists: CallListsAtHand, limits: RelayLimits,
        at now: Moment
    ) async throws -> Accepted
    func entries(of room: RoomID, after seq: UInt64, limit: Int, for device: DeviceID) async throws -> EntryPage
    /// The newest room first, and of a room in the order of its log.
    /// - Parameter last: gives what comes after this one.
    func welcomes(for device: DeviceID, after last: WelcomePosition?, limit: Int) async throws -> [PendingWelcome]
    func heads(for device: DeviceID) async throws -> (rooms: [Heads.Room], pendingWelcomes: Int)
    func update(_ cursors: CursorUpdate, of device: Device) async throws

    // Its life
    /// Gives a new database its first generation. Called once, before what is to have a receipt is written.
    func startGeneration() async throws
    /// How far it has come.
    func mark() async throws -> RelayMark
    /// Whether it is, or was, one of this database's.
    func knows(_ generation: Generation) async throws -> Bool
    /// Begins another generation, where the present one is `last`: call lists and the last resorts among the key packages stay,
    /// and nothing of rooms [R22].
    /// - Parameter other: one that this relay had, and that its database did not know of.
    func begin(after last: Generation, knowing other: Generation?) async throws

    // Time
    /// What was kept last of the time; nil for a new database.
    func tick() async throws -> Tick?
    func keep(_ tick: Tick) async throws
    /// Does what waits on pages, since nothing is known of how long the relay was down [R18].
    /// - Returns: what went wrong with single rooms, which are as they were.
    func wakeWhatWaits(at now: Moment, under list: CallList) async throws -> [any Error]
    /// Does what the timers of pages have to do. Deletes nothing.
    /// - Parameter list: whose devices' acknowledgements count.
    /// - Returns: what went wrong with single rooms, which stay due.
    func fireDue(at now: Moment, under list: CallList) async throws -> [any Error]
    /// Makes all open pages due: whose acknowledgements count may be otherwise under another call list [R11].
    func makePagesDue() async throws
    /// When ``fireDue(at:under:)`` will next have something to do, by the most reading; nil for never.
    func nextDue() async throws -> Elapsed?
    /// Deletes what was kept long enough, a bounded part of it at once, and leaves no trace of it in the files.
    /// - Returns: whether there is more to delete.
    func deleteOutdated(at now: Moment) async throws -> Bool
}
