import CallList
import Foundation
import NIOHTTP1
import Platform
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

/// One enrolled device, a sensor or a person's: it takes nothing that the others need [R19].
@Suite(.serialized) struct DeviceTests {
    init() { DescriptorLimit.raise() }

    private func head(_ method: String, _ path: String, _ token: String, _ more: String = "") -> String {
        "\(method) \(path) HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(token)\r\n\(more)\r\n"
    }

    /// An incident room of mira's with ada in it.
    private func incident(_ siege: Siege, _ visit: Visit, _ token: String) async throws -> RoomID {
        let room = RoomID.random()
        let creation = siege.posts.incident(room, adding: [try siege.device("ada")])
        _ = try await visit.insist(.POST, "/v1/rooms", token: token, body: creation.encoded)
        return room
    }

    @Test("requests whose bodies do not come take no room from others, and are cut off")
    func bodiesThatDoNotCome() async throws {
        let siege = try await Siege(limits: #"{"firstRequestSeconds": 3}"#)
        let token = try await siege.with { try await $0.token(try siege.device("probe")) }
        var lines: [Line] = []
        for _ in 0..<32 {
            let line = try await Line(port: siege.port)
            await line.send(head("POST", "/v1/rooms", token, "content-length: \(16 << 20)\r\n"))
            lines.append(line)
        }
        await siege.expectAlarmWorks()
        #expect(await lines.end(within: .seconds(15)))
        #expect(lines.contains { $0.status == 408 })
    }

    @Test("bodies that come in part count for who sends them, and for nobody else")
    func halfBodies() async throws {
        let siege = try await Siege(limits: #"{"bodyBytes": 16777216, "bodyBytesPerDevice": 16384}"#)
        let token = try await siege.with { try await $0.token(try siege.device("probe")) }
        var lines: [Line] = []
        for _ in 0..<8 {
            let line = try await Line(port: siege.port)
            await line.send(head("POST", "/v1/rooms", token, "content-length: \(16 << 20)\r\n"))
            await line.send([UInt8](repeating: 1, count: 4 << 20))
            lines.append(line)
        }
        let isRefused = try await Siege.wait(.seconds(10)) { lines.contains { $0.status == 429 } }
        #expect(isRefused)
        await siege.expectAlarmWorks()
    }

    @Test("a hundred answers that are not read take little memory, and are cut off")
    func unreadAnswers() async throws {
        let siege = try await Siege(limits: #"{"unreadSeconds": 5, "requestBurst": 10000}"#)
        let mira = try siege.device("mira")
        let (room, token) = try await siege.with { visit in
            let token = try await visit.token(mira)
            let room = try await incident(siege, visit, token)
            for _ in 0..<20 {
                let post = Posts.message(1, bytes: 250_000)
                _ = try await visit.insist(.POST, "/v1/rooms/\(room)/entries", token: token, body: post.encoded)
            }
            return (room, token)
        }
        let (before, open) = (try siege.memory, try siege.descriptors)
        var lines: [Line] = []
        var most = before
        for _ in 0..<100 {
            let line = try await Line(port: siege.port, reading: .nothing)
            // Three of them one after the other.
            let request = head("GET", "/v1/rooms/\(room)/entries?after=0&limit=500", token)
            await line.send(request + request + request)
            lines.append(line)
            most = max(most, try siege.memory)
        }
        await siege.expectAlarmWorks()
        most = max(most, try siege.memory)
        #expect(most - before < 150 << 20, "\((most - before) >> 20) MiB more")
        let isCutOff = try await Siege.wait(.seconds(20)) { try siege.descriptors < open + 20 }
        #expect(isCutOff)
        withExtendedLifetime(lines) {}
    }

    @Test("a thousand connections of one device are closed but for a few")
    func connections() async throws {
        let siege = try await Siege(
            limits: #"{"connectBurst": 5000, "requestBurst": 10000}"#, descriptors: (200, 256))
        let token = try await siege.with { try await $0.token(try siege.device("probe")) }
        var lines: [Line] = []
        for _ in 0..<300 {
            guard let line = try? await Line(port: siege.port) else { continue }
            await line.send(head("GET", "/v1/heads", token))
            lines.append(line)
        }
        await siege.expectAlarmWorks()
        #expect(lines.count(where: \.isOpen) <= 64 + 32)
    }

    @Test("a stream that is reset within milliseconds gives its place back") func streams() async throws {
        let siege = try await Siege(limits: #"{"connectBurst": 5000, "requestBurst": 10000}"#)
        let token = try await siege.with { try await $0.token(try siege.device("ada")) }
        for index in 0..<300 {
            let line = try await Line(port: siege.port)
            await line.send(head("GET", "/v1/stream", token))
            if index % 3 == 1 { await Task.yield() }
            if index % 3 == 2 { try await Task.sleep(for: .milliseconds(index % 7)) }
            await line.reset()
        }
        // As many as a device may have.
        var streams: [Line] = []
        let deadline = ContinuousClock.now + .seconds(10)
        while streams.count < 8, ContinuousClock.now < deadline {
            let line = try await Line(port: siege.port)
            await line.send(head("GET", "/v1/stream", token))
            _ = try await Siege.wait(.seconds(5)) { line.status != nil || !line.isOpen }
            if line.status == 200 { streams.append(line) }
        }
        #expect(streams.count == 8)
    }

    // MARK: The disk

    @Test("what a device may keep is full for its messages, not for its acknowledgements, and not for others")
    func storedBytes() async throws {
        let siege = try await Siege(
            limits: #"{"storedBytesPerDevice": 2000000, "requestBurst": 10000, "requestsPerSecond": 10000}"#)
        let (mira, siem) = (try siege.device("mira"), try siege.device("siem"))
        let refused = try await siege.with { visit in
            let token = try await visit.token(mira)
            let room = try await incident(siege, visit, token)
            for index in 0..<50 {
                let post = Posts.message(1, bytes: index < 20 ? 200_000 : 100)
                let answer = try await visit.send(
                    .POST, "/v1/rooms/\(room)/entries", token: token, body: post.encoded)
                if answer.status != 200, index > 20 { return answer.problem }
            }
            // The rest, by the smallest.
            for _ in 0..<4_000 {
                let answer = try await visit.send(
                    .POST, "/v1/rooms/\(room)/entries", token: token, body: Posts.message(1, bytes: 1).encoded)
                if answer.status != 200 { return answer.problem }
            }
            return nil
        }
        #expect(refused == .limitReached)
        let page = RoomID.random()
        try await siege.with { visit in
            let token = try await visit.token(siem)
            _ = try await visit.insist(
                .POST, "/v1/rooms", token: token, body: siege.posts.page(page, by: siem, calling: mira).encoded)
        }
        try await siege.with { visit in
            let token = try await visit.token(mira)
            let ack = try Posts.ack(page, by: mira)
            let answer = try await visit.send(.POST, "/v1/rooms/\(page)/entries", token: token, body: ack.encoded)
            #expect(answer.status == 200)
        }
        await siege.expectAlarmWorks()
    }

    @Test("a database that messages have filled takes pages and acknowledgements") func fullDatabase() async throws {
        let siege = try await Siege(
            limits: #"{"databasePages": 4000, "requestBurst": 10000, "requestsPerSecond": 10000}"#)
        let refused = try await siege.with { visit in
            let token = try await visit.token(try siege.device("mira"))
            let room = try await incident(siege, visit, token)
            for size in [200_000, 10_000, 100] {
                for _ in 0..<200 {
                    let answer = try await visit.send(
                        .POST, "/v1/rooms/\(room)/entries", token: token,
                        body: Posts.message(1, bytes: size).encoded)
                    if size == 100, answer.status != 200 { return answer.problem }
                    if answer.status != 200 { break }
                }
            }
            return nil
        }
        #expect(refused == .storageFull)
        for _ in 0..<20 { await siege.expectAlarmWorks() }
        let ada = try siege.device("ada")
        try await siege.with { visit in
            _ = try await visit.insist(.PUT, "/v1/calllist?device=\(ada.id)", body: siege.nextList)
        }
    }

    @Test("commits, retention and rooms are bounded, each with a clear word") func bounds() async throws {
        let siege = try await Siege(limits: #"{"openRoomsPerPerson": 3, "retentionSeconds": 100}"#)
        let (mira, ada) = (try siege.device("mira"), try siege.device("ada"))
        try await siege.with { visit in
            let token = try await visit.token(mira)
            let room = try await incident(siege, visit, token)
            let commit = siege.posts.commit(adding: [], step: 0, bytes: 1 << 20, baseSeq: 1)
            let large = try await visit.send(
                .POST, "/v1/rooms/\(room)/entries", token: token, body: commit.encoded)
            #expect(large.problem == .requestTooLarge)
            let long = siege.posts.incident(.random(), adding: [ada], retention: .max)
            #expect(
                try await visit.send(.POST, "/v1/rooms", token: token, body: long.encoded).problem == .limitReached)
            for _ in 0..<2 { _ = try await incident(siege, visit, token) }
            let more = siege.posts.incident(.random(), adding: [ada])
            #expect(
                try await visit.send(.POST, "/v1/rooms", token: token, body: more.encoded).problem == .limitReached)
        }
        await siege.expectAlarmWorks()
    }
}
