import CallList
import Foundation
import NIOHTTP1
import RelayAPI
import Terms
import TestTeam
import Testing

@testable import Relay

/// A relay follows the officers from the root that it was set up with [R17].
@Suite(.serialized) struct RotationTests {
    /// An empty list, signed by those officers.
    private func bundle(
        _ version: UInt64, by officers: Officers, rotations: [TrustedRoot], previous: String, pin: TrustedRoot
    ) throws -> [UInt8] {
        var draft = CallListDraft(
            version: version, issued: World.start.adding(seconds: version).date, validityDays: 90,
            rotations: rotations.map(\.envelope),
            previous: previous)
        draft.relays = [
            RelayRecord(
                id: "relay-1", addresses: ["https://127.0.0.1:8443"], identity: Data(count: 32),
                tlsCertificate: Data([0]))
        ]
        return try officers.signed(draft.bundle(root: pin), pin: pin)
    }

    @Test func aRelayFollowsAndServesEveryRoot() async throws {
        try await ServerFixture.run { relay in
            let (first, pin) = (relay.world.officers, relay.world.root)
            let second = try Officers(Officers().keys, threshold: 2, after: first)
            let third = try Officers(Officers().keys, threshold: 2, after: second)
            #expect(try await relay.send(.GET, "/v1/root/1").body == pin.envelope)
            try await relay.send(.GET, "/v1/root/2").expect(.unknownRoute)

            let next = try bundle(
                2, by: third, rotations: [second.root, third.root], previous: relay.list.digest, pin: pin)
            #expect(try await relay.send(.PUT, "/v1/calllist", body: next).status < 300)
            for (version, root) in [(1, pin), (2, second.root), (3, third.root)] {
                #expect(try await relay.send(.GET, "/v1/root/\(version)").body == root.envelope)
            }
            #expect(try await relay.send(.GET, "/v1/root").body == third.root.envelope)
            for path in ["/v1/root/4", "/v1/root/0", "/v1/root/x", "/v1/root/-1"] {
                try await relay.send(.GET, path).expect(.unknownRoute)
            }

            // Who was replaced signs no more.
            let digest = relay.server.core.directory.list.digest
            for (officers, roots) in [(first, []), (second, [second.root])] {
                let back = try bundle(3, by: officers, rotations: roots, previous: digest, pin: pin)
                try await relay.send(.PUT, "/v1/calllist", body: back).expect(.callListConflict)
            }
            let skipped = UInt64(3)
            #expect(throws: CallListError.self) {
                try bundle(skipped, by: third, rotations: [third.root], previous: digest, pin: pin)
            }
        }
    }
}
