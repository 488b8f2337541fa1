import CallList
import Foundation
import Incident
import MLS
import NIOHTTP1
import RelayAPI
import Synchronization
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// The process died here.
struct Crash: Error {}

/// Records requests, and crashes or lies once at a chosen one.
final class Wire: Sendable {
    private let seen = Mutex<[String]>([])
    private let before = Mutex<(@Sendable (String) async throws -> Void)?>(nil)
    private let after = Mutex<(@Sendable (String, [UInt8]) throws -> [UInt8])?>(nil)

    var requests: [String] { seen.withLock { $0 } }
    func forget() { seen.withLock { $0 = [] } }
    func onRequest(_ body: (@Sendable (String) async throws -> Void)?) { before.withLock { $0 = body } }
    func onAnswer(_ body: (@Sendable (String, [UInt8]) throws -> [UInt8])?) { after.withLock { $0 = body } }

    /// Shows other entries of a log than the relay has.
    func onEntries(_ lie: @escaping @Sendable ([Entry]) -> [Entry]) {
        onAnswer { request, answer in
            guard request.contains("/entries?") else { return answer }
            let page = try EntryPage(decoding: answer)
            return EntryPage(
                head: page.head, closed: page.closed, releasedSteps: page.releasedSteps, entries: lie(page.entries)
            ).encoded
        }
    }

    var tap: LinkTap {
        LinkTap(
            before: { method, path in
                let request = "\(method.rawValue) \(path)"
                self.seen.withLock { $0.append(request) }
                let body = self.before.withLock { $0 }
                try await body?(request)
            },
            after: { method, path, answer in
                try self.after.withLock { $0 }?("\(method.rawValue) \(path)", answer) ?? answer
            })
    }
}

extension Client {
    func notes(_ room: RoomID) throws -> [String] {
        try detail(room).facts.compactMap {
            guard case .event(let event) = $0.fact.what, case .note(let note) = event.content else { return nil }
            return note.text
        }
    }

    /// Why there are open alarms, one each.
    var causes: [AlarmCause] {
        get throws { try alarms().map(\.subject.cause) }
    }

    /// Whether the first of some alarm said so.
    func wasAlarmed(_ cause: AlarmCause, because detail: String) throws -> Bool {
        try alarms().contains { $0.subject.cause == cause && $0.detail.contains(detail) }
    }

    func record(of room: RoomID) throws -> RoomRecord? { try vault.read { try $0.record(room) } }
    func head(of room: RoomID) throws -> RoomHead? { try Room(room, of: own).head() }
    func group(_ room: RoomID) throws -> Group { try required(try record(of: room)?.group) }
    func link() throws -> Link { try own.links.forNewRooms() }
    func take(_ entry: Entry, into room: RoomID) async throws -> Bool { try await Room(room, of: own).take(entry) }
    func pull(_ room: RoomID) async throws { try await Room(room, of: own).pull() }
}

extension World {
    /// The hour passes that the relay keeps a page for after its end.
    func passHour() async throws {
        clock.advance(seconds: 3_600)
        try await fireTimers()
    }
}

extension Delivery {
    var isAccepted: Bool {
        if case .accepted = self { return true }
        return false
    }
}

extension PageDraft {
    static func test(_ title: String = "Disk on fire", key: String? = nil, tlp: TLP = .amber) -> PageDraft {
        PageDraft(
            title: title, summary: "rack 4", severity: .high, labels: ["rack": "4"], tlp: tlp, deduplicationKey: key)
    }
}

extension Removal {
    var isAccepted: Bool {
        if case .done(let delivery) = self { return delivery.isAccepted }
        return false
    }
}

extension AlertOutcome {
    var posted: Posted? {
        switch self {
        case .paged(let posted), .repeated(let posted), .resolved(let posted): posted
        case .nothingToResolve: nil
        }
    }

    var isPaged: Bool {
        if case .paged = self { return true }
        return false
    }
}

/// Runs `body` and gives the code of the ``ClientError`` that it throws; nil where it throws none.
func code(_ body: () async throws -> Void) async throws -> ClientError.Code? {
    do {
        try await body()
        return nil
    } catch let error as ClientError {
        return error.code
    }
}

/// A member's id.
func member(_ id: String) throws -> MemberID { try required(MemberID(id)) }

extension Wire {
    /// Keeps call lists from the relay, as when the officers have not published them.
    func withholdCallLists() {
        onRequest { request in
            if request.hasPrefix("PUT /v1/calllist") { throw Problem(code: .unavailable, title: "no", status: 503) }
        }
    }
}

extension World {
    /// A client that does not hand the relay call lists.
    func withholding(_ name: String) throws -> Client {
        let wire = Wire()
        wire.withholdCallLists()
        return try reopen(name, tap: wire.tap)
    }
}

extension CommitHeader {
    /// The same by an author who has processed more.
    func based(on seq: UInt64) -> CommitHeader {
        CommitHeader(
            baseSeq: seq, parent: parent, chain: chain, at: at, adds: adds, removes: removes, leads: leads,
            takes: takes, statements: statements,
            callListVersion: callListVersion, callListDigest: callListDigest)
    }
}

extension Client {
    /// A genuine commit of this device's, made by no rules: one that pins a call list. Its group stays where it is.
    func commitPayload(in room: RoomID, pin: RoomPolicy.Pin, baseSeq: UInt64, at: Timestamp) throws -> [UInt8] {
        let record = try required(try record(of: room))
        let group = try required(record.group)
        let header = CommitHeader(
            baseSeq: baseSeq, parent: record.head.epochCommit, chain: [UInt8](repeating: 0, count: LogChain.length),
            at: at, adds: [], removes: [], leads: nil, callListVersion: pin.version, callListDigest: pin.digest)
        var plan = CommitPlan()
        plan.authenticatedData = header.encoded
        plan.extensions = try RoomPolicy(in: group.context.extensions).pinned(to: pin).extensions
        let message = try group.commit(plan, signer: own.keys.mls, judge: Anything()).message
        return CommitPayload(header: header, commit: message).encoded
    }

    /// Posts junk under a header that the relay takes.
    /// - Returns: its number in the log.
    func postCommit(in room: RoomID, pin: RoomPolicy.Pin, at: Timestamp) async throws -> UInt64 {
        let record = try required(try record(of: room))
        let genuine = try commitPayload(in: room, pin: pin, baseSeq: record.head.cursor, at: at)
        let junk = CommitPayload(header: try CommitPayload(decoding: genuine).header, commit: [1, 2, 3])
        let post = EntryPost(
            event: .random(), entryClass: .commit, baseSeq: record.head.cursor, parent: record.head.epochCommit,
            payload: junk.encoded)
        return try await link().post(encoded: post.encoded, to: room).seq
    }
}
