import CallList
import Foundation
import MLS
import RelayAPI
import Sodium
import Terms
import TestTeam
import WireFormat

@testable import Client

/// A room of four, one of whom is malicious, and its log; the others read it with real vaults by the real rules, and do what
/// their clients would. What a relay does not judge is posted as it comes.
struct FaultyRoom {
    static let names = ["ada", "bo", "mara", "lena"]

    /// An honest reader.
    struct Reader {
        let name: String
        let vault: Vault
        let reader: LogReader
    }

    let team: RuleTeam
    let room: RoomID
    let culprit: String
    let readers: [Reader]
    private let known: KnownCallList
    private let folder: TemporaryDirectory
    /// What each can use, by the commits that began the epochs: also what no client would keep.
    private(set) var states: [String: [UInt64: Group]] = [:]
    private(set) var entries: [Entry] = []
    private(set) var commits: [UInt64] = [1]
    private var chain: [UInt8] = []
    private(set) var now = Timestamp(RuleTeam.now)
    /// As the model is told it; there the founding commit is 0.
    private(set) var told: [[String: Any]] = []
    var noise: SplitMix64

    init(_ team: RuleTeam, _ known: KnownCallList, seed: UInt64) throws {
        var noise = SplitMix64(seed: seed)
        self.team = team
        self.known = known
        culprit = noise.one(of: Self.names)
        folder = try TemporaryDirectory()
        let made = try RuleRoom(team, policy: .sample(pin: known.pin), members: Self.names)
        room = made.room
        for name in Self.names { states[name] = [1: try made.group(name)] }
        chain = LogChain.start(room: room)
        var readers: [Reader] = []
        let lists = try KnownCallLists([known])
        for name in Self.names where name != culprit {
            let unlock = folder.url.appendingPathComponent("\(name).key")
            try KeyFile.create(unlock)
            let vault = try Vault.create(
                Profile(directory: folder.url.appendingPathComponent(name)), unlock: .keyFile(unlock))
            let keys = try team.device(name)
            var record = RoomRecord(
                head: RoomHead(
                    room: made.room, kind: .incident, since: now, deduplication: nil, cursor: 1, readCursor: 1,
                    epochCommit: 1, relayChain: chain), group: try made.group(name))
            let (start, group) = (chain, record.group)
            try vault.write { db in
                try db.insert(record)
                try db.append(
                    nil, to: &record, seq: 1, chain: LogReader.start(made.room, group: group), relayChain: start)
            }
            readers.append(
                Reader(
                    name: name, vault: vault,
                    reader: LogReader(
                        vault: vault, lists: lists, device: keys.id, signer: keys.mls, healing: nil,
                        now: { RuleTeam.now })))
        }
        self.readers = readers
        self.noise = noise
    }

    private var head: UInt64 { 1 + UInt64(entries.count) }

    func record(_ reader: Reader) throws -> RoomRecord { try required(try reader.vault.read { try $0.record(room) }) }

    // MARK: The log

    mutating func pass(minutes: Int) {
        now = now.adding(seconds: UInt64(minutes) * 60)
        told.append(["pass": minutes])
    }

    /// What is in the log all honest readers take in.
    private mutating func append(_ entryClass: EntryClass, _ payload: [UInt8], by name: String) throws {
        let (seq, poster) = (head + 1, try team.device(name).id)
        chain = LogChain.next(
            chain, seq: seq, time: now, poster: poster, entryClass: entryClass, payload: payload)
        let entry = Entry(
            seq: seq, time: now, poster: poster, entryClass: entryClass, payload: payload, chain: chain)
        entries.append(entry)
        if entryClass == .commit { commits.append(seq) }
        for reader in readers { try reader.reader.take(entry, into: room) }
    }

    private func header(in parent: UInt64, chain: [UInt8]) -> CommitHeader {
        CommitHeader(
            baseSeq: head, parent: parent, chain: chain, at: now, adds: [], removes: [], leads: nil,
            callListVersion: known.pin.version, callListDigest: known.pin.digest)
    }

    /// Everybody who has its epoch tries the commit.
    private mutating func deliver(_ message: [UInt8], in parent: UInt64, by name: String, next: Group) throws
        -> [String]
    {
        var bad: [String] = []
        let seq = head + 1
        for other in Self.names where other != name {
            guard var group = states[other]?[parent] else { continue }
            do {
                _ = try group.process(message, judge: Anything())
                states[other]?[seq] = group
            } catch is UnusableCommit {
                bad.append(other)
            }
        }
        states[name]?[seq] = next
        return bad
    }

    // MARK: What the malicious one does

