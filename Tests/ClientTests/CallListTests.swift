import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import SQLite
import Terms
import TestTeam
import Testing

@testable import Client

/// Call lists: revocation, expiry, forks, a relay that is behind.
@Suite struct CallListTests {
    @Test("A device that the newest list has not is told so, and its words do not wait")
    func revokedHere() async throws {
        try await World.with { world in
            let bo = try world.client("bo")
            let room = try await bo.openIncident(title: "A", from: nil, tlp: .red, members: [member("ada")]).room
            try await world.publish(try world.list(members: ["ada", "mara"]))
            #expect(try await code { _ = try await bo.send("x", tlp: nil, to: room) } == .revoked)
            #expect(try await code { _ = try await bo.sync() } == .revoked)
            #expect(try bo.vault.read({ try $0.queuedCount() }) == 0)
        }
    }

    @Test("A device whose list is older than the relay's hears of its revocation from the relay")
    func revokedAtRelay() async throws {
        try await World.with { world in
            let bo = try world.client("bo")
            let room = try await bo.openIncident(title: "A", from: nil, tlp: .red, members: [member("ada")]).room
            try await world.publish(try world.list(members: ["ada", "mara"]), to: [])
            #expect(try await code { _ = try await bo.send("x", tlp: nil, to: room) } == .revoked)
            #expect(try await code { _ = try await bo.page(.test(), policy: "duty") } == .revoked)
            #expect(try bo.vault.read({ try $0.queuedCount() }) == 0)
        }
    }

    @Test("A device enrolled with a list that the relay does not have yet is not revoked: what it says waits")
    func enrolledAhead() async throws {
        try await World.with { world in
            try world.enroll("eve")
            let eve = try world.withholding("eve")
            let list = try world.list(members: World.persons + ["eve"])
            try eve.importCallList(list)
            #expect(try await code { _ = try await eve.sync() } == .relayUnavailable)
            guard case .queued(let reason) = try await eve.page(.test(), policy: "duty").delivery else {
                Issue.record("not queued")
                return
            }
            #expect(reason.contains("does not have call list"))
            try await world.publish(list)
            #expect(try eve.vault.read({ try $0.queuedCount() }) == 0)
            let ada = try world.client("ada")
            try await ada.sync()
            #expect(try ada.rooms().count == 1)
        }
    }

