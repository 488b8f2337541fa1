import CallList
import Foundation
import Incident
import RelayAPI
import Sodium
import Terms
import TestTeam
import Testing
import WireFormat
import tocsin_probe

@testable import Client
@testable import MLS

/// Rules of rooms: who may change what, and what nobody can break.
@Suite struct RoomRuleTests {
    /// An incident room of ada (its lead) and bo, both up to date.
    private func room(_ world: World) async throws -> (room: RoomID, ada: Client, bo: Client) {
        let (ada, bo) = (try world.client("ada"), try world.client("bo"))
        let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
        try await bo.sync()
        return (room, ada, bo)
    }

    @Test("[R1] A device that expired between page and late join: the page is joined, nobody is rejected")
    func lateJoin() async throws {
        try await World.with { world in
            let expiry = world.clock.date.addingTimeInterval(3600)
            try await world.publish(try world.list(members: World.persons, expires: ["bo": expiry]))
            let siem = try world.client("siem")
            let posted = try required(try await siem.alert(.test()).posted)
            world.clock.advance(seconds: 7200)
            try await world.fireTimers()
            let mara = try world.client("mara")
            try await mara.sync()
            #expect(try mara.detail(posted.room).members.count == 4)
            #expect(try await mara.acknowledge(posted.room).isAccepted)
            #expect(try mara.causes.isEmpty)
        }
    }

    @Test("[R1] Who lacks the pinned list pauses, and goes on when it comes")
    func pause() async throws {
        try await World.with { world in
            let (room, ada, _) = try await room(world)
            let list = try world.list(members: World.persons, sensors: [])
            try await world.publish(list, to: [ada])
            #expect(try await ada.addMembers([member("mara")], to: room).isAccepted)
            #expect(try await ada.send("wait for it", tlp: nil, to: room).isAccepted)
            // A relay that hands the commit out and keeps the list back.
            let wire = Wire()
            wire.onAnswer { request, answer in
                if request.hasPrefix("GET /v1/calllist/3") {
                    throw Problem(code: .unknownRoute, title: "", status: 404)
                }
                return answer
            }
            let bo = try world.reopen("bo", tap: wire.tap)
            try await bo.sync()
            #expect(try bo.notes(room).isEmpty)
            #expect(try bo.causes.contains(.waitsForCallList))
            try bo.importCallList(list)
            try await bo.sync()
            #expect(try bo.notes(room) == ["wait for it"] && bo.detail(room).members.count == 3)
        }
    }

    @Test("[R2] [R3] A commit that pins a list which the relay does not have waits, and blocks nobody")
    func pinnedAhead() async throws {
        try await World.with { world in
            let (room, _, bo) = try await room(world)
            let ada = try world.withholding("ada")
            let list = try world.list(members: World.persons, sensors: [])
            try ada.importCallList(list)
            #expect(try await !ada.addMembers([member("mara")], to: room).isAccepted)
            #expect(try await bo.send("on we go", tlp: nil, to: room).isAccepted)
            #expect(try ada.vault.read({ try $0.roomsWithPendingCommit() }) == [room])
            try await world.publish(list)
            try await ada.sync()
            #expect(try ada.detail(room).members.count == 3 && ada.notes(room) == ["on we go"])
            try await bo.sync()
            #expect(try bo.detail(room).members.count == 3 && bo.causes.isEmpty)
        }
    }

