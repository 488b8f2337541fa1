import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import SQLite
import Sodium
import Terms
import TestTeam
import Testing

@testable import Client

/// The vault: what opens it, what is in it, what becomes of a damaged one.
@Suite struct VaultTests {
    private func files(of profile: Profile) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: profile.directory.path) {
            files[name] = [UInt8](try Data(contentsOf: profile.directory.appendingPathComponent(name)))
        }
        return files
    }

    private func holds(_ profile: Profile, _ needle: [UInt8]) throws -> Bool {
        try files(of: profile).values.contains { Data($0).range(of: Data(needle)) != nil }
    }

    @Test("A profile is its owner's alone: 0700 and 0600")
    func permissions() async throws {
        try await World.with { world in
            let profile = world.profile("ada")
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try mode(profile.directory.path) == 0o700)
            for name in try files(of: profile).keys {
                #expect(try mode(profile.directory.appendingPathComponent(name).path) == 0o600, "\(name)")
            }
        }
    }

    @Test("A vault that cannot be made, and one that is empty, are errors that say so")
    func unusable() async throws {
        try await World.with { world in
            let profile = world.profile("new")
            // What SQLite cannot open for writing, whoever runs this.
            try FileManager.default.createDirectory(
                at: profile.directory.appendingPathComponent("vault.sqlite.new"), withIntermediateDirectories: true)
            #expect(try await code { _ = try Vault.create(profile, unlock: world.unlock("ada")) } == .ioFailure)
            try Data().write(to: profile.vaultFile)
            let error = #expect(throws: ClientError.self) { _ = try Vault.open(profile, unlock: world.unlock("ada")) }
            #expect(error?.code == .vaultDamaged && error?.hint != nil)
        }
    }

    @Test("The wrong passphrase or key file opens nothing, and says so")
    func wrongSecret() async throws {
        try await World.with { world in
            let profile = Profile(directory: world.directory.appendingPathComponent("pass"))
            let right = VaultUnlock.passphrase(SecretBytes(Array("right".utf8)))
            _ = try Client.enroll(profile: profile, kind: .person, name: "eve", root: world.root, unlock: right)
            let wrong = VaultUnlock.passphrase(SecretBytes(Array("wrong".utf8)))
            #expect(try await code { _ = try Client.open(profile, unlock: wrong) } == .wrongPassphrase)
            #expect(try await code { _ = try Client.open(profile, unlock: world.unlock("ada")) } == .wrongPassphrase)
            #expect(
                try await code { _ = try Client.open(world.profile("ada"), unlock: world.unlock("bo")) }
                    == .wrongPassphrase)
            #expect(try Client.open(profile, unlock: right).kind == .person)
            #expect(
                try await code {
                    _ = try Client.enroll(
                        profile: profile, kind: .person, name: "eve", root: world.root, unlock: right)
                } == .profileExists)
            let none = Profile(directory: world.directory.appendingPathComponent("none"))
            #expect(try await code { _ = try Client.open(none, unlock: right) } == .noProfile)
        }
    }

    @Test("Nothing that was said, and no name, is readable in any file of the vault")
    func nothingInClear() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let room = try await ada.openIncident(title: "Kestrel", from: nil, tlp: .red, members: [member("bo")]).room
            _ = try await ada.send("the vault is under the bridge", tlp: nil, to: room)
            await world.stopRelay()
            _ = try await ada.send("waiting plaintext", tlp: nil, to: room)
            try ada.own.raise(.changeDropped, room: room, "Mara Example did something")
            for text in ["Kestrel", "under the bridge", "waiting plaintext", "Example", "responder"] {
                #expect(try !holds(world.profile("ada"), Array(text.utf8)), "\(text)")
            }
            // No unkeyed hash that a guess could be tried against.
            #expect(try !holds(world.profile("ada"), SHA256.hash(Array("Mara Example did something".utf8))))
            // The search finds what is there.
            #expect(try holds(world.profile("ada"), room.bytes))
        }
    }

    @Test("An epoch's secrets leave no trace in the vault's files once it has ended")
    func epochSecrets() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            func sealed() throws -> [UInt8] {
                try ada.vault.read { db in
                    let row = try db.connection.row(
                        "SELECT sealed FROM groups WHERE room = ?", [room])
                    return try required(row).bytes("sealed")
                }
            }
            let secret = try ada.group(room).epochAuthenticator().exposedCopy()
            let old = try sealed()
            // SQLite spreads a long value over pages: its end lies within one.
            let piece = Array(old.suffix(100))
            #expect(try holds(world.profile("ada"), piece))
            #expect(try !holds(world.profile("ada"), secret))
            #expect(try await ada.removeMembers([member("bo")], from: room).isAccepted)
            #expect(try sealed() != old)
            #expect(try !holds(world.profile("ada"), piece))
            #expect(try holds(world.profile("ada"), Array(sealed().suffix(100))))
        }
    }

    @Test("What was accepted outlives a power loss: every commit of the vault is synced")
    func synchronous() async throws {
        try await World.with { world in
            for client in [try world.client("ada"), try world.reopen("ada")] {
                #expect(try client.vault.read { try $0.connection.number("PRAGMA synchronous") } == 2)
            }
        }
    }

    @Test("What the schema forbids is this program's bug, changes nothing, and sends nobody to a backup")
    func constraint() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let error = #expect(throws: ClientError.self) {
                try ada.vault.write { transaction in
                    try transaction.raise(AlarmSubject(.unseen), "undone", at: ada.own.now())
                    try transaction.connection.run("INSERT INTO header (id, document) VALUES (2, x'00')")
                }
            }
            #expect(error?.code == .vaultMisused)
            #expect(error?.hint?.contains("report it") == true && error?.hint?.contains("backup") == false)
            #expect(try ada.causes.isEmpty)
        }
    }

    @Test("[R14] Private keys of key packages go when no Welcome can use them any more, and not before")
    func keyPackages() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            func count() throws -> Int {
                Int(try ada.vault.read { try $0.connection.number("SELECT count(*) FROM key_packages") } ?? 0)
            }
            #expect(try count() == OwnDevice.keyPackageStock + 1)
            world.clock.advance(days: 32)
            try await world.fireTimers()
            try await ada.sync()
            #expect(try count() == 2 * (OwnDevice.keyPackageStock + 1))
            world.clock.advance(days: 2)
            try await ada.sync()
            #expect(try count() == OwnDevice.keyPackageStock + 1)
        }
    }

    @Test("A damaged vault is an error with a hint, never a trap: each page, cut short, and many single bits")
    func damaged() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let room = try await ada.openIncident(title: "A", from: nil, tlp: .red, members: [member("bo")]).room
            _ = try await ada.send("x", tlp: nil, to: room)
            try ada.own.raise(.changeDropped, room: room, "an alarm")
            ada.vault.truncateLog()
            await ada.shutdown()
            try ada.vault.database.close()
            let profile = world.profile("ada")
            let intact = try required(files(of: profile)["vault.sqlite"])
            var random = SplitMix64(seed: 7)
            var damaged: [[UInt8]] = [
                [], Array(intact.prefix(100)), Array(intact.prefix(4096)), Array(intact.dropLast(5000)),
            ]
            for page in stride(from: 0, to: intact.count, by: 4096) {
                var bytes = intact
                for index in page..<min(page + 4096, bytes.count) { bytes[index] = 0xa5 }
                damaged.append(bytes)
                // The page's head: where SQLite keeps its cells and their types.
                for _ in 0..<6 {
                    var bytes = intact
                    bytes[page + Int(random.next() % 64)] ^= UInt8(1) << (random.next() % 8)
                    bytes[page + Int(random.next() % 4096)] ^= 0xff
                    damaged.append(bytes)
                }
            }
            var refused = 0
            for bytes in damaged {
                for suffix in ["-wal", "-shm"] {
                    try? FileManager.default.removeItem(atPath: profile.vaultFile.path + suffix)
                }
                try Data(bytes).write(to: profile.vaultFile)
                let code = try await code {
                    let client = try Client.open(profile, unlock: world.unlock("ada"))
                    defer { try? client.vault.database.close() }
                    _ = try client.rooms()
                    _ = try client.detail(room)
                    _ = try client.vault.read({ try $0.facts(afterRow: 0) })
                    _ = try client.vault.read({ try $0.outbox() })
                    _ = try client.causes
                    try client.vault.write { db in
                        _ = try db.pendingCommit(of: room)
                        try db.raise(AlarmSubject(.unseen), "more", at: client.own.now())
                    }
                }
                guard let code else { continue }
                refused += 1
                #expect([.vaultDamaged, .wrongPassphrase, .unknownRoom, .ioFailure].contains(code), "\(code)")
            }
            // Many of the bits lie where nothing is stored.
            #expect(refused > 20)
        }
    }

    @Test("Another certificate than the pinned one is refused, and what was to be sent waits")
    func pin() async throws {
        try await World.with { world in
            let ada = try world.client("ada")
            let other = try world.impostor()
            try other.encoded().write(to: "other.json", in: world.directory)
            try ada.importCallList(world.list(members: World.persons, relay: "other.json"))
            #expect(try await code { _ = try await ada.sync() } == .pinMismatch)
            #expect(try await ada.page(.test(), policy: "duty").delivery.isAccepted == false)
            #expect(try ada.vault.read({ try $0.queuedCount() }) == 1)
        }
    }

    @Test("The stream's events are bounded: one long line, many lines, no end")
    func stream() throws {
        let line = Array("data: \(String(repeating: "A", count: 1 << 16))\n".utf8)
        var parser = EventStreamParser()
        #expect(throws: ClientError.self) { for _ in 0..<80 { _ = try parser.feed(line) } }
        parser = EventStreamParser()
        #expect(throws: ClientError.self) {
            for _ in 0..<80 { _ = try parser.feed([UInt8](repeating: 65, count: 1 << 16)) }
        }
        parser = EventStreamParser()
        #expect(throws: ClientError.self) {
            for _ in 0..<80 { _ = try parser.feed(Array(": c\n".utf8) + line.dropFirst(4)) }
        }
        // Comments for ever are how an idle stream looks.
        parser = EventStreamParser()
        for _ in 0..<80 {
            #expect(try parser.feed(Array(": \(String(repeating: "A", count: 1 << 16))\n\n".utf8)).isEmpty)
        }
        let mark = SignedMark(RelayMark(generation: .random(), writes: 0), by: Ed25519.PrivateKey())
        let value = Heads(
            rooms: [], pendingWelcomes: 0, callListVersion: 2, time: Timestamp(milliseconds: 0), mark: mark)
        let heads = "event: heads\ndata: \(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))\r\n\n"
        #expect(try parser.feed(Array(heads.utf8)).count == 1)
        for junk in ["event: heads\ndata: {\n\n", "event: entry\ndata: AAAA\n\n", "event: entry\ndata: !\n\n"] {
            var parser = EventStreamParser()
            #expect(throws: ClientError.self) { _ = try parser.feed(Array(junk.utf8)) }
        }
    }
}
