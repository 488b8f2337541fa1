import CallList
import Escalation
import Foundation
import MLS
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

@testable import Client
@testable import struct Client.RoomChange
@testable import Relay

/// [R3] The relay judges a commit by its clear header, members by all of it: where the header is true they come to one verdict,
/// as far as a relay can see. Roles and clearances, which it cannot, allow everything here.
@Suite struct OneVerdictTests {
    private static let people = ["ada", "bo", "mara", "lena", "eve"]
    private let team: RuleTeam
    private let published: [KnownCallList]
    private let lists: KnownCallLists
    private let leaves: [String: LeafNode]

    init() throws {
        team = try RuleTeam()
        let first = try team.list {
            $0.roles = ["mara": "manager"]
            $0.expires = ["bo": RuleTeam.now + 600, "lena": RuleTeam.now + 1200]
        }
        let second = try team.list(after: first) {
            $0.persons = ["ada", "bo", "mara", "eve"]
            $0.expires = ["mara": RuleTeam.now + 900]
        }
        let third = try team.list(after: second) {
            $0.persons = ["ada", "bo", "lena", "eve"]
            $0.roles = [:]
        }
        published = [first, second, third]
        lists = try KnownCallLists(published)
        var leaves: [String: LeafNode] = [:]
        for name in Self.people + ["siem"] { leaves[name] = try team.leaf(name) }
        self.leaves = leaves
    }

    /// A commit and the true header that it comes with.
    private struct Deed {
        let kind: RoomKind
        let author: DeviceID
        let change: RoomChange
        let header: CommitHeader
        let entry: Timestamp
        /// When devices last wrote in the room.
        let written: [DeviceID: Timestamp]
    }

    private let room = RoomID.random()

    private func deed(_ noise: inout SplitMix64) throws -> Deed {
        let kind: RoomKind = noise.chance(75) ? .incident : .page
        let everybody = Self.people + (kind == .page ? ["siem"] : [])
        let present = everybody.filter { _ in noise.chance(70) }
        let author = present.isEmpty ? "ada" : noise.one(of: present)
        let inside = Set(present + [author])
        let adds = (Self.people + ["siem"]).filter { !inside.contains($0) && noise.chance(15) }
        let removes = inside.subtracting([author]).sorted().filter { _ in noise.chance(20) }
        let leading = kind == .incident ? inside.sorted().filter { _ in noise.chance(40) } : []
        let after = inside.subtracting(removes).union(adds).sorted()
        let changesLeads = kind == .incident && noise.chance(25)
        let leads = changesLeads ? after.filter { _ in noise.chance(50) } : leading.filter { !removes.contains($0) }
        let entry = Timestamp(RuleTeam.now).adding(seconds: UInt64(noise.below(1500)))
        let takers = kind == .incident ? inside.subtracting(leading).sorted().filter { _ in noise.chance(30) } : []
        var takersAfter = takers.filter { !removes.contains($0) }
        if noise.chance(35), !takers.contains(author) { takersAfter.append(author) }
        func pin(_ version: Int) -> RoomPolicy.Pin {
            version <= published.count
                ? published[version - 1].pin : .init(version: 4, digest: [UInt8](repeating: 4, count: 32))
        }
        let before = try RoomPolicy.sample(
            kind: kind, leads: leading, takers: takers, pin: pin(noise.one(of: [1, 1, 2, 3])))
        let next = try RoomPolicy.sample(
            kind: kind, leads: leads, takers: takersAfter, pin: pin(noise.one(of: [1, 2, 2, 3, 3, 4])))
        func leaf(_ name: String) throws -> LeafNode { try required(leaves[name]) }
        let change = RoomChange(
            before: before, after: next, present: Set(try inside.map { try team.device($0).id }),
            committer: try leaf(author), added: try adds.map(leaf), removed: try removes.map(leaf))
        let early = UInt64(noise.chance(50) ? 0 : noise.below(600_000))
        let header = CommitHeader(
            baseSeq: 1, parent: 1, chain: [UInt8](repeating: 0, count: LogChain.length),
            at: Timestamp(milliseconds: entry.milliseconds - early), adds: try adds.map { try team.device($0).id },
            removes: try removes.map { try team.device($0).id }, leads: try change.keepsLeads() ? nil : next.leads,
            takes: try change.takesLead(), statements: try statements(&noise, naming: removes, at: entry),
            callListVersion: next.pin.version, callListDigest: next.pin.digest)
        return Deed(
            kind: kind, author: try team.device(author).id, change: change, header: header, entry: entry,
            written: try written(&noise, by: leading, at: entry))
    }

