import CallList
import Escalation
import Foundation
import Logging
import RelayAPI
import Sodium
import Synchronization
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Relay

/// A storage engine that must keep what ``RelayStore`` promises. Another one is another case here, and nothing else.
enum Engine: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite

    var testDescription: String { rawValue }

    func open(
        _ directory: TemporaryDirectory, pages: Int = 0, publish: @escaping @Sendable ([Notice]) -> Void = { _ in }
    ) throws -> any RelayStore {
        switch self {
        case .sqlite:
            try SQLiteStore(
                path: directory.url.appendingPathComponent("relay.sqlite").path, pages: pages,
                reserve: RelayLimits().reservedDiskBytes, identity: World.identity,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, publish: publish)
        }
    }
}

/// A store, a clock, and people who use them.
final class StoreFixture: Sendable {
    let engine: Engine
    let directory: TemporaryDirectory
    let world: World
    let list: CallList
    let clock = SettableClock()
    private let relayClock: RelayClock
    /// Now, as the relay knows it.
    var moment: Moment { relayClock.now }
    let store: any RelayStore
    let limits: RelayLimits
    private let published = Published()

    /// What the store has published since the start, or since ``forgetNotices()``.
    var notices: [Notice] { published.notices.withLock { $0 } }
    func forgetNotices() { published.notices.withLock { $0 = [] } }

    private final class Published: Sendable {
        let notices = Mutex<[Notice]>([])
    }

    init(_ engine: Engine, limits: RelayLimits = RelayLimits(), pages: Int = 0) async throws {
        self.engine = engine
        self.limits = limits
        directory = try TemporaryDirectory()
        world = try World()
        let bundle = try world.bundle()
        list = try world.list(bundle)
        relayClock = RelayClock(clock.sources, last: nil)
        relayClock.isAfter(Timestamp(list.issued))
        store = try engine.open(directory, pages: pages) { [published] notices in
            published.notices.withLock { $0 += notices }
        }
        try await store.startGeneration()
        try await store.put(callList: bundle, version: 1, devices: Set(list.devices.map(\.id)))
    }

    func person(_ index: Int) -> DeviceKeys { world.people[index] }
    func sensor(_ index: Int) -> DeviceKeys { world.sensors[index] }

    @discardableResult
    func create(_ creation: RoomCreation, by keys: DeviceKeys, list other: CallList? = nil) async throws -> [Accepted] {
        let list = other ?? list
        return try await store.create(
            creation.pinned(to: list, by: keys), by: keys.device, lists: CallListsAtHand(newest: list), limits: limits,
            at: moment)
    }

    @discardableResult
    func post(
        _ post: EntryPost, to room: RoomID, by keys: DeviceKeys, list other: CallList? = nil
    ) async throws -> Accepted {
        let list = other ?? list
        return try await store.post(
            post.pinned(to: list), to: room, by: keys.device, lists: CallListsAtHand(newest: list), limits: limits,
            at: moment)
    }

    func entries(_ room: RoomID, for keys: DeviceKeys, after seq: UInt64 = 0) async throws -> [Entry] {
        try await store.entries(of: room, after: seq, limit: 1_000, for: keys.id).entries
    }

    /// What the relay signed that its timers did.
    func timers(_ room: RoomID, for keys: DeviceKeys) async throws -> [TimerEntry] {
        try await entries(room, for: keys).filter { $0.entryClass == .timer }.map {
            let signed = try SignedTimerEntry(decoding: $0.payload)
            #expect(signed.isValid(room: room, seq: $0.seq, by: World.identity.publicKey))
            return signed.entry
        }
    }

    /// The steps, counted from 1, that the log says were released or passed over after the first.
    func laterSteps(_ room: RoomID, for keys: DeviceKeys) async throws -> [Int] {
        try await timers(room, for: keys).compactMap { entry in
            switch entry {
            case .released(let step, _), .skipped(let step): step > 0 ? step + 1 : nil
            default: nil
            }
        }
    }

    /// A statement of a person, or of a sensor.
    /// - Returns: what it is known by.
    @discardableResult
    func state(
        _ kind: Statement.Kind, _ room: RoomID, by keys: DeviceKeys, list other: CallList? = nil
    ) async throws -> StatementDigest {
        let post = try Posts.statement(kind, in: room, by: keys)
        try await self.post(post, to: room, by: keys, list: other)
        return try UnverifiedStatement(decoding: post.payload).verify(by: keys.mls.publicKey).digest
    }

    /// A page ends by somebody's word, and its hour passes.
    func finish(_ room: RoomID, by keys: DeviceKeys) async throws {
        try await state(.resolved, room, by: keys)
        try await pass(seconds: 3_600)
    }

    /// Time goes on, and what is due is done.
    func pass(seconds: Double, under other: CallList? = nil) async throws {
        clock.advance(seconds: seconds)
        let failures = try await store.fireDue(at: moment, under: other ?? list)
        #expect(failures.isEmpty)
        while try await store.deleteOutdated(at: moment) {}
    }

    /// An incident room of `members`, the first of whom made it.
    func incident(_ members: [Int]) async throws -> RoomID {
        let room = RoomID.random()
        try await create(Posts.incident(room, adding: members.dropFirst().map { person($0) }), by: person(members[0]))
        return room
    }

    /// A page by the first sensor.
    func page(_ steps: [Posts.Step], horizon: UInt32 = 3_600, retention: UInt32 = 60, close: UInt16 = 1) async throws
        -> RoomID
    {
        let room = RoomID.random()
        try await create(Posts.page(room, steps, horizon: horizon, retention: retention, close: close), by: sensor(0))
        return room
    }
}

extension RelayStore {
    /// All that waits for a device.
    func welcomes(for device: DeviceID) async throws -> [PendingWelcome] {
        try await welcomes(for: device, after: nil, limit: 1_000)
    }
}

/// That a request is refused with just this code.
func expect<T>(
    _ code: ProblemCode, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> T
) async {
    do {
        _ = try await body()
        Issue.record("expected \(code.rawValue)", sourceLocation: sourceLocation)
    } catch let problem as Problem {
        #expect(problem.code == code, sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected \(code.rawValue), not \(error)", sourceLocation: sourceLocation)
    }
}
