import Foundation
import RelayAPI
import Terms
import Testing

@testable import Relay

/// What an operator may write into limits.json.
@Suite struct LimitsTests {
    private func read(_ json: String) throws -> RelayLimits {
        try JSONDecoder().decode(RelayLimits.self, from: Data(json.utf8))
    }

    @Test func whatIsLeftOutKeepsItsDefault() throws {
        #expect(try read("{}") == RelayLimits())
        #expect(try read(#"{"entryBytes": 2048}"#).entryBytes == 2_048)
        #expect(try read(#"{"databasePages": 0}"#).databasePages == 0)
    }

    @Test(arguments: [
        "entryBytes", "requestBytes", "bodyBytes", "callListBytes", "membersPerRoom", "commitBurst",
        "commitSeconds", "claimBurst", "claimSeconds", "entriesPerPage", "keyPackagesPerDevice", "keyPackageBytes",
        "openRoomsPerSensor",
        "streamsPerDevice", "streamBacklog",
        "requestsPerSecond", "requestBurst", "sensorRoomsPerHour", "sensorRoomBurst", "openRequestsPerSecond",
        "openRequestBurst", "databasePages", "bodyBytesPerDevice", "answerBytes", "answerBytesPerDevice", "connections",
        "connectionsPerAddress", "connectionsPerDevice", "connectsPerSecond", "connectBurst", "firstRequestSeconds",
        "idleSeconds", "unreadSeconds", "commitBytes", "openRoomsPerPerson", "retentionSeconds", "storedBytesPerDevice",
        "roomBytesPerDevice", "pageBytesPerDevice", "reservedDiskBytes", "receiveBytesPerSecond",
    ]) func absurdNumbersAreRefused(_ name: String) {
        for value in ["-1", "9223372036854775807", "1e300", "\"1\"", name == "databasePages" ? "1.5" : "0"] {
            #expect(throws: DecodingError.self, "\(name): \(value)") { try read("{\"\(name)\": \(value)}") }
        }
    }

    @Test func unknownNamesAreRefused() {
        #expect(throws: DecodingError.self) { try read(#"{"entrybytes": 2048}"#) }
        #expect(throws: DecodingError.self) { try read("[]") }
    }

    @Test func aBucketFillsAtItsRate() throws {
        let limiter = RateLimiter<Int>(perSecond: 2, burst: 2)
        let start = World.start.date
        try limiter.take(1, at: start)
        try limiter.take(1, at: start)
        #expect(throws: Problem.rateLimited(1)) { try limiter.take(1, at: start) }
        try limiter.take(2, at: start)
        try limiter.take(1, at: start.addingTimeInterval(0.5))
        // A clock that goes back fills nothing.
        #expect(throws: Problem.rateLimited(1)) { try limiter.take(1, at: start) }
    }

    @Test("however many keys come, few buckets are kept, and those that are empty") func bucketsAreBounded() throws {
        let limiter = RateLimiter<Int>(perSecond: 0.001, burst: 2)
        let start = World.start.date
        for _ in 0..<2 { try limiter.take(-1, at: start) }
        for key in 0..<50_000 { try limiter.take(key, at: start) }
        #expect(throws: Problem.self) { try limiter.take(-1, at: start) }
        #expect(limiter.count <= 20_000)
    }

    @Test func aSlowBucketNamesABoundedWait() throws {
        let limiter = RateLimiter<Int>(perSecond: 1e-300, burst: 1)
        try limiter.take(1, at: World.start.date)
        #expect(throws: Problem.rateLimited(3_600)) { try limiter.take(1, at: World.start.date) }
    }
}