    /// What somebody says of who leads, most of it so that it counts.
    private func statements(
        _ noise: inout SplitMix64, naming removes: [String], at entry: Timestamp
    ) throws -> [[UInt8]] {
        try (0..<noise.below(5)).map { _ in
            let signer = try team.device(noise.one(of: Self.people))
            let named = try removes.map { try team.device($0).id }
            let age = noise.chance(90) ? UInt64(noise.below(Int(LeadStatement.silence))) : LeadStatement.silence
            let at = noise.chance(95) ? entry.milliseconds - age : entry.adding(seconds: 301).milliseconds
            return try LeadStatement(
                named.isEmpty || noise.chance(60) ? .noLead : .remove(named), room: noise.chance(95) ? room : .random(),
                device: noise.chance(97) ? signer.id : team.device("ada").id, event: .random(),
                at: Timestamp(milliseconds: at)
            ).signed(by: signer.mls)
        }
    }

    private func written(
        _ noise: inout SplitMix64, by leads: [String], at entry: Timestamp
    ) throws -> [DeviceID: Timestamp] {
        var written: [DeviceID: Timestamp] = [:]
        for name in leads where noise.chance(50) {
            let age = noise.chance(25) ? LeadStatement.silence - 1 : LeadStatement.silence + UInt64(noise.below(2))
            written[try team.device(name).id] = Timestamp(milliseconds: entry.milliseconds - age)
        }
        return written
    }

    private func isValid(_ deed: Deed) throws -> Bool {
        let judge = RoomJudge(
            room: room, lists: lists, time: deed.header.judged(at: deed.entry).date,
            occasion: .following(
                deed.header,
                in: .init(commit: 1, members: deed.change.present, written: deed.written, entryTime: deed.entry)))
        do {
            try judge.judge(deed.change)
            try HeaderRule.check(deed.header, signed: deed.header.encoded, for: deed.change, parent: 1)
            return true
        } catch is Rejection {
            return false
        } catch is MissingCallList {
            return false
        }
    }

    private func isTaken(_ deed: Deed) -> Bool {
        let before = deed.change.before
        let pinned = published.first { $0.list.version == deed.header.callListVersion }?.list
        let view = RoomView(
            members: deed.change.present, leads: Set(before.leads), takers: Set(before.takers), pin: before.pin.version)
        var facts = RoomFacts(
            room: room, kind: deed.kind, creator: deed.author, created: Readings(most: .zero, least: .zero),
            log: LogHead(chain: []))
        facts.written = deed.written
        do {
            try HeaderRules(
                deed.header, of: facts, after: view,
                lists: CallListsAtHand(newest: published[2].list, pinned: pinned), at: deed.entry
            ).check(deed.header, by: deed.author)
            return true
        } catch {
            return false
        }
    }

    @Test("[R1] [R3] [R5] [R6] OneVerdict: the relay takes a true header exactly if members take its commit")
    func random() throws {
        var noise = SplitMix64(seed: 11)
        var (taken, takeovers, agreed) = (0, 0, 0)
        for number in 0..<4_000 {
            let deed = try deed(&noise)
            // Whoever is added must be in time when the entry comes, too: the one thing that the relay is stricter in.
            let pinned = lists.list(version: deed.header.callListVersion)
            let isLate = deed.header.adds.contains { id in
                pinned?.device(id).map { $0.expires <= deed.entry.date } ?? false
            }
            let (valid, isTaken) = (try isValid(deed), isTaken(deed))
            #expect(isTaken == (valid && !isLate), "number \(number): \(deed.header)")
            guard isTaken else { continue }
            taken += 1
            if deed.header.takes { takeovers += 1 }
            if deed.header.takes, deed.change.before.leads.isEmpty { agreed += 1 }
        }
        #expect((400..<3_600).contains(taken), "\(taken)")
        // Some where nobody leads, some where two say so.
        #expect(agreed > 10 && takeovers - agreed > 10, "\(takeovers), \(agreed)")
    }
}
