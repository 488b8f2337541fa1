import CallList
import Foundation
import MLS
import NIOHTTP1
import Platform
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client

/// One member makes commits that the others, or some of them, cannot use; or says so of what they can. The honest come into one
/// epoch by what their clients do and what people are told, and whoever did it can be removed.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FaultTests {
    init() { DescriptorLimit.raise() }

    /// In the tree of keys between the other two, so that he can tell them apart.
    private let culprit = "ben"

    /// Ben's commit, made by hand from what his vault holds.
    /// - Parameter victims: who cannot use it.
    /// - Returns: its number.
    private func spoil(for victims: [String], in room: RoomID, _ siege: Siege) async throws -> UInt64 {
        let client = try siege.client(culprit)
        let record = try #require(try client.vault.read { try $0.record(room) })
        let group = try #require(record.group)
        let devices = Set(try victims.map { try siege.device($0).id })
        let spoilt = Set(
            group.members.filter { member in (try? member.leaf.deviceID()).map(devices.contains) ?? false }.map(\.index)
        )
        var plan = CommitPlan()
        let header = try header(in: room, parent: record.head.epochCommit, at: record.head.cursor, siege)
        plan.authenticatedData = header.encoded
        let made = try group.sabotagedCommit(
            plan, signer: client.keys.mls, spoilsTag: false, spoils: spoilt.contains)
        return try await post(CommitPayload(header: header, commit: made.message), in: room, siege)
    }

    private func header(
        in room: RoomID, parent: UInt64, at cursor: UInt64, _ siege: Siege
    ) throws -> CommitHeader {
        let client = try siege.client(culprit)
        let pin = try client.trust.newest().pin
        let chain = try client.vault.read { try $0.chain(of: room, at: cursor) }
        return CommitHeader(
            baseSeq: cursor, parent: parent, chain: chain ?? [UInt8](repeating: 0, count: LogChain.length),
            at: Timestamp(Date()), adds: [], removes: [], leads: nil, callListVersion: pin.version,
            callListDigest: pin.digest)
    }

    private func post(_ commit: CommitPayload, in room: RoomID, _ siege: Siege) async throws -> UInt64 {
        let post = EntryPost(
            event: .random(), entryClass: .commit, baseSeq: commit.header.baseSeq, parent: commit.header.parent,
            payload: commit.encoded)
        return try await posted(post, in: room, siege)
    }

    private func posted(_ post: EntryPost, in room: RoomID, _ siege: Siege) async throws -> UInt64 {
        let keys = try siege.device(culprit)
        return try await siege.with { visit in
            let answer = try await visit.insist(
                .POST, "/v1/rooms/\(room)/entries", token: visit.token(keys), body: post.encoded)
            return try Receipt(decoding: answer.body).seq
        }
    }

    private func refusal(_ post: EntryPost, in room: RoomID, by name: String, _ siege: Siege) async throws
        -> ProblemCode?
    {
        let keys = try siege.device(name)
        return try await siege.with { visit in
            try await visit.send(
                .POST, "/v1/rooms/\(room)/entries", token: visit.token(keys), body: post.encoded
            ).problem
        }
    }

    private func record(_ name: String, _ room: RoomID, _ siege: Siege) throws -> RoomRecord {
        try #require(try siege.client(name).vault.read { try $0.record(room) })
    }

    private func sync(_ names: String..., siege: Siege) async throws {
        for name in names { try await siege.client(name).sync() }
    }

    /// Ada and mira are in one epoch, keep nothing of earlier ones, talk, and ada removes ben.
    private func expectTheRestWorks(in room: RoomID, _ siege: Siege) async throws {
        let (ada, mira) = (try siege.client("ada"), try siege.client("mira"))
        #expect(try await mira.send("here", tlp: nil, to: room).isAccepted)
        #expect(try await ada.send("here, too", tlp: nil, to: room).isAccepted)
        try await sync("mira", siege: siege)
        for client in [ada, mira] { #expect(try client.notes(room).suffix(2) == ["here", "here, too"]) }
        let groups = try ["ada", "mira"].map { try #require(try record($0, room, siege).group) }
        let authenticators = try Set(groups.map { try $0.epochAuthenticator().exposedCopy() })
        #expect(authenticators.count == 1)
        #expect(try await ada.removeMembers([try #require(MemberID(culprit))], from: room).isAccepted)
        #expect(try await mira.send("on we go", tlp: nil, to: room).isAccepted)
        try await sync("ada", siege: siege)
        for name in ["ada", "mira"] {
            let client = try siege.client(name)
            #expect(try client.notes(room).last == "on we go" && client.detail(room).members.count == 2)
            #expect(try client.vault.read { try $0.roomsToDecide(at: Timestamp(milliseconds: .max)) }.isEmpty)
        }
        #expect(try await refusal(Posts.message(1, bytes: 6), in: room, by: culprit, siege) == .notMember)
    }

    private func causes(_ name: String, _ siege: Siege) throws -> Set<AlarmSubject> {
        Set(try siege.client(name).alarms().map(\.subject))
    }

    @Test("[R4] [R8] Bad for one: the other goes on at once, and the lead gives the place back")
    func badForOne() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let ben = try siege.device("ben").id
            _ = try await spoil(for: ["mira"], in: room, siege)
            try await sync("mira", siege: siege)
            // What mira says waits, and it is said why.
            let delivery = try await siege.client("mira").send("can you hear me", tlp: nil, to: room)
            guard case .queued(let reason) = delivery else {
                Issue.record("\(delivery)")
                return
            }
            #expect(reason.contains("Ben Volt"))
            try await sync("ada", "mira", siege: siege)
            #expect(try record("mira", room, siege).head.lost && record("mira", room, siege).group == nil)
            #expect(try causes("ada", siege) == [AlarmSubject(.faultedCommit, room: room, by: .device(ben))])
            #expect(try causes("mira", siege).contains(AlarmSubject(.unusableCommit, room: room, by: .device(ben))))
            let mira = try #require(MemberID("mira"))
            #expect(try await siege.client("ada").addMembers([mira], to: room).isAccepted)
            try await sync("mira", siege: siege)
            try await expectTheRestWorks(in: room, siege)
        }
    }

    @Test("[R4] Bad for all: it is skipped after a minute, and nobody lost a place")
    func badForAll() async throws {
        try await Siege.withCrew(clock: 0) { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let ben = try siege.device("ben").id
            _ = try await spoil(for: ["ada", "mira"], in: room, siege)
            try await sync("ada", "mira", "ada", siege: siege)
            for name in ["ada", "mira"] {
                #expect(try record(name, room, siege).order.waiting == 0)
                #expect(
                    try causes(name, siege) == [
                        AlarmSubject(.unusableCommit, room: room, by: .device(ben)),
                        AlarmSubject(.faultedCommit, room: room, by: .device(ben)),
                    ])
            }
            try siege.setClock(days: 61.0 / 86_400)
            try await sync("mira", "ada", siege: siege)
            for name in ["ada", "mira"] { #expect(try record(name, room, siege).order.waiting == nil) }
            try await expectTheRestWorks(in: room, siege)
        }
    }

    @Test("[R4] [R8] Bad for the lead: others go on at once, and anybody gives the lead its place back")
    func badForTheLead() async throws {
        try await Siege.withCrew { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            _ = try await spoil(for: ["ada"], in: room, siege)
            try await sync("ada", "mira", "ada", siege: siege)
            #expect(try record("ada", room, siege).head.lost)
            let ada = try #require(MemberID("ada"))
            #expect(try await siege.client("mira").addMembers([ada], to: room).isAccepted)
            try await sync("ada", siege: siege)
            try await expectTheRestWorks(in: room, siege)
        }
    }

    @Test("[R4] False faults of what all can use: it stands at once, the liar skips nothing, and is seen")
    func falseFaults() async throws {
        try await Siege.withCrew(clock: 0) { siege in
            let room = try await siege.openRoom(with: ["ben", "mira"])
            let (ada, keys) = (try siege.client("ada"), try siege.device(culprit))
            let old = try record(culprit, room, siege)
            guard
                case .accepted(let receipt) = try await Room(room, of: ada.own).commit(plan: { _, _ in
                    Room.PlannedCommit(plan: CommitPlan())
                })
            else { throw Silenced() }
            let entry = try #require(
                try await siege.with { visit in
                    let answer = try await visit.insist(
                        .GET, "/v1/rooms/\(room)/entries?after=\(receipt.seq - 1)&limit=1", token: visit.token(keys))
                    return try EntryPage(decoding: answer.body).entries.first
                })
            func fault(event: EventID = .random(), device: DeviceKeys? = nil, in other: RoomID? = nil) throws
                -> EntryPost
            {
                let fault = CommitFault(
                    room: other ?? room, device: (device ?? keys).id, event: event, commit: entry.seq,
                    digest: CommitFault.digest(of: entry.payload), at: Timestamp(Date()))
                return EntryPost(
                    event: event, entryClass: .fault, baseSeq: 0, payload: try fault.signed(by: keys.mls))
            }
            let mira = try siege.device("mira")
            #expect(try await refusal(fault(device: mira), in: room, by: culprit, siege) == .statementRefused)
            #expect(try await refusal(fault(in: .random()), in: room, by: culprit, siege) == .statementRefused)
            _ = try await posted(fault(), in: room, siege)
            #expect(try await refusal(fault(), in: room, by: culprit, siege) == .statementRefused)
            try await sync("mira", "ada", siege: siege)
            #expect(try record("ada", room, siege).order.undecided.isEmpty)
            try siege.setClock(days: 61.0 / 86_400)
            // In the epoch before, by who has faulted it, after a minute: and too late.
            let group = try #require(old.group)
            var plan = CommitPlan()
            let head = try await siege.with { try await siege.head(of: room, $0, $0.token(keys)) }
            let header = try header(in: room, parent: old.head.epochCommit, at: head, siege)
            plan.authenticatedData = header.encoded
            let made = try group.sabotagedCommit(plan, signer: keys.mls) { _ in false }
            _ = try await post(CommitPayload(header: header, commit: made.message), in: room, siege)
            try await sync("ada", "mira", siege: siege)
            #expect(
                try causes("mira", siege) == [AlarmSubject(.faultedCommit, room: room, by: .device(ada.device))])
            let first = try #require(try siege.client("mira").alarms().first)
            #expect(first.detail.contains("\(keys.id)"))
            try await expectTheRestWorks(in: room, siege)
        }
    }

    private struct Silenced: Error {}
}
