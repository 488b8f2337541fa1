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

/// A relay and the vaults of a team, filled with rooms.
struct GrowthField: Sendable {
    private let team: BenchTeam
    private let relay: Process
    private let sensor: Client
    private let room: RoomID
    /// Without a client in between: a room of mara's own, her session, and a device whose key packages are claimed.
    private let http: HTTPClient
    private let marasRoom: RoomID
    private let adasDevice: DeviceID
    /// Pages that stay open.
    private static let open = 10
    /// Pages after which the persons' devices take in what came: as they come, not ten thousand after a year.
    private static let chunk = 50

    init() async throws {
        team = try await BenchTeam()
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
        team.remove()
    }

    // MARK: Filling

    /// Raises so many pages, and ends all but the last ten: the sensor says that they are over, ada has them.
    func fill(_ count: Int) async throws {
        let (ada, bo) = (try team.openClient("ada"), try team.openClient("bo"))
        var raised: [RoomID] = []
        for first in stride(from: 0, to: count, by: Self.chunk) {
            // While the persons' devices work on the chunk before.
            async let next = raise(first..<min(first + Self.chunk, count), of: count)
            try await takeIn(raised, ada, bo)
            raised = try await next
        }
        try await takeIn(raised, ada, bo)
        await ada.shutdown()
        await bo.shutdown()
    }

    /// - Returns: the pages that are to end.
    private func raise(_ numbers: Range<Int>, of count: Int) async throws -> [RoomID] {
        var ending: [RoomID] = []
        for number in numbers {
            let key = "growth \(number)"
            let page = try await raise(key)
            guard number < count - Self.open else { continue }
            _ = try await sensor.resolveAlert(deduplicationKey: key, note: "over")
            ending.append(page)
        }
        return ending
    }

    private func raise(_ key: String) async throws -> RoomID {
        let draft = PageDraft(title: key, summary: "of the benchmark", severity: .low, deduplicationKey: key)
        guard case .paged(let posted) = try await sensor.alert(draft), case .accepted = posted.delivery else {
            throw BenchFailure("an alert made no page")
        }
        return posted.room
    }

    private func takeIn(_ ending: [RoomID], _ ada: Client, _ bo: Client) async throws {
        try await ada.sync()
        for page in ending { try await end(page, by: ada) }
        try await bo.sync()
    }

    private func end(_ page: RoomID, by person: Client) async throws {
        guard case .accepted = try await person.acknowledge(page) else {
            throw BenchFailure("an acknowledgement was not accepted")
        }
    }

    // MARK: Measuring

    /// One round of all measurements.
    /// - Parameter note: takes what was measured, and milliseconds.
    func measure(round: Int, note: @Sendable (String, Double) async -> Void) async throws {
        func time(_ what: String, _ body: () async throws -> Void) async throws {
            let started = ContinuousClock.now
            try await body()
            await note(what, (ContinuousClock.now - started) / .milliseconds(1))
        }
        let key = "measured \(round)"
        try await time("alert start to accepted") {
            let alert = #"{"title":"measured","summary":"of the benchmark","severity":"low","key":"\#(key)"}"#
            try runProgram(["alert", "--format", "json", "--profile", "sensor"], input: alert, profile: "sensor")
        }
        // As many open pages in each round.
        _ = try await sensor.resolveAlert(deduplicationKey: key, note: "over")
        let before = try team.openClient("ada")
        try await before.sync()
        guard let measured = try before.rooms(limit: 1).first, measured.title == "measured" else {
            throw BenchFailure("the page that was measured did not come")
        }
        try await end(measured.id, by: before)
        await before.shutdown()
        try await time("inbox, newest 20") {
            try runProgram(["inbox", "--limit", "20", "--profile", "ada", "--json"], profile: "ada")
        }
        var opened: Client?
        try await time("open the vault") { opened = try team.openClient("ada") }
        guard let ada = opened else { return }
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
        try await measureRelay(note)
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
    private func measureRelay(_ note: @Sendable (String, Double) async -> Void) async throws {
        let (mara, bo) = (try team.openClient("mara"), try team.openClient("bo"))
        let (token, boToken) = (try await mara.sessionToken(), try await bo.sessionToken())
        await mara.shutdown()
        await bo.shutdown()
        func time(_ what: String, _ request: RelayRequest) async throws {
            let started = ContinuousClock.now
            try await team.send(request, with: http)
            await note(what, (ContinuousClock.now - started) / .milliseconds(1))
        }
        // Not counted: the connection.
        try await team.send(RelayRequest(method: .GET, path: "/v1/heads", token: token), with: http)
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
