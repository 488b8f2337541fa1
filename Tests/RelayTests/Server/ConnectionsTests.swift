import Foundation
import NIOCore
import NIOEmbedded
import RelayAPI
import Terms
import Testing

@testable import Relay

/// Who may be connected, and who has to go [R19].
@Suite struct ConnectionsTests {
    private let start = World.start.date

    private func address(_ text: String) throws -> ClientAddress {
        ClientAddress(try SocketAddress(ipAddress: text, port: 1))
    }

    /// A connection from there.
    private func channel(from text: String) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        channel.remoteAddress = try SocketAddress(ipAddress: text, port: 1)
        return channel
    }

    @Test func whoeverHasAnIPv6NetworkIsOne() throws {
        #expect(try address("2001:db8:1:2::1") == address("2001:db8:1:2:ffff::9"))
        #expect(try address("2001:db8:1:2::1") != address("2001:db8:1:3::1"))
        #expect(try address("192.0.2.1") != address("192.0.2.2"))
        #expect(try address("::ffff:192.0.2.1") == address("192.0.2.1"))
        #expect(try address("::ffff:192.0.2.1") != address("::ffff:192.0.2.2"))
    }

    @Test("the most is well below the descriptors, whatever is configured") func most() {
        #expect(Connections.most(4_096, descriptors: 1 << 20) == 4_096)
        #expect(Connections.most(4_096, descriptors: 1_024) == 1_024 - 96 - 32)
        #expect(Connections.most(4_096, descriptors: 64) == 1)
    }

    @Test func strangersMakeRoom() throws {
        var limits = RelayLimits()
        (limits.connections, limits.connectionsPerAddress) = (4, 2)
        let known = KnownAddresses()
        let device = DeviceID.random()
        known.note(try address("192.0.2.9"), of: device, at: start)
        let connections = Connections(limits: limits, descriptors: 4_096, known: known) { World.start.date }
        let strangers = try ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"].map { try channel(from: $0) }
        for stranger in strangers { #expect(connections.admit(stranger)) }
        // One of the same address, and then one that is known.
        #expect(connections.admit(try channel(from: "192.0.2.1")))
        let acquainted = try channel(from: "192.0.2.9")
        #expect(connections.admit(acquainted))
        #expect(acquainted.isActive == false)
        for stranger in strangers { stranger.embeddedEventLoop.run() }
    }

    @Test func aDeviceHasFewAtOnceAndItsIdleOnesMakeRoom() throws {
        var limits = RelayLimits()
        limits.connectionsPerDevice = 2
        let connections = Connections(limits: limits, descriptors: 4_096, known: KnownAddresses()) { World.start.date }
        let device = DeviceID.random()
        let channels = try (0..<4).map { _ in try channel(from: "192.0.2.1") }
        for channel in channels { #expect(connections.admit(channel)) }
        try connections.belongs(channels[0], to: device)
        try connections.belongs(channels[1], to: device)
        #expect(throws: Problem.tooMuchAtOnce) { try connections.belongs(channels[2], to: device) }
        #expect(connections.isIdle(channels[1]))
        #expect(!connections.isIdle(channels[3]))
        try connections.belongs(channels[2], to: device)
        try connections.belongs(channels[3], to: .random())
    }

    @Test func addressesAreKnownForADayAndFewOfADevice() throws {
        let known = KnownAddresses()
        let (one, other) = (DeviceID.random(), DeviceID.random())
        let shared = try address("192.0.2.1")
        known.note(shared, of: other, at: start)
        for index in 0..<20 {
            known.note(try address("192.0.2.\(index + 1)"), of: one, at: start.addingTimeInterval(Double(index)))
        }
        let later = start.addingTimeInterval(30)
        #expect(known.isKnown(shared, at: later))
        #expect(try !known.isKnown(address("192.0.2.5"), at: later))
        #expect(try known.isKnown(address("192.0.2.20"), at: later))
        #expect(!known.isKnown(shared, at: start.addingTimeInterval(86_400)))
    }

    @Test func theTableOfAddressesIsBounded() throws {
        let known = KnownAddresses()
        for index in 0..<UInt32(40_000) {
            known.note(.v4(index), of: .random(), at: start.addingTimeInterval(Double(index) / 1_000))
        }
        #expect(known.count <= KnownAddresses.most)
        #expect(known.isKnown(.v4(39_999), at: start.addingTimeInterval(40)))
    }

    @Test("a body may be slow, not standing still") func deadlines() {
        let patience = RequestClock.Patience(limits: RelayLimits())
        let start = NIODeadline.now()
        #expect(patience.deadline(since: start, received: 0) == start + .seconds(10))
        #expect(patience.deadline(since: start, received: 10_240) == start + .seconds(20))
    }
}