    /// A commit in any epoch that they have; some cannot use it.
    mutating func spoiltCommit() throws {
        let parents = try required(states[culprit]).keys.sorted()
        let parent = noise.chance(70) ? parents[parents.count - 1] : noise.one(of: parents)
        let group = try required(states[culprit]?[parent])
        let (percent, spoilsTag) = (noise.one(of: [0, 30, 60, 100]), noise.chance(10))
        let victims = Set(group.members.map(\.index).filter { _ in noise.chance(percent) })
        var plan = CommitPlan()
        let header = header(in: parent, chain: [UInt8](repeating: 0, count: LogChain.length))
        plan.authenticatedData = header.encoded
        let made = try group.sabotagedCommit(
            plan, signer: try team.device(culprit).mls, spoilsTag: spoilsTag, spoils: victims.contains)
        let bad = try deliver(made.message, in: parent, by: culprit, next: made.next)
        told.append([
            "kind": "commit", "author": culprit, "parent": Int(parent) - 1, "bad": bad,
        ])
        try append(.commit, CommitPayload(header: header, commit: made.message).encoded, by: culprit)
    }

    mutating func junk() throws {
        let parent = noise.one(of: commits)
        let header = header(in: parent, chain: [UInt8](repeating: 0, count: LogChain.length))
        told.append(["kind": "commit", "author": culprit, "parent": Int(parent) - 1, "junk": true])
        try append(.commit, CommitPayload(header: header, commit: [1, 2, 3]).encoded, by: culprit)
    }

    mutating func write() throws {
        let parent = noise.one(of: try required(states[culprit]).keys.sorted())
        let message = try required(states[culprit]?[parent]?.protect([], signer: team.device(culprit).mls))
        told.append(["kind": "write", "author": culprit, "parent": Int(try counted(parent)) - 1])
        try append(.message, message, by: culprit)
    }

    /// Of two epochs of one number the one that may still count is meant: a message names a number.
    private func counted(_ parent: UInt64) throws -> UInt64 {
        let number = try required(states[culprit]?[parent]).epoch
        for reader in readers {
            let order = try record(reader).order
            for commit in order.undecided where states.values.contains(where: { $0[commit.seq]?.epoch == number }) {
                return commit.seq
            }
        }
        return parent
    }

    mutating func falseFault() throws {
        let commits = entries.filter { $0.entryClass == .commit }
        guard !commits.isEmpty else { return }
        let entry = noise.one(of: commits)
        let keys = try team.device(culprit)
        let fault = CommitFault(
            room: room, device: keys.id, event: .random(), commit: entry.seq,
            digest: CommitFault.digest(of: entry.payload), at: now)
        told.append(["kind": "fault", "author": culprit, "fault": Int(entry.seq) - 1])
        try append(.fault, fault.signed(by: keys.mls), by: culprit)
    }

    // MARK: What honest clients do

    /// One thing that waits in a reader's outbox.
    /// - Returns: whether there was any.
    mutating func sendWaiting(_ reader: Reader) throws -> Bool {
        guard let item = try reader.vault.read({ try $0.outbox() }).first else { return false }
        switch item.content {
        case .fault(let bytes):
            let bytes = [UInt8](bytes)
            let fault = try UnverifiedCommitFault(decoding: bytes)
            try reader.vault.write { db in
                try db.remember(sent: bytes, event: item.event, fact: nil, room: room)
                try db.delete(item)
            }
            told.append(["kind": "fault", "author": reader.name, "fault": Int(fault.claimedCommit) - 1])
            try append(.fault, bytes, by: reader.name)
        case .goingOn:
            try reader.vault.write { try $0.delete(item) }
            let record = try record(reader)
            guard let group = record.group,
                record.order.isToBeConfirmed(by: try reader.reader.author(reader.reader.device, in: group))
            else { return true }
            try say(reader)
        default: throw Missing()
        }
        return true
    }

    /// - Returns: false where it must wait, or is out.
    @discardableResult
    mutating func say(_ reader: Reader) throws -> Bool {
        var record = try record(reader)
        guard let message = try record.group?.protect([], signer: team.device(reader.name).mls) else { return false }
        try reader.vault.write { db in
            try db.update(record)
            try db.remember(sent: message, event: .random(), fact: nil, room: room)
        }
        told.append(["kind": "write", "author": reader.name, "parent": Int(record.head.epochCommit) - 1])
        try append(.message, message, by: reader.name)
        return true
    }

    /// - Returns: false where there is nothing to replace.
    mutating func replace(_ reader: Reader) throws -> Bool {
        guard try !reader.vault.read({ try $0.roomsToDecide(at: now) }).isEmpty else { return false }
        try commit(reader)
        return true
    }

    mutating func commit(_ reader: Reader) throws {
        let record = try record(reader)
        guard let group = record.group else { return }
        let parent = record.head.epochCommit
        let mine = try reader.vault.read { try $0.chain(of: room, at: record.head.cursor) }
        let header = header(in: parent, chain: try required(mine))
        var plan = CommitPlan()
        plan.authenticatedData = header.encoded
        let made = try group.commit(plan, signer: team.device(reader.name).mls, judge: Anything())
        let payload = CommitPayload(header: header, commit: made.message).encoded
        try reader.vault.write { db in
            try db.store(
                PendingPost(
                    event: .random(), payloadHash: PendingPost.hash(payload), post: [], next: made.next), room: room)
        }
        let bad = try deliver(made.message, in: parent, by: reader.name, next: made.next)
        told.append(["kind": "commit", "author": reader.name, "parent": Int(parent) - 1, "bad": bad])
        try append(.commit, payload, by: reader.name)
    }
}
