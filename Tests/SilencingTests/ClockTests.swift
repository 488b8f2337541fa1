import CallList
import Foundation
import NIOHTTP1
import RelayAPI
import Terms
import TestTeam
import Testing
import WireFormat

/// The relay's wall clock is wrong, when it is started or while it runs [R18].
@Suite(.serialized) struct ClockTests {
    private static let day = 86_400.0

    /// A page that calls ada, and after two seconds mira.
    private func page(_ siege: Siege) async throws -> RoomID {
        let (siem, ada, mira) = (try siege.device("siem"), try siege.device("ada"), try siege.device("mira"))
        let room = RoomID.random()
        let creation = siege.posts.page(room, by: siem, calling: ada, then: mira, after: 2)
        try await siege.with { visit in
            _ = try await visit.insist(
                .POST, "/v1/rooms", token: try await visit.token(siem), body: creation.encoded)
        }
        return room
    }

    private func expectReleased(_ room: RoomID, _ siege: Siege) async throws {
        let mira = try siege.device("mira")
        let isReleased = try await siege.with { visit in
            let token = try await visit.token(mira)
            return try await Siege.wait(.seconds(20)) {
                let body = try await visit.insist(.GET, "/v1/heads", token: token).body
                return try JSONDecoder().decode(Heads.self, from: Data(body)).rooms.contains { $0.room == room }
            }
        }
        #expect(isReleased)
    }

    @Test("a day off, killed, and started again with the right clock: the next step comes", arguments: [1.0, -1])
    func setRight(_ days: Double) async throws {
        let siege = try await Siege(clock: days)
        #expect(abs(try await siege.clockLead()) > Self.day / 2)
        let room = try await page(siege)
        siege.relay.kill()
        try siege.setClock(days: 0)
        try await siege.startAgain()
        #expect(abs(try await siege.clockLead()) < 60)
        try await expectReleased(room, siege)
        await siege.expectAlarmWorks()
    }

    @Test(
        "set while it runs, and set right: pages go on meanwhile, and nothing is lost", arguments: [4.0, -4, 200, -200])
    func aWhile(_ days: Double) async throws {
        let siege = try await Siege(clock: 0)
        let (ada, siem) = (try siege.device("ada"), try siege.device("siem"))
        let item = KeyPackageUpload.Item(
            reference: Data(repeating: 1, count: 32), keyPackage: Data([1]),
            notAfter: Timestamp(Date(timeIntervalSinceNow: 90 * Self.day)), lastResort: false)
        try await siege.with { visit in
            let body = try JSONEncoder().encode(KeyPackageUpload(keyPackages: [item]))
            _ = try await visit.insist(
                .PUT, "/v1/keypackages", token: try await visit.token(ada), body: [UInt8](body))
        }
        let room = try await page(siege)
        try siege.setClock(days: days)
        let isSet = try await Siege.wait(.seconds(10)) { abs(try await siege.clockLead()) > Self.day }
        #expect(isSet)
        try await expectReleased(room, siege)
        // Where it is ahead by more than devices' terms last, members would judge a new room by that, and the relay refuses it.
        if days < 90 { await siege.expectAlarmWorks() }
        try siege.setClock(days: 0)
        let isRight = try await Siege.wait(.seconds(10)) { abs(try await siege.clockLead()) < 60 }
        #expect(isRight)
        await siege.expectAlarmWorks()
        try await siege.with { visit in
            let claim = try JSONEncoder().encode(KeyPackageClaim(claim: .random(), devices: [ada.id]))
            let answer = try await visit.insist(
                .POST, "/v1/keypackages/claim", token: try await visit.token(siem), body: [UInt8](claim))
            #expect(try JSONDecoder().decode(KeyPackageClaimAnswer.self, from: Data(answer.body)).missing.isEmpty)
        }
    }
}