    @Test("[R3] A commit pinned to a list that nobody has holds a reader up until another of its epoch is valid")
    func pinnedToNothing() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            let room = try await ada.openIncident(
                title: "A", from: nil, tlp: .red, members: [member("bo"), member("mara")]
            ).room
            try await bo.sync()
            // A relay that passes such a commit on, in the place of one that it took.
            let mark = try await bo.postCommit(in: room, pin: bo.trust.newest().pin, at: world.clock.now)
            let nowhere = RoomPolicy.Pin(version: 9, digest: [UInt8](repeating: 9, count: 32))
            let payload = try bo.commitPayload(in: room, pin: nowhere, baseSeq: mark - 1, at: world.clock.now)
            let wire = Wire()
            wire.onEntries { entries in
                entries.map { entry in
                    guard entry.seq == mark else { return entry }
                    return Entry(
                        seq: entry.seq, time: entry.time, poster: entry.poster, entryClass: .commit, payload: payload,
                        chain: entry.chain)
                }
            }
            let mara = try world.reopen("mara", tap: wire.tap)
            try await mara.sync()
            #expect(try mara.causes.contains(.waitsForCallList))
            #expect(try mara.head(of: room)?.cursor == mark - 1)
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            #expect(try await ada.send("on we go", tlp: nil, to: room).isAccepted)
            try await mara.sync()
            #expect(try mara.notes(room) == ["on we go"] && mara.detail(room).members.count == 2)
            #expect(try mara.wasAlarmed(.invalidEntry(.commit), because: "others have gone on without it"))
        }
    }

    @Test("[R1] An own commit is judged at the log's time, as by everybody else")
    func ownCommit() async throws {
        try await World.with { world in
            let expiry = world.clock.date.addingTimeInterval(3600)
            try await world.publish(try world.list(members: World.persons, expires: ["bo": expiry]))
            let (ada, mara) = (try world.client("ada"), try world.client("mara"))
            let room = try await ada.openIncident(
                title: "A", from: nil, tlp: .red, members: [member("bo"), member("mara")]
            ).room
            try await mara.sync()
            // mara's clock runs ahead: for her alone bo has expired, and she is no lead.
            let ahead = SettableClock()
            ahead.advance(seconds: 7200)
            let hasty = try world.reopen("mara", clock: ahead)
            #expect(try await hasty.send("hasty", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(room) == ["hasty"] && ada.causes == [.authorsClockDiffers])
            #expect(try ada.group(room).epoch == hasty.group(room).epoch)
            #expect(try ada.detail(room).members.count == 3)
        }
    }

    @Test("[R1] A removal that the log's time does not allow is refused, and its author goes on")
    func ownInvalidCommit() async throws {
        try await World.with { world in
            let expiry = world.clock.date.addingTimeInterval(3600)
            try await world.publish(try world.list(members: World.persons, expires: ["bo": expiry]))
            let (ada, mara) = (try world.client("ada"), try world.client("mara"))
            let room = try await ada.openIncident(
                title: "A", from: nil, tlp: .red, members: [member("bo"), member("mara")]
            ).room
            try await mara.sync()
            let (ahead, wire) = (SettableClock(), Wire())
            ahead.advance(seconds: 7200)
            let hasty = try world.reopen("mara", tap: wire.tap, clock: ahead)
            // The relay tells mara one time, and writes another into the log.
            wire.onAnswer { request, answer in
                guard var json = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any],
                    json["time"] != nil
                else { return answer }
                json["time"] = ahead.now.milliseconds
                return [UInt8](try JSONSerialization.data(withJSONObject: json))
            }
            #expect(try await hasty.send("hasty", tlp: nil, to: room).isAccepted == false)
            try await ada.sync()
            #expect(try ada.group(room).epoch == hasty.group(room).epoch)
            #expect(try ada.detail(room).members.count == 3 && hasty.detail(room).members.count == 3)
        }
    }

    @Test("[R2] After a revocation the next message goes to an epoch without the device")
    func revocation() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            _ = try await ada.send("before", tlp: nil, to: room)
            try await bo.sync()
            let before = try ada.group(room).epoch
            try await world.publish(try world.list(members: ["ada", "mara"]))
            #expect(try await ada.send("after", tlp: nil, to: room).isAccepted)
            #expect(try ada.group(room).epoch.value == before.value + 1)
            #expect(try ada.detail(room).members.map(\.device) == [ada.device])
            let entries = try await ada.link().entries(of: room, after: 0, limit: 100).entries
            #expect(try Attacker(bo).readable(room: room, welcomes: [], entries: entries) == 0)
        }
    }

    @Test("[R2] A message that was encrypted before the revocation is encrypted anew")
    func revocationWhileQueued() async throws {
        try await World.with { world in
            let (room, _, bo) = try await room(world)
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            wire.onRequest { request in
                if request.hasSuffix("/entries") { throw ClientError(.relayUnreachable, "no way") }
            }
            #expect(try await ada.send("secret", tlp: nil, to: room).isAccepted == false)
            wire.onRequest(nil)
            try await world.publish(try world.list(members: ["ada", "mara"]), to: [])
            #expect(try await ada.sync().queued == 0)
            #expect(try ada.notes(room) == ["secret"])
            let entries = try await ada.link().entries(of: room, after: 0, limit: 100).entries
            #expect(try Attacker(bo).readable(room: room, welcomes: [], entries: entries) == 0)
        }
    }

    @Test("[R3] Junk commits and a header that lies are passed over, and the room lives")
    func junk() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            let head = try required(try bo.record(of: room)).head.cursor
            let header = CommitHeader(
                baseSeq: head, parent: 1, chain: [UInt8](repeating: 0, count: 32), at: world.clock.now, adds: [],
                removes: [], leads: nil, callListVersion: 2, callListDigest: try bo.trust.newest().pin.digest)
            let honest = try bo.group(room).commit(
                CommitPlan(), signer: bo.own.keys.mls, judge: Anything()
            ).message
            var seq = head
            for message in [[1, 2, 3], honest, Array(honest.dropLast(3)), []] {
                let post = EntryPost(
                    event: .random(), entryClass: .commit, baseSeq: seq, parent: 1,
                    payload: CommitPayload(header: header.based(on: seq), commit: message).encoded)
                seq = try await bo.link().post(encoded: post.encoded, to: room).seq
            }
            try await ada.sync()
            #expect(try ada.causes == [.invalidEntry(.commit)] && ada.alarms().first?.count == 4)
            #expect(try await ada.send("still here", tlp: nil, to: room).isAccepted)
            #expect(try await ada.addMembers([member("mara")], to: room).isAccepted)
            let mara = try world.client("mara")
            try await mara.sync()
            #expect(try await mara.send("me too", tlp: nil, to: room).isAccepted)
            try await ada.sync()
            #expect(try ada.notes(room) == ["still here", "me too"])
        }
    }

    @Test("[R20] A commit that only its reader cannot use is an alarm of its own, and not one more among junk")
    func unusable() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            _ = try await bo.postCommit(in: room, pin: bo.trust.newest().pin, at: world.clock.now)
            try await bo.sync()
            let record = try required(try bo.record(of: room))
            let (group, seq) = (try required(record.group), record.head.cursor)
            let header = CommitHeader(
                baseSeq: seq, parent: record.head.epochCommit, chain: [UInt8](repeating: 0, count: LogChain.length),
                at: world.clock.now, adds: [], removes: [], leads: nil, callListVersion: 2,
                callListDigest: try bo.trust.newest().pin.digest)
            // All of it is right but for the tag that follows from the path's secrets.
            let committer = Committer.member(group.ownIndex)
            let list = try ProposalList([], committer: committer, suite: group.suite, usage: .application)
            var (change, keys, sending) = (
                try EpochChange(group, applying: list, committer: committer), group.keys, group
            )
            let template = LeafTemplate(
                try required(group.tree.leaf(group.ownIndex)), changed: nil, signer: bo.own.keys.mls)
            let path = try change.makePath(keys: &keys, template: template)
            let signed = try group.sign(
                .commit(Commit(proposals: [], path: path.sent)), authenticatedData: header.encoded,
                format: .privateMessage, signer: bo.own.keys.mls)
            let message = try sending.protect(
                handshake: signed.adding(confirmationTag: [UInt8](repeating: 1, count: 32)), padding: .buckets)
            let post = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: seq, parent: record.head.epochCommit,
                payload: CommitPayload(header: header, commit: message).encoded)
            _ = try await bo.link().post(encoded: post.encoded, to: room)
            try await ada.sync()
            #expect(try ada.causes == [.invalidEntry(.commit), .unusableCommit])
            #expect(try ada.alarms().map(\.subject.party) == [.device(bo.device), .device(bo.device)])
        }
    }

    @Test("[R3] Two commits race: one comes first, the other is made anew")
    func race() async throws {
        try await World.with { world in
            let (room, ada, bo) = try await room(world)
            #expect(try await ada.addMembers([member("mara")], to: room).isAccepted)
            try await bo.sync()
            let epoch = try ada.group(room).epoch.value
            try await world.publish(try world.list(members: ["ada", "bo"], sensors: []))
            // Each of them has to remove mara first.
            async let one = ada.send("from ada", tlp: nil, to: room)
            async let two = bo.send("from bo", tlp: nil, to: room)
            let deliveries = try await [one, two]
            #expect(deliveries.allSatisfy { $0.isAccepted })
            for client in [ada, bo] {
                try await client.sync()
                #expect(try Set(client.notes(room)) == ["from ada", "from bo"])
                #expect(try client.group(room).epoch.value == epoch + 1)
                #expect(try client.causes.isEmpty)
            }
        }
    }

    @Test("A pending commit of before is settled first, and the caller's own is made all the same")
    func earlierPending() async throws {
        try await World.with { world in
            let (room, _, bo) = try await room(world)
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            wire.onRequest { request in if request.hasSuffix("/entries") { throw Crash() } }
            await #expect(throws: Crash.self) { _ = try await ada.addMembers([member("mara")], to: room) }
            wire.onRequest(nil)
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            let names = try ada.detail(room).members.map(\.name)
            #expect(names.sorted() == ["Ada Example", "Mara Example"])
            try await bo.sync()
            #expect(try bo.detail(room).closed)
        }
    }

    @Test(
        "A pending commit that is refused for good does not stay; one that has to wait does", arguments: [true, false])
    func refusedCommit(_ isPassing: Bool) async throws {
        try await World.with { world in
            let (room, _, _) = try await room(world)
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            wire.onRequest { request in
                guard request.hasSuffix("/entries") else { return }
                throw Problem(code: isPassing ? .unavailable : .limitReached, title: "no", status: 422)
            }
            let refused = try await code {
                let delivery = try await ada.addMembers([member("mara")], to: room)
                #expect(isPassing && !delivery.isAccepted)
            }
            #expect(refused == (isPassing ? nil : .relayRefused))
            #expect(try ada.vault.read({ try $0.roomsWithPendingCommit() }).count == (isPassing ? 1 : 0))
            wire.onRequest(nil)
            try await ada.sync()
            #expect(try ada.detail(room).members.count == (isPassing ? 3 : 2))
            #expect(try await ada.send("on", tlp: nil, to: room).isAccepted)
        }
    }

    @Test("[R5] A sensor never commits: the relay refuses, and so do members")
    func sensor() async throws {
        try await World.with { world in
            let (siem, ada) = (try world.client("siem"), try world.client("ada"))
            let posted = try required(try await siem.alert(.test()).posted)
            try await ada.sync()
            let group = try siem.group(posted.room)
            let cursor = try required(try siem.record(of: posted.room)).head.cursor
            let header = CommitHeader(
                baseSeq: cursor, parent: 1, chain: [UInt8](repeating: 0, count: 32), at: world.clock.now, adds: [],
                removes: [], leads: nil, callListVersion: 2, callListDigest: try siem.trust.newest().pin.digest)
            var plan = CommitPlan()
            plan.authenticatedData = header.encoded
            let commit = try group.commit(
                plan, signer: siem.own.keys.mls,
                judge: RoomJudge(room: posted.room, lists: siem.own.lists, time: world.clock.date, occasion: .creating)
            ).message
            let payload = CommitPayload(header: header, commit: commit).encoded
            let post = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: cursor, parent: 1, payload: payload)
            let refused = await #expect(throws: Problem.self) {
                _ = try await siem.link().post(encoded: post.encoded, to: posted.room)
            }
            #expect(refused?.code == .sensorMayNotCommit)
            // A relay that lets it through does not help.
            let record = try required(try ada.record(of: posted.room))
            let seq = record.head.cursor + 1
            let entry = Entry(
                seq: seq, time: world.clock.now, poster: siem.device, entryClass: .commit, payload: payload,
                chain: LogChain.next(
                    record.head.relayChain, seq: seq, time: world.clock.now, poster: siem.device,
                    entryClass: .commit, payload: payload))
            _ = try await ada.take(entry, into: posted.room)
            #expect(try ada.wasAlarmed(.invalidEntry(.commit), because: "[R5]"))
            #expect(try ada.group(posted.room).epoch.value == 1)
        }
    }

    @Test("[R6] Who is no lead adds nobody and removes nobody who is on the list")
    func leads() async throws {
        try await World.with { world in
            let (room, _, bo) = try await room(world)
            #expect(try await code { _ = try await bo.addMembers([member("mara")], to: room) } == .notPermitted)
            #expect(try await code { _ = try await bo.removeMembers([member("ada")], from: room) } == .notPermitted)
            #expect(try bo.vault.read({ try $0.roomsWithPendingCommit() }).isEmpty)
        }
    }

    @Test("Nobody is let into a room above their clearance")
    func clearance() async throws {
        try await World.with { world in
            try await world.publish(try world.list(members: World.persons, clearance: ["bo": "GREEN"]))
            let ada = try world.client("ada")
            let opened = try await code {
                _ = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")])
            }
            #expect(opened == .notPermitted)
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .amber, members: []).room
            #expect(try await code { _ = try await ada.addMembers([member("bo")], to: room) } == .notPermitted)
            #expect(try await code { _ = try await ada.send("x", tlp: .red, to: room) } == .inputRefused)
        }
    }
}
