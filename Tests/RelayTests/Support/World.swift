import DSSE
import Foundation
import RelayAPI
import Sodium
import Terms
import TestTeam

@testable import CallList

/// Officers, devices and the call lists that they sign.
struct World: Sendable {
    /// The relay's.
    static let identity = Ed25519.PrivateKey()

    /// When every test begins.
    static let start = SettableClock.start

    let officers: Officers
    var root: TrustedRoot { officers.root }
    /// Eight persons' devices and two sensors.
    let people: [DeviceKeys]
    let sensors: [DeviceKeys]

    init() throws {
        people = try (0..<8).map { _ in try DeviceKeys.generate(kind: .person) }
        sensors = try (0..<2).map { _ in try DeviceKeys.generate(kind: .sensor) }
        officers = try Officers()
    }

    /// A signed list.
    /// - Parameter issued: a second after `previous` unless another time is given.
    func bundle(
        _ version: UInt64 = 1, without missing: [DeviceKeys] = [], previous: CallList? = nil, signatures: Int = 2,
        expiring: [DeviceID: Timestamp] = [:], issued: Timestamp? = nil, extra: [DeviceKeys] = []
    ) throws -> [UInt8] {
        let devices = (people + sensors + extra).filter { keys in !missing.contains { $0.id == keys.id } }
        let year = 365 * 86_400.0
        let issued = issued?.date ?? previous?.issued.addingTimeInterval(1) ?? Self.start.date
        let part = ClearPart(
            type: "calllist", spec: ClearPart.spec, version: version, issued: Documents.timestamp(issued),
            expires: Documents.timestamp(Self.start.date.addingTimeInterval(year)), previous: previous?.digest,
            root: root.digest,
            devices: devices.map { keys in
                ClearPart.DeviceEntry(
                    id: keys.id, kind: keys.kind, mlsKey: Data(keys.mls.publicKey.bytes),
                    sessionKey: Data(keys.session.publicKey.bytes),
                    sealing: keys.sealing(created: Self.start.date).document,
                    expires: Documents.timestamp(
                        expiring[keys.id]?.date ?? Self.start.date.addingTimeInterval(year)),
                    commitment: Data(count: 32))
            }, officers: [],
            relays: [
                RelayRecord(
                    id: "relay-1", addresses: ["https://127.0.0.1:8443"], identity: Data(count: 32),
                    tlsCertificate: Data([0]))
            ], views: [])
        var envelope = DSSEEnvelope(payloadType: ClearPart.payloadType, payload: try Documents.encode(part))
        for officer in officers.keys.prefix(signatures) { envelope.addSignature(by: officer) }
        return try Documents.encode(UnverifiedCallList.Bundle(envelope: Data(envelope.encoded()), views: []))
    }

    func list(_ bundle: [UInt8]) throws -> CallList { try officers.verified(bundle) }
}

extension DeviceKeys {
    /// As the call list has it.
    var device: Device {
        Device(
            id: id, kind: kind, mlsKey: mls.publicKey, sessionKey: session.publicKey,
            sealing: sealing(created: World.start.date),
            expires: .distantFuture, commitment: [])
    }
}
