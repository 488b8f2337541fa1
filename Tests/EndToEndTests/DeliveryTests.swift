import Foundation
import TestTeam
import Testing

/// What is said arrives, or its author is told where it is instead; nothing accepted or queued is lost.
@Suite struct DeliveryTests {
    @Test func whatIsSentWithoutARelayIsQueuedAndDeliveredLater() async throws {
        let team = try await Team()
        var relay = try await team.startRelay()
        try await team.completeEnrolments()
        relay.signal(SIGKILL)
        _ = await relay.status()

        let queued = try await team.run("alert", "--json", as: "sensor", input: "Disk encrypted on fs01\n")
        #expect(queued.status == 75)
        #expect(try queued.string("state") == "queued")
        #expect(queued.errors.contains("hint: it is kept"))
        let status = try await team.run("status", "--json", as: "sensor")
        #expect(status.status == 69)
        #expect(try status.json()["queued"] as? Int == 1)

        relay = try await team.startRelay()
        let ada = try await team.watch("ada")
        try await team.must("status", as: "sensor")
        let line = try await ada.line(holding: "Disk encrypted on fs01")
        #expect(line.contains(#""from":"\#(Team.sensorName)""#))
        #expect(try await team.must("status", "--json", as: "sensor").json()["queued"] as? Int == 0)
    }

    /// The relay may keep 60 pages of 4 KiB; it is full before 40 notes of 8 KiB are in.
    @Test func aFullDiskAtTheRelayLosesNothing() async throws {
        let team = try await Team()
        var relay = try await team.startRelay(limits: #"{"databasePages": 120}"#)
        try await team.completeEnrolments()
        let room = try await team.must(
            "open", "--title", "Full disk", "--with", "bo", "--json", as: "ada"
        ).string("room")
        var sent = 0
        var last = try await team.run("send", room, "note 0", "--json", as: "ada")
        while last.status == 0, sent < 60 {
            sent += 1
            let text = "note \(sent) " + String(repeating: "x", count: 8192)
            last = try await team.run("send", room, text, "--json", as: "ada")
        }
        #expect(last.status == 75, "\(last)")
        #expect(last.errors.contains("disk is full"))

        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
        relay = try await team.startRelay()
        try await team.must("status", as: "ada")
        let read = try await team.must("read", room, as: "bo").output
        for number in 0...sent {
            #expect(read.components(separatedBy: "note \(number)").count >= 2, "note \(number) is lost")
        }
        #expect(read.components(separatedBy: "note \(sent) ").count == 2, "the last note is there twice")
    }

    @Test func aRepeatOfTheSameTroubleJoinsItsPageAndItsEndResolvesIt() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let alert = #"{"title": "VPN logins from two continents", "key": "vpn", "severity": "high"}"#
        let first = try await team.must("alert", "--format", "json", "--json", as: "sensor", input: alert)
        let again = try await team.must("alert", "--format", "json", "--json", as: "sensor", input: alert)
        #expect(try first.string("room") == again.string("room"))
        let resolved = #"{"title": "VPN logins", "key": "vpn", "resolved": true}"#
        try await team.must("alert", "--format", "json", as: "sensor", input: resolved)
        // A tool's word ends only what a person has, and waits for them [R12].
        func inbox() async throws -> String { try await team.must("inbox", "--all", "--json", as: "ada").output }
        #expect(try await inbox().contains(#""status":"open""#))
        try await team.must("ack", try first.string("room"), as: "ada")
        #expect(try await inbox().contains(#""status":"resolved""#))
        // Fired again a moment later it is the same page, as if it had not ended.
        let anew = try await team.must("alert", "--format", "json", "--json", as: "sensor", input: alert)
        #expect(try first.string("room") == anew.string("room"))
        #expect(try await inbox().contains(#""status":"acknowledged""#))
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }

    @Test func whoWasTakenOutOfARoomCanBeAddedAgainAndReadsNothingOfTheTimeBetween() async throws {
        let team = try await Team()
        let relay = try await team.startRelay()
        try await team.completeEnrolments()
        let room = try await team.must(
            "open", "--title", "Insider", "--with", "mara", "--json", as: "bo"
        ).string("room")
        try await team.must("send", room, "before", as: "bo")
        try await team.must("read", room, as: "mara")
        try await team.must("room", "remove", room, "mara", as: "bo")
        try await team.must("send", room, "meanwhile", as: "bo")
        #expect(try await team.run("send", room, "am I still here?", as: "mara").status != 0)
        try await team.must("room", "add", room, "mara", as: "bo")
        try await team.must("send", room, "afterwards", as: "bo")
        let read = try await team.must("read", room, as: "mara").output
        #expect(read.contains("before") && read.contains("afterwards") && !read.contains("meanwhile"))
        try await team.must("send", room, "thank you", as: "mara")
        #expect(try await team.must("read", room, as: "bo").output.contains("thank you"))
        relay.signal(SIGTERM)
        #expect(await relay.status() == 0)
    }
}
