import CallList
import Foundation
import NIOCore
import RelayAPI
import Sodium
import Terms

/// What the routes share: storage, the current call list, sessions, streams and limits.
struct RelayCore: Sendable {
    let store: any RelayStore
    let directory: Directory
    let root: TrustedRoot
    let identity: Ed25519.PrivateKey
    let sessions: Sessions
    let hub: StreamHub
    let limits: RelayLimits
    let clock: RelayClock
    let generation: GenerationKeeper

    /// What anybody sends. Call lists stand apart, so that whoever fills one budget keeps nobody from a session.
    let openBodies: BodyBudget
    let callListBodies: BodyBudget
    let deviceBodies: BodyBudget
    let answers: AnswerBudget
    let connections: Connections
    let known: KnownAddresses
    let deviceRate: RateLimiter<DeviceID>
    let sensorRooms: RateLimiter<DeviceID>
    let openRate: RateLimiter<Party>

    init(
        store: any RelayStore, list: CallList, root: TrustedRoot, identity: Ed25519.PrivateKey, limits: RelayLimits,
        hub: StreamHub, descriptors: Int, clock: RelayClock, generation: GenerationKeeper
    ) throws {
        self.store = store
        directory = Directory(list)
        self.root = root
        self.identity = identity
        sessions = try Sessions(identity: identity.publicKey)
        self.hub = hub
        self.limits = limits
        self.clock = clock
        self.generation = generation
        openBodies = BodyBudget(most: limits.openBodyBytes, part: limits.openBodyBytes / 16)
        callListBodies = BodyBudget(most: 4 * limits.callListBytes, part: limits.callListBytes)
        deviceBodies = BodyBudget(
            // A quarter is kept in reserve: the largest request must fit beside it.
            most: max(limits.bodyBytes, 2 * limits.requestBytes),
            part: max(limits.bodyBytesPerDevice, limits.requestBytes))
        answers = AnswerBudget(limits: limits)
        known = KnownAddresses()
        connections = Connections(limits: limits, descriptors: descriptors, known: known, now: { clock.now.time.date })
        deviceRate = RateLimiter(perSecond: limits.requestsPerSecond, burst: limits.requestBurst)
        sensorRooms = RateLimiter(perSecond: limits.sensorRoomsPerHour / 3600, burst: limits.sensorRoomBurst)
        openRate = RateLimiter(perSecond: limits.openRequestsPerSecond, burst: limits.openRequestBurst)
    }

    /// The device behind a session token, as the current call list has it. The connection is the device's from now on.
    func authenticate(_ authorization: String?, on channel: any Channel) throws(Problem) -> Device {
        let prefix = "Bearer "
        guard let authorization, authorization.hasPrefix(prefix) else { throw .notAuthenticated }
        let now = clock.now
        let id = try sessions.device(of: String(authorization.dropFirst(prefix.count)), at: now.time)
        let device = try directory.device(id, at: now)
        try connections.belongs(channel, to: id)
        try deviceRate.take(id, at: now.time.date)
        return device
    }

    /// Who asks without a session, within what they may ask. A device of the call list that is named goes before strangers: only
    /// members know its id.
    func caller(naming device: DeviceID?, on channel: any Channel) throws(Problem) -> Caller {
        let (address, time) = (ClientAddress(channel.remoteAddress), clock.now.time.date)
        if let device, directory.list.device(device) != nil {
            let named = Caller(party: .named(device, address), goesFirst: true)
            do {
                try openRate.take(named.party, at: time)
                return named
            } catch {
                // Then as one of its address.
            }
        }
        try openRate.take(.address(address), at: time)
        return Caller(party: .address(address), goesFirst: known.isKnown(address, at: time))
    }

    /// What a post is judged under: the current call list, and the one that a commit pins, where it is kept here.
    func lists(for post: EntryPost?) async throws -> CallListsAtHand {
        let newest = directory.list
        guard let post, post.entryClass == .commit else { return CallListsAtHand(newest: newest) }
        let version = try post.header.callListVersion
        guard version < newest.version else { return CallListsAtHand(newest: newest) }
        if let known = directory.earlier(version) { return CallListsAtHand(newest: newest, pinned: known) }
        guard let bundle = try await store.callList(version: version),
            let list = try? UnverifiedCallList(decoding: bundle).verify(root: root)
        else { return CallListsAtHand(newest: newest) }
        directory.keep(earlier: list)
        return CallListsAtHand(newest: newest, pinned: list)
    }

    func receipt(_ accepted: Accepted, room: RoomID) throws -> Receipt {
        guard let mark = accepted.mark else { throw Problem.internalError }
        let content = Receipt.signedContent(
            room: room, seq: accepted.seq, time: accepted.time, chain: accepted.chain, mark: mark)
        return Receipt(
            room: room, seq: accepted.seq, time: accepted.time, chain: accepted.chain, mark: mark,
            signature: identity.signature(for: content))
    }

    func heads(of device: DeviceID) async throws -> Heads {
        let (rooms, pending) = try await store.heads(for: device)
        return Heads(
            rooms: rooms, pendingWelcomes: pending, callListVersion: directory.list.version, time: clock.now.time,
            mark: SignedMark(try await store.mark(), by: identity))
    }

    /// Somebody shows this relay's own word, which may be of what its database does not know any more [R22].
    /// - Returns: whether another generation began.
    func check(_ proof: MarkProof) async throws -> Bool {
        guard proof.isValid(by: identity.publicKey) else { return false }
        let (now, shown) = (try await store.mark(), proof.mark)
        // Of a life that this database knows nothing of: it was put back to before it. Known from then on, it counts once.
        let isUnknown = try await !store.knows(shown.generation)
        guard isUnknown || shown.generation == now.generation && shown.writes > now.writes else { return false }
        try await generation.begin(after: now.generation, knowing: shown.generation, in: store)
        hub.tellAll()
        return true
    }

    /// Opens a stream for a device that may have one.
    /// - Throws: `limitReached`; `deviceUnknown` where a new call list came in between.
    func subscribe(_ device: DeviceID) throws(Problem) -> StreamSubscriber {
        let subscriber = try hub.subscribe(device)
        do {
            _ = try directory.device(device, at: clock.now)
        } catch {
            hub.unsubscribe(subscriber)
            throw error
        }
        return subscriber
    }

    func keepStreams() {
        let (list, earliest) = (directory.list, clock.now.earliest.date)
        hub.keepAlive { list.isInTime($0, at: earliest) }
    }

    /// Takes a call list that verifies and is the next: checked before anything reaches the database.
    func accept(callList bundle: [UInt8]) async throws {
        let list: CallList
        do {
            list = try UnverifiedCallList(decoding: bundle).verify(root: root, known: directory.list)
        } catch {
            throw Problem.callListRefused(error.reason, hint: error.hint)
        }
        if list.isSame(as: directory.list) { return }
        do {
            try list.checkSucceeds(directory.list)
        } catch {
            throw Problem.callListConflict(error.reason)
        }
        do {
            try await store.put(callList: bundle, version: list.version, devices: Set(list.devices.map(\.id)))
        } catch let problem as Problem {
            // Two came at once: the same list again is no conflict.
            guard problem.code == .callListConflict, let stored = try await store.callList(version: list.version),
                try UnverifiedCallList(decoding: stored).verify(root: root).isSame(as: list)
            else { throw problem }
        }
        directory.replace(with: list)
        clock.isAfter(Timestamp(list.issued))
        hub.apply(directory.list)
        try await store.makePagesDue()
    }
}
