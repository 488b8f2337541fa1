import AsyncHTTPClient
import CallList
import Client
import Foundation
import Incident
import NIOHTTP1
import RelayAPI
import Sodium
import Terms
import WireFormat

/// A relay and two vaults, a sensor's and a person's, that are filled with rooms.
final class GrowthField {
    private let team: BenchTeam
    private let relay: Process
    private let sensor: Client
    private let room: RoomID
    /// Without a client in between: a room of mara's own, her session, and a device whose key packages are claimed.
    private let http: HTTPClient
    private let marasRoom: RoomID
    private let adasDevice: DeviceID
    private var filled = 0
    /// Pages that stay open.
    private static let open = 10

    init(team: BenchTeam) async throws {
        self.team = team
        relay = try await team.startRelay()
        for name in BenchTeam.persons + ["sensor"] {
            let client = try team.openClient(name)
            try await client.sync()
            await client.shutdown()
        }
        sensor = try team.openClient("sensor")
        let ada = try team.openClient("ada")
        let bo = try ada.callList().team?.members.first { $0.id.text == "bo" }?.id
        room = try await ada.openIncident(
            title: "growth", from: nil, tlp: .amber, members: [bo].compactMap { $0 }
        ).room
        adasDevice = ada.device
        await ada.shutdown()
        http = try team.makeHTTPClient()
        let mara = try team.openClient("mara")
        marasRoom = try await mara.openIncident(title: "mara's", from: nil, tlp: .amber, members: []).room
        await mara.shutdown()
    }

    func end() async {
        try? await http.shutdown()
        await sensor.shutdown()
        BenchTeam.end([relay])
    }

    /// Raises pages until there are so many rooms, and resolves those before the last ten.
    func fill(to count: Int) async throws {
        while filled < count {
            _ = try await sensor.alert(draft("growth \(filled)"))
            filled += 1
            if filled > Self.open {
                _ = try await sensor.resolveAlert(
                    deduplicationKey: "growth \(filled - 1 - Self.open)", note: "over")
            }
            // A person's device takes pages in as they come, not ten thousand after a year.
            if filled.isMultiple(of: 50) || filled == count { try await takeIn() }
        }
    }

    private func takeIn() async throws {
        for name in ["ada", "bo"] {
            let client = try team.openClient(name)
            try await client.sync()
            await client.shutdown()
        }
    }

    private func draft(_ title: String) -> PageDraft {
        PageDraft(title: title, summary: "of the benchmark", severity: .low, deduplicationKey: title)
    }

    // MARK: Measuring

    /// - Returns: medians in milliseconds, by what was measured.
    func measure(rounds: Int) async throws -> [String: Double] {
        var samples: [String: [Double]] = [:]
        for round in 0..<rounds {
            func time(_ what: String, _ body: () async throws -> Void) async throws {
                let started = ContinuousClock.now
                try await body()
                samples[what, default: []].append((ContinuousClock.now - started) / .milliseconds(1))
            }
            try await time("alert start to accepted") {
                let alert = #"{"title":"measured","summary":"of the benchmark","severity":"low","key":"measured"}"#
                try runProgram(
                    ["alert", "--format", "json", "--profile", "sensor"], input: alert, profile: "sensor")
            }
            // As many open rooms at each size, and in each round.
            _ = try await sensor.resolveAlert(deduplicationKey: "measured", note: "over")
            try await takeIn()
            try await time("inbox") { try runProgram(["inbox", "--profile", "ada", "--json"], profile: "ada") }
            var opened: Client?
            try await time("open the vault") { opened = try team.openClient("ada") }
            guard let ada = opened else { continue }
            try await ada.sync()
            let bo = try team.openClient("bo")
            try await bo.sync()
            try await time("send a message") {
                guard case .accepted = try await bo.send("round \(round)", tlp: nil, to: room) else {
                    throw BenchFailure("a message was not accepted")
                }
            }
            try await time("take in one entry") { try await ada.sync() }
            try await time("nothing new") { try await ada.sync() }
            try await showOne(ada, bo) { try await time("send to shown by watch", $0) }
            await ada.shutdown()
            await bo.shutdown()
        }
        try await measureRelay(rounds: rounds) { samples[$0, default: []].append($1) }
        return samples.mapValues { $0.sorted()[$0.count / 2] }
    }

    /// One message, from its sending to the watch of somebody else.
    private func showOne(_ reader: Client, _ sender: Client, _ time: (() async throws -> Void) async throws -> Void)
        async throws
    {
        var events = reader.watch().makeAsyncIterator()
        func sendAndWait() async throws {
            _ = try await sender.send("watched", tlp: nil, to: room)
            while let event = await events.next() {
                if case .fact = event { return }
            }
            throw BenchFailure("watch ended")
        }
        while let event = await events.next() {
            if case .connected = event { break }
        }
        // Not counted: it shows that the stream is followed.
        try await sendAndWait()
        try await time(sendAndWait)
    }

    /// Requests with nothing of a client's own in them. The heads are bo's, who is in all rooms.
    private func measureRelay(rounds: Int, _ note: (String, Double) -> Void) async throws {
        let (mara, bo) = (try team.openClient("mara"), try team.openClient("bo"))
        let (token, boToken) = (try await mara.sessionToken(), try await bo.sessionToken())
        await mara.shutdown()
        await bo.shutdown()
        for _ in 0..<rounds {
            func time(_ what: String, _ request: RelayRequest) async throws {
                let started = ContinuousClock.now
                try await team.send(request, with: http)
                note(what, (ContinuousClock.now - started) / .milliseconds(1))
            }
            let entry = EntryPost(
                event: .random(), entryClass: .message, baseSeq: 1, parent: 1, payload: randomBytes(count: 1024))
            try await time(
                "relay: accept",
                RelayRequest(path: "/v1/rooms/\(marasRoom)/entries", token: token, body: entry.encoded))
            try await time("relay: heads", RelayRequest(method: .GET, path: "/v1/heads", token: boToken))
            let claim = try JSONEncoder().encode(KeyPackageClaim(claim: .random(), devices: [adasDevice]))
            try await time(
                "relay: claim",
                RelayRequest(path: "/v1/keypackages/claim", token: token, body: [UInt8](claim), isJSON: true))
        }
    }

    private func runProgram(_ arguments: [String], input: String? = nil, profile: String) throws {
        let process = team.process("tocsin", arguments + ["--key-file", team.keyFile(profile).path], output: nil)
        let pipe = Pipe()
        if input != nil { process.standardInput = pipe }
        try process.run()
        if let input {
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchFailure("\(arguments[0]) ended with \(process.terminationStatus)")
        }
    }
}