    @Test("An expired list warns, and works")
    func expired() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.client("ada"), try world.client("bo"))
            world.clock.advance(days: 91)
            try await ada.sync()
            try await bo.sync()
            #expect(try await ada.page(.test(), policy: "duty").delivery.isAccepted)
            try await bo.sync()
            #expect(try bo.rooms().count == 1)
            #expect(try await bo.status().callListExpired)
            let warnings = try ada.importCallList(world.newestList.bundleBytes).warnings
            #expect(warnings.contains { $0.contains("expired") })
        }
    }

    @Test("Another process of the profile takes a newer list in: this one uses it at its next catch-up [R2]")
    func otherProcess() async throws {
        try await World.with { world in
            let (ada, other, bo) = (try world.withholding("ada"), try world.reopen("ada"), try world.client("bo"))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try await bo.sync()
            let list = try world.list(members: ["ada", "mara"])
            try other.importCallList(list)
            #expect(try ada.callList().list.version == 2)
            // The relay does not know of it yet, and still nothing is said to whoever was revoked.
            #expect(try await !ada.send("not for bo", tlp: nil, to: room).isAccepted)
            #expect(try ada.callList().list.version == 3)
            try await bo.sync()
            #expect(try bo.notes(room).isEmpty)
            try await world.publish(list, to: [])
            try await ada.sync()
            #expect(try ada.notes(room) == ["not for bo"])
            await #expect(throws: ClientError.self) { try await bo.sync() }
            #expect(try bo.notes(room).isEmpty)
        }
    }

    @Test("A renewed sealing key: another process of the profile opens the list that is sealed to it [R17]")
    func renewed() async throws {
        try await World.with { world in
            let (ada, running) = (try world.client("ada"), try world.reopen("ada"))
            let document = try ada.renewSealingKey()
            // Not on a list yet: no second one is made.
            let key = { (bytes: [UInt8]) in
                try SealingRenewal.read(bytes, for: EnrolmentRequest(verifying: ada.enrolmentRequest().request)).key
            }
            #expect(try key(ada.renewSealingKey()) == key(document))
            try document.write(to: "ada.sealing", in: world.directory)
            let list = try world.list(members: World.persons, sealing: ["ada": "ada.sealing"])
            let changed = try required(running.importCallList(list).changes).changes.filter {
                $0.line.contains("sealing key")
            }
            #expect(changed.count == 1)
            #expect(try running.callList().team?.members.count == 3)
            // And the lists before it are opened still.
            #expect(try world.reopen("ada").callList().list.device(ada.device)?.sealing.key == key(document))
            #expect(try key(ada.renewSealingKey()) != key(document))
        }
    }

    @Test("A sealing key that was made with a clock ahead is renewed all the same, once the clock is right [R17, R18]")
    func renewedAfterAClockAhead() async throws {
        try await World.with { world in
            let right = SettableClock()
            right.set(seconds: -365 * 86_400)
            let ada = try world.reopen("ada", clock: right)
            let request = try EnrolmentRequest(verifying: ada.enrolmentRequest().request)
            let listed = try required(world.newestList.device(ada.device)).sealing
            for _ in 0..<2 {
                let renewed = try SealingRenewal.read(ada.renewSealingKey(), for: request)
                #expect(renewed.key != listed.key && renewed.created > listed.created)
            }
        }
    }

    @Test("A device that no list names yet gives the key of its request again")
    func renewedBeforeAnyList() async throws {
        try await World.with { world in
            let eve = try world.enroll("eve")
            let request = try EnrolmentRequest(verifying: eve.enrolmentRequest().request)
            for _ in 0..<2 {
                #expect(try SealingRenewal.read(eve.renewSealingKey(), for: request).key == request.sealing.key)
            }
        }
    }

    @Test("Members are told who was added, removed or changed: by a watch, and by whoever takes a list in [R17]")
    func toldOfChanges() async throws {
        try await World.with { world in
            let (bo, ada) = (try world.client("bo"), try world.client("ada"))
            let removed = "- device \(try world.client("mara").device.short) of “Mara Example” (mara)"
            var told: [String] = []
            for await event in bo.watch() {
                switch event {
                case .connected:
                    let list = try world.list(members: ["ada", "bo"], clearance: ["ada": "GREEN"])
                    try await world.publish(list, to: [])
                    let update = try ada.importCallList(list)
                    #expect(update.changes?.changes.contains { $0.line == removed } == true)
                    #expect(try ada.importCallList(list).changes == nil)
                case .callList(let news):
                    #expect(news.version == 3)
                    told = news.changes.changes.map(\.line)
                default: continue
                }
                if !told.isEmpty { break }
            }
            #expect(told.contains(removed))
            #expect(told.contains { $0.hasPrefix("- “Mara Example” (mara)") })
            #expect(told.contains { $0.hasSuffix("(ada): up to TLP:RED → TLP:GREEN") })
            // A sensor knows nobody's name.
            #expect(try world.client("siem").importCallList(world.newestList.bundleBytes).changes == nil)
        }
    }

    @Test("Whoever asks first after a new list is told of it, once; a watch that runs is told in any case [R17]")
    func toldOnce() async throws {
        try await World.with { world in
            let (ada, other, bo) = (try world.client("ada"), try world.reopen("ada"), try world.client("bo"))
            func told(_ client: Client) throws -> [UInt64] {
                var versions: [UInt64] = []
                try client.tellCallLists { versions.append($0.version) }
                return versions
            }
            // What was there when the device came is no news.
            for client in [ada, other, bo] { #expect(try told(client) == []) }
            let three = try world.list(members: World.persons, clearance: ["ada": "GREEN"])
            try await world.publish(three, to: [])
            try await world.publish(try world.list(members: World.persons), to: [])
            try await ada.sync()
            // Fetched by one process, told by another.
            #expect(try told(other) == [3, 4])
            #expect(try told(ada) == [] && told(other) == [])
            try bo.importCallList(three)
            try bo.noteTold(callList: 3)
            try await bo.sync()
            #expect(try told(bo) == [4])

            try await world.publish(try world.list(members: World.persons), to: [])
            let mara = try world.client("mara")
            try await mara.sync()
            var versions: [UInt64] = []
            for await event in mara.watch() {
                if case .callList(let news) = event { versions.append(news.version) }
                if versions.last == 5 { break }
            }
            #expect(versions == [3, 4, 5])
            #expect(try told(mara) == [])
        }
    }

    @Test("Two lists of one version, and a list that follows another one: refused, kept as proof, an alarm")
    func forks() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let base = try world.newestList
            let one = try world.list(members: ["ada", "bo", "mara"])
            let two = try world.list(members: ["ada", "bo"], previous: base)
            let afterTwo = try world.list(
                members: ["ada"], previous: try UnverifiedCallList(decoding: two).verify(root: world.root))
            try ada.importCallList(one)
            let other = try world.reopen("ada")
            for fork in [two, afterTwo] {
                #expect(try await code { _ = try other.importCallList(fork) } == .callListRefused)
            }
            #expect(try ada.forkedCallLists() == [two, afterTwo])
            #expect(try ada.causes.count == 2)
            #expect(try ada.callList().list.version == 3)
            // An older one of the same line is only older.
            #expect(try await code { _ = try ada.importCallList(base.bundleBytes) } == .callListRefused)
            #expect(try ada.forkedCallLists().count == 2)
        }
    }

    @Test("Two processes take in different lists of one version: the second is refused")
    func forkAcrossProcesses() async throws {
        try await World.with { world in
            let (ada, other) = (try world.client("ada"), try world.reopen("ada"))
            let base = try world.newestList
            let one = try world.list(members: ["ada", "bo", "mara"])
            let two = try world.list(members: ["ada", "bo"], previous: base)
            try ada.importCallList(one)
            #expect(try await code { _ = try other.importCallList(two) } == .callListRefused)
            #expect(try other.forkedCallLists() == [two])
        }
    }

    @Test("A relay that claims a newer list and hands out the current one: an alarm, and no waiting for ever")
    func claimsNewer() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let current = try world.newestList.bundleBytes
            wire.onAnswer { request, answer in
                if request == "GET /v1/heads" {
                    var heads = try JSONDecoder().decode(Heads.self, from: Data(answer))
                    heads = Heads(
                        rooms: heads.rooms, pendingWelcomes: heads.pendingWelcomes, callListVersion: 99,
                        time: heads.time, mark: heads.mark)
                    return [UInt8](try JSONEncoder().encode(heads))
                }
                return request.hasPrefix("GET /v1/calllist/") ? current : answer
            }
            #expect(try await ada.page(.test(), policy: "duty").delivery.isAccepted)
            #expect(wire.requests.count { $0.hasPrefix("GET /v1/calllist/") } < 5)
            #expect(try ada.causes.count == 1)
        }
    }

    @Test("Two processes that fetch the same list at once: no alarm, and both use it")
    func fetchedTwice() async throws {
        try await World.with { world in
            let wire = Wire()
            let (ada, other) = (try world.reopen("ada", tap: wire.tap), try world.client("ada"))
            let three = try world.list(members: World.persons)
            try await world.publish(three, to: [])
            try await world.publish(try world.list(members: World.persons), to: [])
            wire.onRequest { request in
                if request == "GET /v1/calllist/3" { try other.importCallList(three) }
            }
            try await ada.sync()
            #expect(try ada.callList().list.version == 4)
            #expect(try ada.causes.isEmpty)
        }
    }

    @Test("A list that the vault could not store is not in use either")
    func notStored() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let next = try world.list(members: World.persons)
            // What it breaks is found when the transaction commits.
            try ada.vault.write { db in
                try db.connection.runScript(
                    """
                    CREATE TABLE breaks (room BLOB REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED);
                    CREATE TRIGGER break AFTER INSERT ON call_lists BEGIN INSERT INTO breaks VALUES (x'00'); END;
                    """)
            }
            #expect(try await code { try ada.importCallList(next) } == .vaultMisused)
            #expect(try ada.callList().list.version == 2)
            try ada.vault.write { try $0.connection.runScript("DROP TRIGGER break; DROP TABLE breaks;") }
            #expect(try ada.importCallList(next).outcome == .newer)
            #expect(try ada.callList().list.version == 3)
        }
    }

    @Test("A relay that claims a list it does not have, or hands out a refused one: an alarm, and all goes on")
    func lyingRelay() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let two = try world.list(members: ["ada"], previous: nil)
            wire.onAnswer { request, answer in
                if request == "GET /v1/heads", let heads = try? JSONDecoder().decode(Heads.self, from: Data(answer)) {
                    return [UInt8](
                        try JSONEncoder().encode(
                            Heads(
                                rooms: heads.rooms, pendingWelcomes: heads.pendingWelcomes, callListVersion: .max,
                                time: heads.time, mark: heads.mark)))
                }
                return answer
            }
            #expect(try await ada.page(.test(), policy: "duty").delivery.isAccepted)
            #expect(try ada.causes.contains(.callListNotHandedOut))
            wire.onAnswer { request, answer in
                if request == "GET /v1/heads" {
                    let mark = try JSONDecoder().decode(Heads.self, from: Data(answer)).mark
                    return [UInt8](
                        try JSONEncoder().encode(
                            Heads(
                                rooms: [], pendingWelcomes: 0, callListVersion: 3, time: world.clock.now, mark: mark)))
                }
                return request.hasPrefix("GET /v1/calllist") ? Array(two.dropLast(9)) : answer
            }
            try await ada.sync()
            #expect(try ada.callList().list.version == 2)
        }
    }

    @Test("A relay that holds a call list back is found out by what others know")
    func withheld() async throws {
        try await World.with { world in
            let (ada, bo) = (try world.withholding("ada"), try world.client("bo"))
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            try ada.importCallList(world.list(members: World.persons))
            _ = try await ada.send("x", tlp: nil, to: room)
            try await bo.sync()
            #expect(try bo.notes(room) == ["x"])
            #expect(try bo.causes.contains(.callListHeldBack))
        }
    }

    @Test("A built room of an older call list is made anew from the newest")
    func builtFromOldList() async throws {
        try await World.with { world in
            let wire = Wire()
            let siem = try world.reopen("siem", tap: wire.tap)
            wire.onRequest { request in
                if request == "POST /v1/rooms" { throw ClientError(.relayUnreachable, "no way") }
            }
            let outcome = try await siem.alert(.test(key: "k"))
            #expect(outcome.posted?.delivery.isAccepted == false)
            wire.onRequest(nil)
            try await world.publish(try world.list(members: ["ada", "mara"]), to: [try world.client("ada")])
            // It learns of the new list only when the relay refuses the old room.
            wire.onAnswer { request, answer in
                guard request == "GET /v1/heads" else { return answer }
                let mark = try JSONDecoder().decode(Heads.self, from: Data(answer)).mark
                return [UInt8](
                    try JSONEncoder().encode(
                        Heads(rooms: [], pendingWelcomes: 0, callListVersion: 2, time: world.clock.now, mark: mark)))
            }
            #expect(try await siem.sync().queued == 0)
            let room = try required(outcome.posted).room
            #expect(try siem.group(room).members.count == 3)
            let ada = try world.client("ada")
            try await ada.sync()
            #expect(try ada.detail(room).page?.notice != nil)
        }
    }

    @Test("A list that could not be published is offered at each sync, in order, until the relay has it")
    func offered() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            try ada.importCallList(world.list(members: World.persons))
            await world.stopRelay()
            let last = try world.list(members: ["ada", "mara"])
            #expect(try await code { _ = try await ada.publishCallList(last) } == .relayUnreachable)
            try await world.startRelay()
            try await ada.sync()
            #expect(try await ada.link().info().callListVersion == 4)
            #expect(try ada.causes.isEmpty)
            #expect(try await code { _ = try await world.client("bo").sync() } == .revoked)
        }
    }

    @Test("addMembers goes on without whoever was taken off the list meanwhile")
    func addOffList() async throws {
        try await World.with { world in
            let wire = Wire()
            let ada = try world.reopen("ada", tap: wire.tap)
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: []).room
            let list = try world.list(members: ["ada", "bo"])
            wire.onRequest { request in
                // Between the claim and the commit.
                guard request.hasSuffix("/entries") else { return }
                wire.onRequest(nil)
                try await world.publish(list, to: [])
            }
            #expect(try await ada.addMembers([member("bo"), member("mara")], to: room).isAccepted)
            #expect(try ada.detail(room).members.count == 2)
            #expect(try ada.callList().list.version == 3)
            let bo = try world.client("bo")
            try await bo.sync()
            #expect(try bo.rooms().count == 1)
        }
    }
}
