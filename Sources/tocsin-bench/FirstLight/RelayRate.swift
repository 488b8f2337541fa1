import AsyncHTTPClient
import CallList
import Client
import Foundation
import Incident
import RelayAPI
import Sodium
import Terms
import WireFormat

/// Entries that a relay takes in a second, beside answers that a server of the same make gives without doing anything.
/// One load generator for both: the same requests, the same connections.
struct RelayRate {
    static let entryBytes = 1024

    struct Result: Sendable {
        /// A second.
        let relay: Double
        let floor: Double
    }

    let team: BenchTeam
    let inFlight: Int
    let entries: Int

    func measure() async throws -> Result {
        let floorServer = try await startFloor()
        let floor = try await rate { number in
            RelayRequest(path: "/floor", token: nil, body: randomBytes(count: Self.entryBytes + 64))
        }
        BenchTeam.end([floorServer])
        let relay = try await team.startRelay()
        defer { BenchTeam.end([relay]) }
        let client = try team.openClient("ada")
        let room = try await client.openIncident(title: "bench", from: nil, tlp: .amber, members: []).room
        let token = try await client.sessionToken()
        await client.shutdown()
        let payload = randomBytes(count: Self.entryBytes)
        let taken = try await rate { _ in
            let post = EntryPost(event: .random(), entryClass: .message, baseSeq: 1, parent: 1, payload: payload)
            return RelayRequest(path: "/v1/rooms/\(room)/entries", token: token, body: post.encoded)
        }
        return Result(relay: taken, floor: floor)
    }

    private func startFloor() async throws -> Process {
        let portFile = team.directory.appendingPathComponent("floor.port")
        let server = team.process(
            "tocsin-bench",
            ["floor-server", "--data", "relay", "--port", "\(team.port)", "--port-file", portFile.path], output: nil)
        try server.run()
        while !FileManager.default.fileExists(atPath: portFile.path) {
            guard server.isRunning else { throw BenchFailure("the floor server did not start") }
            try await Task.sleep(for: .milliseconds(20))
        }
        return server
    }

    /// Answers with status 2xx in a second; anything else ends the run.
    private func rate(_ make: @escaping @Sendable (Int) throws -> RelayRequest) async throws -> Double {
        let http = try team.makeHTTPClient()
        defer { Task { try await http.shutdown() } }
        // Not counted: connections and caches warm up.
        try await post(entries / 20 + inFlight, with: http, make)
        let started = ContinuousClock.now
        try await post(entries, with: http, make)
        return Double(entries) / ((ContinuousClock.now - started) / .seconds(1))
    }

    private func post(
        _ count: Int, with http: HTTPClient, _ make: @escaping @Sendable (Int) throws -> RelayRequest
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<inFlight {
                group.addTask {
                    for number in stride(from: worker, to: count, by: inFlight) {
                        try await team.send(try make(number), with: http)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
