import CallList
import Foundation
import NIOHTTP1
import Platform
import TestTeam
import Testing

/// One without any key, from an address of their own or from the one that all share: nobody else is kept from the relay [R19].
@Suite(.serialized) struct OutsiderTests {
    init() { DescriptorLimit.raise() }

    /// How one can hold a connection and ask nothing.
    enum Idling: CaseIterable {
        case bare, halfHello, handshakeOnly, halfHead

        func line(_ siege: Siege, from address: String) async throws -> Line {
            let isTLS = self == .handshakeOnly || self == .halfHead
            let line = try await Line(port: siege.port, from: address, isTLS: isTLS)
            switch self {
            case .bare, .handshakeOnly: break
            case .halfHello: await line.send([0x16, 0x03, 0x01])
            case .halfHead: await line.send("GET /v1/relay HTTP/1.1\r\nhost: x\r\nx-a: ")
            }
            return line
        }
    }

    @Test(
        "1,100 connections that say nothing keep nobody out, at a limit of 256 descriptors",
        arguments: [
            "127.0.0.1", "127.0.0.2",
        ])
    func idleConnections(from address: String) async throws {
        let siege = try await Siege(limits: #"{"connectBurst": 5000}"#, descriptors: (200, 256))
        var lines: [Line] = []
        for index in 0..<1_100 {
            let idling = Idling.allCases[index % 2]
            if let line = try? await idling.line(siege, from: address) { lines.append(line) }
        }
        await siege.expectAlarmWorks()
        #expect(lines.count(where: \.isOpen) <= 64)
    }

    @Test("a connection has ten seconds to its first request, TLS included", arguments: Idling.allCases)
    func deadline(_ idling: Idling) async throws {
        let siege = try await Siege(limits: #"{"firstRequestSeconds": 1}"#)
        let line = try await idling.line(siege, from: "127.0.0.1")
        let drip = Task {
            guard idling == .halfHead else { return }
            while !Task.isCancelled {
                await line.send("a")
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        defer { drip.cancel() }
        #expect(await [line].end(within: .seconds(5)))
    }

    @Test("where the system has no descriptors left, connections are refused, and later are not")
    func descriptorsRunOut() async throws {
        let siege = try await Siege()
        await siege.expectAlarmWorks()
        // Fewer than it has open: as if other programs of the system had all others.
        let limit = try await ChildProcess.run(
            URL(fileURLWithPath: "/usr/bin/prlimit"), ["--pid", "\(siege.relay.pid)", "--nofile=8:4096"],
            environment: [:])
        try #require(limit.status == 0, "\(limit.errors)")
        var lines: [Line] = []
        for _ in 0..<50 { lines.append(try await Line(port: siege.port, isTLS: false)) }
        // It notices at once, and says so.
        let isSaid = try await Siege.wait(.seconds(2)) {
            siege.relay.lines.contains { $0.contains("no connection can be accepted just now") }
        }
        let back = try await ChildProcess.run(
            URL(fileURLWithPath: "/usr/bin/prlimit"), ["--pid", "\(siege.relay.pid)", "--nofile=4096:4096"],
            environment: [:])
        try #require(back.status == 0)
        await siege.expectAlarmWorks()
        #expect(isSaid)
    }

    @Test("session requests without a body keep nobody from a session", arguments: ["127.0.0.1", "127.0.0.2"])
    func sessionsWithoutBody(from address: String) async throws {
        let siege = try await Siege(limits: #"{"firstRequestSeconds": 3}"#)
        var lines: [Line] = []
        for _ in 0..<60 {
            let line = try await Line(port: siege.port, from: address)
            await line.send("POST /v1/session HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
            lines.append(line)
        }
        await siege.expectAlarmWorks()
        // Refused for being too slow, and then closed.
        #expect(await lines.end(within: .seconds(25)))
    }

    @Test("call lists that are announced and do not come stop no call list", arguments: ["127.0.0.1", "127.0.0.2"])
    func announcedCallLists(from address: String) async throws {
        let siege = try await Siege()
        var lines: [Line] = []
        for _ in 0..<20 {
            let line = try await Line(port: siege.port, from: address)
            await line.send("PUT /v1/calllist HTTP/1.1\r\nhost: x\r\ncontent-length: 8388608\r\n\r\n")
            lines.append(line)
        }
        let ada = try siege.device("ada")
        try await siege.with { visit in
            _ = try await visit.insist(.PUT, "/v1/calllist?device=\(ada.id)", body: siege.nextList)
        }
        await siege.expectAlarmWorks()
    }

    @Test("a flood of requests is refused to who sends it, not to others", arguments: ["127.0.0.1", "127.0.0.2"])
    func flood(from address: String) async throws {
        let siege = try await Siege(limits: #"{"openRequestsPerSecond": 5, "openRequestBurst": 20}"#)
        let line = try await Line(port: siege.port, from: address)
        let request = "GET /v1/challenge HTTP/1.1\r\nhost: x\r\n\r\n"
        await line.send(String(repeating: request, count: 200))
        let isRefused = try await Siege.wait(.seconds(10)) { line.status == 429 }
        #expect(isRefused)
        await siege.expectAlarmWorks()
        await line.send(request)
        #expect(line.isOpen)
    }
}
